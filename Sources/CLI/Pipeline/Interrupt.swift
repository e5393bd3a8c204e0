import Dispatch
import Glibc
import Synchronization

/// The first SIGINT or SIGTERM asks to stop after what runs; a second one ends the process where it is, which the
/// journal makes safe.
final class Interrupt: Sendable {
    private let requested = Atomic<Bool>(false)
    // Dispatch sources are thread-safe objects that are not marked so; nothing touches these after `init`.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    var isRequested: Bool { requested.load(ordering: .acquiring) }

    init(console: Console) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number)
        }
        for source in sources {
            source.setEventHandler { [weak self] in
                guard let self else { return }
                if requested.exchange(true, ordering: .acquiringAndReleasing) { _exit(ExitStatus.interrupted.rawValue) }
                console.remark("\nFinishing what runs; once more to stop at once.")
            }
            source.activate()
        }
    }

    /// As if a signal had come: a time limit uses it.
    func request() { requested.store(true, ordering: .releasing) }
}
