import Dispatch
import Executor
import Glibc
import Synchronization

/// SIGINT and SIGTERM. While a run only looks, the first one ends it, with its reports. While steps are done, the first asks to
/// stop after what runs. A second one ends the process where it is, which the journal makes safe.
final class Interrupt: Sendable {
    let stop = StopFlag()
    private let console: Console
    private let state = Mutex(State())
    // Dispatch sources are thread-safe objects that are not marked so; nothing touches these after `init`.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    private struct State {
        var isSignalled = false
        var isWorking = false
        /// Gives up on what is being waited for.
        var giveUp: (@Sendable () -> Void)?
    }

    init(console: Console) {
        self.console = console
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number)
        }
        for source in sources {
            source.setEventHandler { [weak self] in self?.take() }
            source.activate()
        }
    }

    /// A signal came; a time limit does not count.
    var isSignalled: Bool { state.withLock { $0.isSignalled } }

    /// Ends a run that was interrupted while it looked.
    func check() throws(Failure) { if isSignalled { throw .interrupted } }

    /// From now on things are changed.
    func beginWork() throws(Failure) {
        try check()
        state.withLock { $0.isWorking = true }
    }

    /// What only looks, or asks. It is left to itself when a signal comes: no call of libvirt's can be ended from outside, and
    /// all of them end with the program.
    func abandonable<Answer: Sendable>(
        _ body: @escaping @Sendable () async -> Answer
    ) async throws(Failure) -> Answer {
        let result: Answer? = await withCheckedContinuation { continuation in
            let answer = FirstAnswer<Answer?>(continuation)
            let isLate = state.withLock { state in
                state.giveUp = { answer.give(nil) }
                return state.isSignalled
            }
            if isLate { return answer.give(nil) }
            Task { answer.give(await body()) }
        }
        state.withLock { $0.giveUp = nil }
        guard let result else { throw .interrupted }
        return result
    }

    private func take() {
        let (isSecond, isWorking, giveUp) = state.withLock { state in
            defer { state.isSignalled = true }
            return (state.isSignalled, state.isWorking, state.giveUp)
        }
        if isSecond { _exit(ExitStatus.interrupted.rawValue) }
        stop.request()
        if isWorking { console.remark("\nFinishing what runs; once more to stop at once.") }
        giveUp?()
    }
}

extension Failure {
    static let interrupted = Failure(
        "interrupted", "The run was interrupted", "Nothing was done yet. What is recorded is as it was.", .interrupted)
}
