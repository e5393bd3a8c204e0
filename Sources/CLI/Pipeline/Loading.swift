import Manifest
import Model

/// The desired graph of a source, or every reason why there is none.
extension Workspace {
    func load() throws(Failure) -> (desired: DesiredState, notices: [Diagnostic], source: SourceDescription) {
        let loaded = timings.measure("read manifests") { loadManifests(from: source, fallbackURI: fallbackURI) }
        guard let desired = loaded.desired else { throw Failure(loaded.diagnostics) }
        let kind: SourceDescription.Kind = source == "-" ? .stdin : isDirectory(source) ? .directory : .file
        return (desired, loaded.diagnostics, SourceDescription(kind, location: source))
    }
}
