import Glibc

/// When a fetch has to end: its time is over, or nobody wants it any more.
struct Bounds: Sendable {
    /// What is being done, as far as it matters to who runs out of time.
    enum Stage { case download, unpacking }

    /// Seconds in all.
    let timeout: Int
    var stage = Stage.download
    private let deadline: ContinuousClock.Instant
    private let isStopped: @Sendable () -> Bool

    init(timeout: Int, isStopped: @escaping @Sendable () -> Bool) {
        // A year is for ever; what is longer could not be added to a clock.
        self.timeout = min(max(timeout, 1), 366 * 86_400)
        self.isStopped = isStopped
        deadline = .now + .seconds(self.timeout)
    }

    var isOver: Bool { ContinuousClock.now >= deadline || isStopped() }

    /// Milliseconds, one at least.
    var remaining: Int {
        let left = (deadline - .now).components
        return max(1, Int(left.seconds) * 1000 + Int(left.attoseconds / 1_000_000_000_000_000))
    }

    func check() throws(ImageError) {
        if isStopped() { throw ImageError(.stopped, "It was asked to end. \(kept)") }
        guard ContinuousClock.now >= deadline else { return }
        switch stage {
        case .download:
            throw ImageError(
                .timedOut,
                "The image was not here after \(timeout) seconds. \(kept) If the connection is slow, give it a longer timeout."
            )
        case .unpacking:
            throw ImageError(
                .timedOut,
                "The image was here and not unpacked after \(timeout) seconds. \(kept) Give it a longer timeout.")
        }
    }

    private var kept: String {
        switch stage {
        case .download: "What has come so far is kept, and the next run goes on from there."
        case .unpacking: "What was downloaded is kept, and the next run unpacks it from the beginning."
        }
    }

    /// Blocks for so long, unless the fetch has to end before.
    func sleep(_ duration: Duration) throws(ImageError) {
        let end = ContinuousClock.now + duration
        repeat {
            try check()
            usleep(20_000)
        } while ContinuousClock.now < end
    }
}
