import Hypervisor
import Model
import StateFile
import Synchronization

/// An apply under way: what its own task knows.
struct Run {
    private(set) var schedule: Schedule
    private(set) var report = ApplyReport()
    /// By their number in the schedule; nil where nobody knows the host's URI.
    let hosts: [Host?]
    private var connections: [Result<any HostWriting, HostError>?]
    /// The steps at which hosts were found not to be reached, by the host's number. None is tried after it.
    private var lost: [Int: Step] = [:]
    /// The numbers of the announced steps in the journal, by their index.
    private var intents: [Int: Int] = [:]

    /// No group of intents is announced before, unless nothing runs.
    private var nextGroup: ContinuousClock.Instant?
    /// Whether a task waits until the next group may be announced.
    var isPausing = false

    /// How much longer than a synchronization the pause after it is: what gets ready meanwhile shares the next one, and
    /// at most a fifth of the time goes by with waiting for the disk.
    static let pauseFactor = 4
    /// Little beside an operation on a real host.
    static let longestPause = Duration.milliseconds(50)

    /// How many intents share one synchronization at most.
    static let groupSize = 256

    init(_ plan: Plan, recorded: RecordedState, limits: ApplyLimits) {
        schedule = Schedule(plan.steps, limits: limits)
        let planned = Dictionary(plan.hosts.map { ($0.host.address, $0.host) }, uniquingKeysWith: { first, _ in first })
        hosts = schedule.hosts.map { address in
            planned[address] ?? recorded.hosts[address].map { Host(address, uri: $0) }
        }
        connections = Array(repeating: nil, count: hosts.count)
    }

    /// The hosts that the state must know before anything on them is recorded, and those that moved.
    func uris(_ plan: Plan, recorded: RecordedState) -> [Address: String] {
        let used = Set(schedule.hosts).union(plan.unrecorded.map(\.object.host)).union(recorded.hosts.keys)
        // One that could not be read may be another machine.
        let planned = plan.hosts.lazy.filter { $0.error == nil }.map(\.host).filter { used.contains($0.address) }
        return Dictionary(planned.map { ($0.address, $0.uri) }, uniquingKeysWith: { first, _ in first })
    }

    /// How long ready steps are to wait for others; nil where there are none, or they may be announced now.
    func pauseBeforeAnnouncing() -> Duration? {
        guard schedule.running > 0, schedule.hasReady, let nextGroup else { return nil }
        let pause = nextGroup - .now
        return pause > .zero ? pause : nil
    }

    /// Announces a group of ready steps; false if there are none or they could not be.
    mutating func announce(_ session: inout StateSession, _ tell: (ExecutionEvent) -> Void) -> Bool {
        let group = schedule.takeReady(Run.groupSize)
        guard !group.isEmpty else { return false }
        let start = ContinuousClock.now
        do throws(StateError) {
            let ids = try session.intend(group.map { schedule.steps[$0] })
            for (index, id) in zip(group, ids) {
                intents[index] = id
                schedule.announce(index)
            }
            // A full group has more behind it, which need not wait.
            let end = ContinuousClock.now
            nextGroup = group.count < Run.groupSize ? end + min(Run.longestPause, (end - start) * Run.pauseFactor) : nil
            return true
        } catch {
            trouble(error, tell)
            return false
        }
    }

    mutating func start() -> (index: Int, operation: Operation, writer: any HostWriting)? {
        guard let index = schedule.start(), case .success(let writer)? = connections[schedule.host(of: index)] else {
            return nil
        }
        return (index, schedule.steps[index].operation, writer)
    }

    mutating func receive(_ message: Message, _ session: inout StateSession, _ tell: (ExecutionEvent) -> Void) {
        switch message {
        case .paused: isPausing = false
        case .stopped(let index):
            conclude(index, .withdrawn, &session, tell)
            report.remaining += ([index] + schedule.fail(index)).map { schedule.steps[$0] }
        case .connected(let host, let connection):
            connections[host] = connection
            switch connection {
            case .success: schedule.open(host: host)
            case .failure: schedule.close(host: host)
            }
            failStranded(&session, tell)
        case .ended(let index, nil, let duration):
            conclude(index, .done, &session, tell)
            report.done.append(schedule.steps[index])
            report.durations[schedule.steps[index].id] = duration
            tell(.finished(schedule.steps[index], duration))
            schedule.succeed(index)
            failStranded(&session, tell)
        case .ended(let index, let error?, let duration):
            let step = schedule.steps[index]
            conclude(
                index, error.leavesDoubt(of: step.operation) ? .unclear(error.summary) : .failed(error.summary),
                &session,
                tell)
            fail(index, error, after: duration, tell)
            if error.reason == .unreachable {
                let host = schedule.host(of: index)
                if lost[host] == nil { lost[host] = step }
                connections[host] = .failure(error)
                schedule.close(host: host)
                failStranded(&session, tell)
            }
        }
    }

