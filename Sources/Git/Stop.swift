import Synchronization

/// When a piece of work has to end: its time is up, or it is not wanted any more.
final class Stop: Sendable {
    private let deadline: ContinuousClock.Instant
    private let limit: Duration
    private let isStopped: @Sendable () -> Bool
    private let isCancelled = Atomic(false)

    init(after limit: Duration, isStopped: @escaping @Sendable () -> Bool) {
        (deadline, self.limit, self.isStopped) = (.now + limit, limit, isStopped)
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Why it has to end; nil as long as it may go on.
    var reason: GitError? {
        if isCancelled.load(ordering: .relaxed) || isStopped() {
            return GitError(.stopped, "Reading the git source was stopped", "It was stopped before it was done.")
        }
        guard ContinuousClock.now >= deadline else { return nil }
        return GitError(
            .timedOut, "The git source took too long",
            "It was not read within \(limit.formatted). Where the server is only slow, allow more time.")
    }

    /// Milliseconds that are left, at most `most`.
    func milliseconds(atMost most: Int32) -> Int32 {
        let left = deadline - .now
        let (seconds, attoseconds) = left.components
        if seconds >= 3600 { return most }
        return max(0, min(most, Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000)))
    }

    func check() throws(GitError) { if let reason { throw reason } }
}

extension Duration {
    /// `5 s`, `0.5 s`.
    fileprivate var formatted: String {
        let (seconds, attoseconds) = components
        let tenths = attoseconds / 100_000_000_000_000_000
        return tenths == 0 ? "\(seconds) s" : "\(seconds).\(tenths) s"
    }
}
