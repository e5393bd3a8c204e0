/// Git sources: opens them, and keeps a bare clone of each remote one.
package struct GitCache: Sendable {
    /// Made when first needed, for the user alone.
    private let directory: String
    package var limits = GitLimits()
    /// For one source, everything included.
    package var timeLimit: Duration = .seconds(600)
    /// Commits of history to fetch; 0 is all. Heeded where libgit2 is 1.7 or later, and no branch is pinned.
    package var depth = 0

    package init(directory: String) { self.directory = directory }

    /// Reads the manifests of a source at the commit that its ref stands for now. A whole commit id that is in the cache needs
    /// no network.
    ///
    /// - Parameter isStopped: asked now and then, from other threads.
    package func open(
        _ address: GitAddress, credentials: GitCredentials = GitCredentials(), policy: GitPolicy = GitPolicy(),
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) async throws(GitError) -> GitSnapshot {
        let stop = Stop(after: timeLimit, isStopped: isStopped)
        let reading = Reading(
            address: address, credentials: credentials, policy: policy,
            source: RepositorySource(cache: CacheDirectory(path: directory), limits: limits, stop: stop), depth: depth)
        return try await onOwnThread(stop) { () throws(GitError) in try reading.run() }
    }

    /// How a snapshot stands to another commit.
    package enum Descent: Hashable, Sendable {
        /// It is that commit, or one that came of it.
        case descends
        /// It is an older one, or one of another branch.
        case diverges
        /// The repository does not have that commit: history was rewritten, or it is another repository's.
        case unknown
    }

    package func descent(of snapshot: GitSnapshot, from commit: String) async throws(GitError) -> Descent {
        guard let ancestor = Oid(commit), let tip = Oid(snapshot.commit) else {
            throw .invalid("`\(commit)` is not a whole commit id.")
        }
        let stop = Stop(after: timeLimit) { false }
        return try await onOwnThread(stop) { () throws(GitError) in
            let isLocal = snapshot.address.remote.isLocal
            let repository =
                try
                (isLocal
                ? Repository.openLocal(snapshot.repositoryPath) : Repository.openBare(snapshot.repositoryPath))
            guard repository.header(of: ancestor) != nil else {
                guard !repository.isShallow else {
                    throw .missing("Only the newest history was fetched, and \(commit) is not in it.")
                }
                return .unknown
            }
            return try repository.isReachable(ancestor, from: tip) ? .descends : .diverges
        }
    }
}

/// The way from an address to a snapshot, on a thread that may block.
struct Reading: Sendable {
    let address: GitAddress
    let credentials: GitCredentials
    let policy: GitPolicy
    let source: RepositorySource
    let depth: Int

    func run() throws(GitError) -> GitSnapshot {
        try policy.check(folder: address.folder)
        do throws(GitError) {
            return try read()
        } catch {
            // A clone that lost something (a full disk, say) would say so for ever.
            let isDamaged = ["object not found", "corrupt", "packfile"].contains { error.detail.contains($0) }
            guard isDamaged, !address.remote.isLocal else { throw error }
            try source.discardClone(of: address.remote)
            return try read()
        }
    }

    /// A commit that was pinned may be signed by the tag that led to it, as long as that leads there.
    private func open() throws(GitError) -> Opened {
        let opened = try source.open(
            address.remote, address.ref, credentials, pins: policy.branches, depth: depth)
        guard policy.requiresSignature, let asked = address.asked else { return opened }
        let commit = try opened.repository.commit(of: opened.object).id
        guard
            let led = try? source.open(
                address.remote, asked, credentials, pins: policy.branches, depth: depth),
            try led.repository.commit(of: led.object).id == commit
        else { return opened }
        return led
    }

    private func read() throws(GitError) -> GitSnapshot {
        let opened = try open()
        let commit = try opened.repository.commit(of: opened.object)
        try policy.check(commit.id, isOn: opened.branches, opened.repository)
        let signature = try policy.check(
            signatureOf: commit, object: opened.object, name: opened.name, opened.repository, source)
        var walk = TreeWalk(source, policy)
        try walk.run(
            opened.repository, root: commit.tree, folder: address.folder, remote: address.remote,
            credentials: credentials)
        return GitSnapshot(
            address: address, commit: "\(commit.id)", resolvedRef: opened.name, author: commit.author,
            time: commit.time, subject: commit.subject, signature: signature, files: walk.files,
            repositoryPath: opened.path)
    }
}
