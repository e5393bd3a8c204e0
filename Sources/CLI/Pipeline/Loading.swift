import CloudInit
import Git
import Glibc
import Manifest
import Model
import Reports
import StateFile

/// What a source was found to say.
struct Loaded {
    let desired: DesiredState
    let notices: [Diagnostic]
    let source: RunReport.Source
    /// Set where it is a commit of a repository.
    let snapshot: GitSnapshot?
}

/// The desired graph of a source, or every reason why there is none.
extension Workspace {
    func load() async throws(Failure) -> Loaded {
        let options = LoadOptions(
            fallbackURI: fallbackURI, stackName: stackName,
            digest: { [prefix = namePrefix] files in
                // However the directory was named, its manifests are the same.
                sha256(
                    files.lazy.flatMap { file in
                        let name = file.name.hasPrefix(prefix) ? file.name.dropFirst(prefix.count) : file.name[...]
                        return [Array(name.utf8), [0], file.bytes]
                    })
            },
            hash: { bytes in sha256([bytes]) })
        let snapshot = try await git?.read(interrupt)
        let manifests: ManifestSource =
            if let snapshot {
                .files(snapshot.files.map { SourceFile(name: $0.name, bytes: $0.bytes) })
            } else {
                source == "-"
                    ? .bytes(try await interrupt.abandonable { Workspace.readStandardInput() }, name: "<stdin>")
                    : .path(source)
            }
        let loaded = timings.measure("read manifests") { loadManifests(from: manifests, options) }
        try interrupt.check()
        if let name = loaded.stackName { record?.report.stack = name }
        guard let resolved = loaded.desired else { throw Failure(loaded.diagnostics) }
        let (desired, remarks) = timings.measure("read manifests") { renderSeeds(of: resolved) }
        let diagnostics = loaded.diagnostics + remarks
        if remarks.contains(where: { $0.severity == .error }) { throw Failure(diagnostics) }
        return Loaded(
            desired: desired, notices: diagnostics, source: description(of: snapshot), snapshot: snapshot)
    }

    private func description(of snapshot: GitSnapshot?) -> RunReport.Source {
        if let snapshot {
            return RunReport.Source(
                .git, location: snapshot.address.description, commit: snapshot.commit, isDirty: false,
                folder: snapshot.address.folder)
        }
        if source == "-" { return RunReport.Source(.stdin, location: source) }
        let tree = describeWorkTree(at: directory)
        return RunReport.Source(
            isDirectory(source) ? .directory : .file, location: source, commit: tree?.commit, isDirty: tree?.isDirty)
    }

    /// What stands before the names of the files of a directory.
    private var namePrefix: String {
        guard git == nil, source != "-" else { return "" }
        if isDirectory(source) { return source == "." ? "" : source.hasSuffix("/") ? source : source + "/" }
        return source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
    }

    /// The directory's name, where no Stack manifest says another.
    var stackName: String {
        if let git { return git.name }
        guard let path = realpath(directory, nil) else { return "default" }
        defer { free(path) }
        return String(cString: path).split(separator: "/").last.map(String.init) ?? "default"
    }

    /// Up to one byte more than is accepted, so that too much is told apart.
    private static func readStandardInput() -> [UInt8] {
        let limit = SourceLimits().fileSize + 1
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < limit {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
