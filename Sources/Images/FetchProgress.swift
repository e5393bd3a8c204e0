/// How far an image is on its way.
package enum FetchProgress: Hashable, Sendable {
    /// Bytes; `total` is nil where the server does not say.
    case downloading(done: Int64, total: Int64?)
    /// Bytes of the packed file.
    case unpacking(done: Int64, total: Int64?)
}

/// Tells of progress, but not oftener than somebody can read it.
final class ProgressMeter {
    private let report: (FetchProgress) -> Void
    private var last: ContinuousClock.Instant?

    init(report: @escaping (FetchProgress) -> Void) { self.report = report }

    /// `isLast` is always told.
    func tell(_ progress: FetchProgress, isLast: Bool = false) {
        let now = ContinuousClock.now
        if !isLast, let last, now - last < .milliseconds(100) { return }
        last = now
        report(progress)
    }
}
