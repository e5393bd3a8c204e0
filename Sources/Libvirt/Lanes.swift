import Dispatch
import Model
import Synchronization

/// A thread of its own for calls that block: the cooperative pool never waits for libvirt.
private final class LaneExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "rigaud.libvirt.lane")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}

private actor Lane {
    private nonisolated let executor = LaneExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func run<Answer: Sendable>(_ body: @Sendable () throws(HostError) -> Answer) throws(HostError) -> Answer {
        try body()
    }
}

/// The lanes of one connection. A call takes a free one or waits its turn: first come, first served.
final class Lanes: Sendable {
    private struct State {
        var free: [Lane]
        var waiting: [CheckedContinuation<Lane, Never>] = []
        /// Those before it have been served: taking from the front costs nothing.
        var next = 0
    }

    let count: Int
    private let state: Mutex<State>

    init(count: Int) {
        self.count = count
        state = Mutex(State(free: (0..<count).map { _ in Lane() }))
    }

    func run<Answer: Sendable>(
        _ body: @escaping @Sendable () throws(HostError) -> Answer
    ) async throws(HostError) -> Answer {
        let lane = await take()
        defer { give(lane) }
        return try await lane.run(body)
    }

    /// Splits the indices of a list over the lanes; answers come in the list's order.
    func map<Answer: Sendable>(
        count total: Int, _ body: @escaping @Sendable (Range<Int>) throws(HostError) -> [Answer]
    ) async throws(HostError) -> [Answer] {
        guard total > 0 else { return [] }
        let share = max(1, min(256, (total + count - 1) / count))
        let ranges = stride(from: 0, to: total, by: share).map { $0..<min($0 + share, total) }
        let parts = await withTaskGroup(of: (Int, Result<[Answer], HostError>).self) { group in
            for (index, range) in ranges.enumerated() {
                group.addTask {
                    do throws(HostError) {
                        return (index, .success(try await self.run { () throws(HostError) in try body(range) }))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var parts = [Result<[Answer], HostError>](repeating: .success([]), count: ranges.count)
            for await (index, part) in group { parts[index] = part }
            return parts
        }
        var answers: [Answer] = []
        answers.reserveCapacity(total)
        for part in parts { answers += try part.get() }
        return answers
    }

    private func take() async -> Lane {
        await withCheckedContinuation { continuation in
            let lane = state.withLock { state -> Lane? in
                if let lane = state.free.popLast() { return lane }
                state.waiting.append(continuation)
                return nil
            }
            if let lane { continuation.resume(returning: lane) }
        }
    }

    private func give(_ lane: Lane) {
        let continuation = state.withLock { state -> CheckedContinuation<Lane, Never>? in
            guard state.next < state.waiting.count else {
                state.free.append(lane)
                return nil
            }
            let continuation = state.waiting[state.next]
            state.next += 1
            if state.next == state.waiting.count {
                state.waiting.removeAll(keepingCapacity: true)
                state.next = 0
            }
            return continuation
        }
        continuation?.resume(returning: lane)
    }
}
