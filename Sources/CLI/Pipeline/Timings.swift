import Synchronization

/// How long each stage took, for `--log-level debug` and for `make bench`.
final class Timings: Sendable {
    /// The stages that are rigaud's own work, without a call to libvirt in them. Reading and writing the state are in it,
    /// and the journal, whose time its session counts.
    static let ofEngine: Set = ["read manifests", "read state", "identify", "diff and plan"]

    private let spans = Mutex<[(name: String, duration: Duration)]>([])

    var all: [(name: String, duration: Duration)] { spans.withLock { $0 } }

    func measure<Result, Failure: Error>(
        _ name: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { note(name, since: start) }
        return try body()
    }

    func measure<Result, Failure: Error>(
        _ name: String, _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { note(name, since: start) }
        return try await body()
    }

    func add(_ name: String, _ duration: Duration) { spans.withLock { $0.append((name, duration)) } }

    private func note(_ name: String, since start: ContinuousClock.Instant) {
        add(name, start.duration(to: .now))
    }
}
