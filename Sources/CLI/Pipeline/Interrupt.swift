import Dispatch
import Executor
import Glibc
import Synchronization

/// The first SIGINT or SIGTERM asks to stop after what runs; a second one ends the process where it is, which the
/// journal makes safe.
final class Interrupt: Sendable {
    let stop = StopFlag()
    private let wasSignalled = Atomic(false)
    // Dispatch sources are thread-safe objects that are not marked so; nothing touches these after `init`.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    /// A signal came; a time limit does not count.
    var isSignalled: Bool { wasSignalled.load(ordering: .acquiring) }

    init(console: Console) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number)
        }
        for source in sources {
            source.setEventHandler { [weak self] in
                guard let self else { return }
                stop.request()
                if wasSignalled.exchange(true, ordering: .acquiringAndReleasing) {
                    _exit(ExitStatus.interrupted.rawValue)
                }
                console.remark("\nFinishing what runs; once more to stop at once.")
            }
            source.activate()
        }
    }
}
