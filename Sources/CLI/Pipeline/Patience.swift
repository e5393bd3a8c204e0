import Model
import Synchronization

/// Asks a host, and gives up on it after a time. No call of libvirt's can be ended from outside: it is left to itself, and
/// ends with the program.
func within<Answer: Sendable>(
    _ limit: Duration?, of host: Host, _ body: @escaping @Sendable () async throws(HostError) -> Answer
) async throws(HostError) -> Answer {
    guard let limit else { return try await body() }
    let result: Result<Answer, HostError> = await withCheckedContinuation { continuation in
        let answer = FirstAnswer<Result<Answer, HostError>>(continuation)
        let timer = Task {
            try? await Task.sleep(for: limit)
            answer.give(.failure(.late(host, limit)))
        }
        Task {
            do throws(HostError) {
                answer.give(.success(try await body()))
            } catch {
                answer.give(.failure(error))
            }
            timer.cancel()
        }
    }
    return try result.get()
}

/// Takes several answers, and hands on the first.
final class FirstAnswer<Answer: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Answer, Never>?>

    init(_ continuation: CheckedContinuation<Answer, Never>) { waiting = Mutex(continuation) }

    func give(_ answer: Answer) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: answer)
    }
}

extension HostError {
    fileprivate static func late(_ host: Host, _ limit: Duration) -> HostError {
        HostError(
            .timedOut, "A host did not answer in time",
            """
            \(host.uri) has not told what is on it within \(limit.components.seconds) s (--timeout). Its objects are unknown, and nothing \
            is done to them. See whether its libvirtd hangs, or give it longer.
            """, command: "virsh -c '\(host.uri)' list --all")
    }
}
