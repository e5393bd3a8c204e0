/// Where manifests are read from.
package enum ManifestSource: Sendable {
    /// A file, or a directory that is read with everything below it: `*.yaml`, `*.yml`, `*.json`, hidden ones not.
    case path(String)
    /// Bytes that the caller has read, such as standard input (`-`).
    case bytes([UInt8], name: String)
    /// Files that the caller has read, within the same limits: those of a commit.
    case files([SourceFile])
}

/// What is refused to be read, so that a wrong directory or a hostile one costs little.
package struct SourceLimits: Sendable {
    package var fileSize = 64 << 20
    package var totalSize = 256 << 20
    package var files = 20_000
    /// Directories within directories.
    package var depth = 32

    package init() {}
}

/// A file of manifests, named as the user would name it.
package struct SourceFile: Sendable {
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// All files of a source in the order of their names, which is the same on every machine.
func readFiles(of source: ManifestSource, _ limits: SourceLimits, _ problems: inout Problems) -> [SourceFile] {
    switch source {
    case .bytes(let bytes, let name):
        guard bytes.count <= limits.fileSize else {
            problems.add(
                .tooLarge, file: name, "It has more than \(limits.fileSize >> 20) MB, which is the most that is read.")
            return []
        }
        return [SourceFile(name: name, bytes: bytes)]
    case .files(let files):
        if files.isEmpty {
            problems.add(
                .noManifests, file: "", "The folder of that commit has no file that ends in .yaml, .yml or .json.")
        }
        return files
    case .path(let path):
        var walk = DirectoryWalk(root: path, limits: limits)
        walk.run(&problems)
        return walk.files
    }
}
