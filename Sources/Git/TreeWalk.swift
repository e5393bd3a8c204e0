import CLibGit2

/// Finds and reads the manifests below a folder of a commit's tree: `*.yaml`, `*.yml`, `*.json`, hidden ones not, in the
/// order in which those of a directory are read. What is reached a second time, by whatever name, is read once.
struct TreeWalk {
    private let source: RepositorySource
    private let policy: GitPolicy
    private var limits: GitLimits { source.limits }
    private var seen: Set<String> = []
    private var totalSize = 0
    private var entryCount = 0
    private(set) var files: [GitFile] = []

    init(_ source: RepositorySource, _ policy: GitPolicy) { (self.source, self.policy) = (source, policy) }

    /// A repository, and where in it the walk is.
    private struct Ground {
        let remote: GitRemote
        let credentials: GitCredentials
        let submoduleDepth: Int
        /// Tells the files of one repository from those of another.
        let key: String
        var lookup: TreeLookup
        /// From path to URL, once it was needed.
        var submodules: [String: String]?
    }

    /// Reads the folder, or the single file, of that name.
    mutating func run(
        _ repository: borrowing Repository, root: Oid, folder: String, remote: GitRemote, credentials: GitCredentials
    ) throws(GitError) {
        var ground = Ground(
            remote: remote, credentials: credentials, submoduleDepth: 0, key: "", lookup: TreeLookup(root: root))
        let path = folder.split(separator: "/").map(String.init)
        guard let found = try ground.lookup.find(path, in: repository, shown: folder) else {
            let names = try repository.entries(of: root, shown: "").filter { !$0.name.hasPrefix(".") }
                .prefix(8).map { $0.kind == .directory ? "\($0.name)/" : $0.name }
            throw .missing(
                "The commit has no folder `\(folder)`. At its root "
                    + (names.isEmpty ? "there is nothing." : "there are \(names.joined(separator: ", "))."))
        }
        try policy.check(folder, at: found.path)
        switch found.kind {
        case .directory: try enter(found, "", depth: 0, &ground, repository)
        case .submodule: try enterSubmodule(found, "", depth: 0, &ground, repository)
        default: try read(found, found.path.last ?? folder, ground, repository)
        }
    }

    private mutating func enter(
        _ folder: TreeLookup.Found, _ shown: String, depth: Int, _ ground: inout Ground,
        _ repository: borrowing Repository
    ) throws(GitError) {
        guard seen.insert(ground.key + folder.path.joined(separator: "/") + "/").inserted else { return }
        guard depth <= limits.depth else {
            throw .tooLarge("`\(shown)`: more than \(limits.depth) folders lie within each other.")
        }
        try source.stop.check()
        let entries = try repository.entries(of: folder.id, shown: shown)
        entryCount += entries.count
        guard entryCount <= limits.entries else {
            throw .tooLarge("`\(shown)`: up to here there are more than \(limits.entries) files and folders.")
        }
        for entry in entries where !entry.name.hasPrefix(".") {
            let name = join(shown, entry.name)
            var found = TreeLookup.Found(kind: entry.kind, id: entry.id, path: folder.path + [entry.name])
            if entry.kind == .link {
                guard let target = try ground.lookup.find(found.path, in: repository, shown: name) else {
                    throw .hostile("`\(name)` is a symbolic link that leads to nothing in the repository.")
                }
                found = target
                if ground.submoduleDepth == 0 { try policy.check(name, at: found.path) }
            }
            switch found.kind {
            case .directory: try enter(found, name, depth: depth + 1, &ground, repository)
            case .submodule: try enterSubmodule(found, name, depth: depth + 1, &ground, repository)
            case .file, .link: if isManifest(entry.name) { try read(found, name, ground, repository) }
            }
        }
    }

    private mutating func read(
        _ file: TreeLookup.Found, _ shown: String, _ ground: Ground, _ repository: borrowing Repository
    ) throws(GitError) {
        guard seen.insert(ground.key + file.path.joined(separator: "/")).inserted else { return }
        guard let header = repository.header(of: file.id), header.kind == GIT_OBJECT_BLOB else {
            throw .hostile("The contents of `\(shown)` are not in the repository.")
        }
        guard header.size <= limits.fileSize else {
            throw .tooLarge("`\(shown)` has more than \(limits.fileSize >> 20) MB, which is the most that is read.")
        }
        guard files.count < limits.files, totalSize + header.size <= limits.totalSize else {
            throw .tooLarge(
                "`\(shown)`: up to here there are more than \(limits.files) files or \(limits.totalSize >> 20) MB, which is the most "
                    + "that is read of a folder.")
        }
        totalSize += header.size
        files.append(GitFile(name: shown, bytes: try repository.bytes(of: file.id)))
    }

    private mutating func enterSubmodule(
        _ module: TreeLookup.Found, _ shown: String, depth: Int, _ ground: inout Ground,
        _ repository: borrowing Repository
    ) throws(GitError) {
        let path = module.path.joined(separator: "/")
        if ground.submodules == nil {
            ground.submodules = try SubmoduleFile.read(repository, root: ground.lookup.root).urls
        }
        guard let url = ground.submodules?[path] else {
            throw .hostile("`\(path)` is a submodule, and .gitmodules has no URL for it.")
        }
        guard ground.submoduleDepth < limits.submoduleDepth else {
            throw .tooLarge("`\(path)`: more than \(limits.submoduleDepth) submodules lie within each other.")
        }
        let remote = try GitRemote(
            submodule: url, at: path, of: ground.remote, allowsLocal: policy.allowsLocalSubmodules)
        let credentials =
            remote.isSameServer(as: ground.remote) ? ground.credentials : ground.credentials.withoutLogins
        let opened = try source.open(remote, .commit("\(module.id)"), credentials, pins: [], depth: 0)
        let commit = try opened.repository.commit(of: opened.object)
        var inner = Ground(
            remote: remote, credentials: credentials, submoduleDepth: ground.submoduleDepth + 1,
            key: "\(ground.key)\(path):", lookup: TreeLookup(root: commit.tree))
        let root = TreeLookup.Found(kind: .directory, id: commit.tree, path: [])
        try enter(root, shown, depth: depth, &inner, opened.repository)
    }
}

func isManifest(_ name: String) -> Bool {
    name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json")
}
