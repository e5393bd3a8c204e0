package import Model

/// Renders and checks the seeds of a desired state, and adds their volumes and drives to it.
package func renderSeeds(of desired: DesiredState) -> (desired: DesiredState, diagnostics: [Diagnostic]) {
    (desired, [])
}
