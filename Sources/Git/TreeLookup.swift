import CLibGit2

/// Finds what a path of a commit's tree leads to, and follows symbolic links as long as they stay in the tree.
struct TreeLookup {
    struct Found {
        let kind: TreeEntry.Kind
        let id: Oid
        /// From the root of the tree, without links.
        let path: [String]
    }

    /// As many as Linux follows.
    private static let mostLinks = 40
    private static let longestTarget = 4096

    let root: Oid
    private var folders: [Oid: [String: TreeEntry]] = [:]

    init(root: Oid) { self.root = root }

    /// Nil where the path leads nowhere. `shown` is the name that an error is about.
    mutating func find(
        _ path: [String], in repository: borrowing Repository, shown: String
    ) throws(GitError) -> Found? {
        var place: [(name: String, id: Oid)] = []
        var last: TreeEntry?
        var rest = Array(path.reversed())
        var links = 0
        // What leads on: the path itself, or the last link's target.
        var leading = path
        while let name = rest.popLast() {
            if name.isEmpty || name == "." { continue }
            // What is no folder has nothing in it.
            guard last == nil else { return nil }
            if name == ".." {
                guard place.popLast() != nil else { throw leadsOut(shown, rest: leading) }
                continue
            }
            guard let entry = try entry(name, of: place.last?.id ?? root, repository, shown) else { return nil }
            switch entry.kind {
            case .directory: place.append((name, entry.id))
            case .file: last = entry
            case .submodule:
                guard rest.isEmpty else {
                    throw .hostile(
                        "`\(shown)` leads into the submodule `\((place.map(\.name) + [name]).joined(separator: "/"))`. Name the "
                            + "submodule's own repository instead.")
                }
                last = entry
            case .link:
                links += 1
                guard links <= TreeLookup.mostLinks else {
                    throw .hostile(
                        "`\(shown)` leads through more than \(TreeLookup.mostLinks) symbolic links, or in a circle.")
                }
                let target = try self.target(of: entry, repository, shown)
                leading = [target]
                guard !target.hasPrefix("/") else { throw leadsOut(shown, rest: leading) }
                rest += target.split(separator: "/").reversed().map(String.init)
            }
        }
        guard let last else { return Found(kind: .directory, id: place.last?.id ?? root, path: place.map(\.name)) }
        return Found(kind: last.kind, id: last.id, path: place.map(\.name) + [last.name])
    }

    private mutating func entry(
        _ name: String, of folder: Oid, _ repository: borrowing Repository, _ shown: String
    ) throws(GitError) -> TreeEntry? {
        if let known = folders[folder] { return known[name] }
        let entries = try repository.entries(of: folder, shown: shown)
        let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        folders[folder] = byName
        return byName[name]
    }

    private func target(
        of link: TreeEntry, _ repository: borrowing Repository, _ shown: String
    ) throws(GitError) -> String {
        guard let header = repository.header(of: link.id), header.kind == GIT_OBJECT_BLOB,
            (1...TreeLookup.longestTarget).contains(header.size)
        else { throw .hostile("`\(shown)` is a symbolic link whose target is not the name of a file.") }
        return String(decoding: try repository.bytes(of: link.id), as: UTF8.self)
    }

    private func leadsOut(_ shown: String, rest: [String]) -> GitError {
        .hostile(
            "`\(shown)` is, or leads through, a symbolic link that leads out of the repository, to `\(rest.joined(separator: "/"))`. "
                + "Put the files into the repository.")
    }
}
