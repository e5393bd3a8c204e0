import CLibGit2
import Glibc

/// A repository in which what was asked for is.
struct Opened: ~Copyable {
    let repository: Repository
    /// Where it is on this machine.
    let path: String
    /// A commit, or an annotated tag that leads to one.
    let object: Oid
    /// `refs/tags/v1.4.2`; the commit itself where it was asked for by its id.
    let name: String
    /// What the pinned branches are; those that are not there are missing.
    let branches: [(name: String, id: Oid)]
}

/// Opens repositories: those of this machine where they are, others as clones in the cache, fetched as far as needed.
struct RepositorySource: Sendable {
    let cache: CacheDirectory
    let limits: GitLimits
    let stop: Stop

    /// `pins` are branches that are wanted as well.
    func open(
        _ remote: GitRemote, _ ref: GitRef, _ credentials: GitCredentials, pins: [String], depth: Int
    ) throws(GitError) -> Opened {
        if remote.isLocal { return try openLocal(remote, ref, pins) }
        try cache.prepare()
        let paths = cache.clone(of: remote)
        if let commit = ref.fullCommit.flatMap({ Oid($0) }), pins.isEmpty, paths.exists,
            let repository = try? Repository.openBare(paths.repository), repository.header(of: commit) != nil
        {
            // What a commit id names never changes: no need to ask anyone.
            return Opened(
                repository: repository, path: paths.repository, object: commit, name: "\(commit)", branches: [])
        }
        let lock = try CloneLock(paths.lock, stop)
        defer { withExtendedLifetime(lock) {} }
        paths.removeLeftovers()
        let conversation = Conversation(remote, credentials, mostBytes: limits.download, stop)
        let fetch = Fetch(conversation: conversation, ref: ref, pins: pins, depth: depth)
        if paths.exists {
            if let repository = try? Repository.openBare(paths.repository) {
                let result = try fetch.run(into: repository)
                return Opened(
                    repository: repository, path: paths.repository, object: result.object, name: result.name,
                    branches: result.branches)
            }
            removeTree(paths.repository)
        }
        return try clone(paths, fetch)
    }

    /// Takes the clone of a remote out of the cache, since it is damaged: the next one is a new one.
    func discardClone(of remote: GitRemote) throws(GitError) {
        let paths = cache.clone(of: remote)
        let lock = try CloneLock(paths.lock, stop)
        defer { withExtendedLifetime(lock) {} }
        removeTree(paths.repository)
    }

    /// Makes the clone beside its place, and puts it there when it is whole.
    private func clone(_ paths: ClonePaths, _ fetch: Fetch) throws(GitError) -> Opened {
        let folder = try TemporaryDirectory(in: paths.directory, name: paths.newName)
        let new = try Repository.createBare(folder.path)
        new.note(url: fetch.conversation.remote.url)
        let result = try fetch.run(into: new)
        _ = consume new
        guard rename(folder.path, paths.repository) == 0 else {
            throw .failed("\(paths.repository) cannot be put in place: \(reason(errno)).")
        }
        return Opened(
            repository: try Repository.openBare(paths.repository), path: paths.repository, object: result.object,
            name: result.name, branches: result.branches)
    }

    private func openLocal(_ remote: GitRemote, _ ref: GitRef, _ pins: [String]) throws(GitError) -> Opened {
        let repository = try Repository.openLocal(remote.path)
        let list = try repository.references
        let found = try repository.find(ref, in: list, remote)
        return Opened(
            repository: repository, path: remote.path, object: found.object, name: found.name,
            branches: pins.compactMap { list.branch($0) })
    }
}

/// What is to be brought into a clone.
struct Fetch {
    let conversation: Conversation
    let ref: GitRef
    let pins: [String]
    let depth: Int

    func run(
        into repository: borrowing Repository
    ) throws(GitError) -> (object: Oid, name: String, branches: [(name: String, id: Oid)]) {
        let exchange = try Exchange(repository, conversation)
        let list = try exchange.references()
        let branches = pins.compactMap { list.branch($0) }
        var wanted = branches
        var depth = pins.isEmpty ? depth : 0
        var specs: [String] = []
        switch try list.match(ref, in: conversation.remote) {
        case .reference(let name, let id): wanted.append((name, id))
        case .commit(let digits):
            if let id = Oid(digits), repository.header(of: id) != nil { break }
            // Which branch it is on is not known, and a server need not give a commit that no branch begins with.
            depth = 0
            specs = ["+refs/heads/*:refs/kept/heads/*", "+refs/tags/*:refs/kept/tags/*"]
            wanted += list.refs.filter { $0.key.hasPrefix("refs/heads/") }.map { ($0.key, $0.value) }
                .sorted { $0.0 < $1.0 }
        }
        let missing = wanted.filter { repository.header(of: $0.id) == nil }
        specs += Set(missing.map(\.name)).sorted().map { "+\($0):\(Fetch.keptName($0))" }
        if !specs.isEmpty { try exchange.download(specs, depth: depth) }
        // What is kept tells the server the next time what is here already.
        for (name, id) in wanted.prefix(256) { repository.keep(id, as: Fetch.keptName(name)) }
        let found = try repository.find(ref, in: list, conversation.remote)
        return (found.object, found.name, branches)
    }

    /// No name of a remote's is used here: `a` and `a/b` could not both be, and one could be deleted and the other made.
    private static func keptName(_ name: String) -> String { "refs/kept/\(sha1Hex(Array(name.utf8)))" }
}

extension Repository {
    /// The object that a ref stands for, which must be here.
    func find(
        _ ref: GitRef, in list: RefList, _ remote: GitRemote
    ) throws(GitError) -> (object: Oid, name: String) {
        switch try list.match(ref, in: remote) {
        case .reference(let name, let id): return (id, name)
        case .commit(let digits):
            guard let id = try object(beginning: digits), header(of: id) != nil else {
                throw .missing("\(remote) has no commit \(digits) on any of its branches and tags.")
            }
            return (id, "\(id)")
        }
    }

    fileprivate func keep(_ id: Oid, as name: String) {
        var raw = id.raw
        var reference: OpaquePointer?
        git_reference_create(&reference, handle, name, &raw, 1, nil)
        git_reference_free(reference)
    }

    /// For people who look into the cache.
    fileprivate func note(url: String) {
        var config: OpaquePointer?
        guard git_repository_config(&config, handle) == 0 else { return }
        git_config_set_string(config, "remote.origin.url", url)
        git_config_free(config)
    }
}