    /// Accounts for what was never begun.
    mutating func end(_ session: inout StateSession, isInterrupted: Bool, _ tell: (ExecutionEvent) -> Void) {
        report.interrupted = isInterrupted
        let isStopped = isInterrupted || report.stateError != nil
        let byID = Dictionary(
            schedule.steps.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (index, step) in schedule.steps.enumerated() {
            switch schedule.phase(of: index) {
            case .done, .failed, .skipped, .running: continue
            case .announced: conclude(index, .withdrawn, &session, tell)
            case .waiting, .ready: break
            }
            if isStopped {
                report.remaining.append(step)
            } else {
                // A plan in which steps wait for each other in a circle, or for one that it does not have.
                let waitsFor = step.after.lazy.compactMap { byID[$0] }.first { self.schedule.phase(of: $0) != .done }
                skip(index, waitsFor: waitsFor.map { schedule.steps[$0] }, tell)
            }
        }
    }

    mutating func trouble(_ error: StateError, _ tell: (ExecutionEvent) -> Void) {
        guard report.stateError == nil else { return }
        report.stateError = error
        tell(.stateTrouble(error))
    }
}

extension Run {
    private mutating func conclude(
        _ index: Int, _ outcome: StepOutcome, _ session: inout StateSession, _ tell: (ExecutionEvent) -> Void
    ) {
        guard let id = intents.removeValue(forKey: index) else { return }
        do throws(StateError) { try session.conclude(id, outcome) } catch { trouble(error, tell) }
    }

    private mutating func fail(
        _ index: Int, _ error: HostError, after duration: Duration, _ tell: (ExecutionEvent) -> Void
    ) {
        let step = schedule.steps[index]
        report.failed.append(.init(step: step, error: error))
        report.durations[step.id] = duration
        tell(.failed(step, error, duration))
        for skipped in schedule.fail(index) { skip(skipped, waitsFor: step, tell) }
    }

    private mutating func skip(_ index: Int, waitsFor: Step?, _ tell: (ExecutionEvent) -> Void) {
        report.skipped.append(.init(step: schedule.steps[index], waitsFor: waitsFor))
        tell(.skipped(schedule.steps[index], waitsFor: waitsFor))
    }

    /// The first step that a host was not there for has failed of it; the others wait for the host as that one does.
    private mutating func failStranded(_ session: inout StateSession, _ tell: (ExecutionEvent) -> Void) {
        while let index = schedule.takeStranded() {
            let host = schedule.host(of: index)
            guard case .failure(let error)? = connections[host] else { continue }
            if schedule.phase(of: index) == .announced { conclude(index, .withdrawn, &session, tell) }
            if let first = lost[host] {
                skip(index, waitsFor: first, tell)
                for skipped in schedule.fail(index) { skip(skipped, waitsFor: first, tell) }
            } else {
                lost[host] = schedule.steps[index]
                fail(index, error, after: .zero, tell)
            }
        }
    }
}

/// What the tasks that perform tell the one that records.
enum Message: Sendable {
    case connected(Int, Result<any HostWriting, HostError>)
    case ended(Int, HostError?, Duration)
    /// It was only waiting, and is not to any more.
    case stopped(Int)
    /// The time has come to announce what is ready.
    case paused
}

/// Messages of the tasks. They are taken all at once: the intents of all that ended meanwhile become one group.
final class Mailbox: Sendable {
    private let messages = Mutex<[Message]>([])

    func put(_ message: Message) { messages.withLock { $0.append(message) } }
    func take() -> [Message] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}

extension HostError {
    /// Whether the operation may have been done, or begun, although it failed: then the next run looks.
    fileprivate func leavesDoubt(of operation: Operation) -> Bool {
        // A wait only looks.
        if operation.verb == .wait || isUndone { return false }
        return switch reason {
        case .unreachable: true
        // A guest that did not do what it was asked for is as it was.
        case .timedOut: operation.verb != .stop && operation.verb != .updateLive
        case .failed, .full: operation.verb == .create
        case .denied, .missing, .exists, .inUse, .busy, .unsupported, .invalid, .content: false
        }
    }
}
