import Glibc

/// When a fetch has to end: its time is over, or nobody wants it any more.
struct Bounds: Sendable {
    /// Seconds in all.
    let timeout: Int
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
        if isStopped() {
            throw ImageError(
                .stopped, "It was asked to end. What has come so far is kept, and the next run goes on from there.")
        }
        if ContinuousClock.now >= deadline {
            throw ImageError(
                .timedOut,
                "The image was not here after \(timeout) seconds. What has come so far is kept, and the next run goes "
                    + "on from there. If the connection is slow, give it a longer timeout.")
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
