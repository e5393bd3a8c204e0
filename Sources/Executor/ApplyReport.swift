package import Model
package import StateFile
import Synchronization

/// What became of a plan's steps. Every step of the plan is in one of the lists.
package struct ApplyReport: Sendable {
    package struct Failure: Hashable, Sendable {
        package let step: Step
        package let error: HostError

        package init(step: Step, error: HostError) {
            self.step = step
            self.error = error
        }
    }

    package struct Skip: Hashable, Sendable {
        package let step: Step
        /// The failed step that it waits for, if by others; nil where a plan names a step that it does not have.
        package let waitsFor: Step?

        package init(step: Step, waitsFor: Step?) {
            self.step = step
            self.waitsFor = waitsFor
        }
    }

    /// In the order in which they ended.
    package var done: [Step] = []
    package var failed: [Failure] = []
    package var skipped: [Skip] = []
    /// Not begun, because the run was interrupted or the state could not be written.
    package var remaining: [Step] = []
    package var interrupted = false
    /// How long each step took that was begun, by its id.
    package var durations: [Int: Duration] = [:]
    /// The first trouble with the state: after it nothing was begun.
    package var stateError: StateError?

    package init() {}

    package var isComplete: Bool {
        failed.isEmpty && skipped.isEmpty && remaining.isEmpty && !interrupted && stateError == nil
    }
}

/// What a progress display is told, in the order in which it happens.
package enum ExecutionEvent: Sendable {
    case started(Step)
    case finished(Step, Duration)
    case failed(Step, HostError, Duration)
    case skipped(Step, waitsFor: Step?)
    /// The state could not be written: what runs is finished, nothing is begun.
    case stateTrouble(StateError)
}

/// How much is done at once.
package struct ApplyLimits: Hashable, Sendable {
    /// Steps in all, at least 1.
    package let parallelism: Int
    /// Steps on one host, at least 1. A libvirt daemon serves five calls of a connection at once unless told otherwise.
    package let perHost: Int

    package init(parallelism: Int = 10, perHost: Int = 5) {
        self.parallelism = max(1, parallelism)
        self.perHost = max(1, perHost)
    }
}

/// Set once, from anywhere (a signal's handler): nothing new is begun from then on.
package final class StopFlag: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package func request() { flag.store(true, ordering: .relaxed) }
    package var isRequested: Bool { flag.load(ordering: .relaxed) }
}
