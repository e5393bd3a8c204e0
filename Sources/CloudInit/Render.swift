package import Model

/// Renders and checks the seeds of a desired state, and adds their volumes and drives to it.
///
/// A seed with mistakes stays among those that have not been rendered; all mistakes of all seeds are reported at once, in the order of their
/// places, and one that machines share once.
package func renderSeeds(of desired: DesiredState) -> (desired: DesiredState, diagnostics: [Diagnostic]) {
    var diagnostics = desired.unusedTemplates.flatMap(unusedTemplateDiagnostics)
    guard !desired.seeds.isEmpty else { return (desired, inOrder(diagnostics)) }
    var seating = SeedSeating(desired)
    var unrendered: [SeedSource] = []
    for source in desired.seeds {
        var rendering = SeedRendering(source)
        let seed = rendering.render()
        diagnostics += rendering.diagnostics
        guard let seed else {
            unrendered.append(source)
            continue
        }
        let problems = seating.add(seed, of: source)
        diagnostics += problems
        if !problems.isEmpty { unrendered.append(source) }
    }
    return (seating.finished(unrendered), inOrder(diagnostics))
}

/// In the order of their places; of those that say the same of the same place, as of an image's template that many machines use, the first.
private func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    let order = diagnostics.enumerated().sorted { left, right in
        switch (left.element.location, right.element.location) {
        case (let first?, let second?) where first != second: first < second
        case (nil, .some): true
        case (.some, nil): false
        default: left.offset < right.offset
        }
    }
    var seen: Set<Diagnostic> = []
    return order.map(\.element).filter { diagnostic in
        var anonymous = diagnostic
        if anonymous.location != nil { anonymous.address = nil }
        return seen.insert(anonymous).inserted
    }
}
