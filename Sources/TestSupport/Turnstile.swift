import Synchronization

/// Lets so many pass at once; the others wait, and come in as they came.
final class Turnstile: Sendable {
    /// For programs that tests run to their end. All tests begin at once, and with hundreds of programs beside each other none is
    /// done in time.
    static let programs = Turnstile(width: 16)

    private struct Content {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let content: Mutex<Content>

    init(width: Int) { content = Mutex(Content(free: width)) }

    func run<Result, Problem: Error>(_ body: () async throws(Problem) -> Result) async throws(Problem) -> Result {
        await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = content.withLock { content in
                if content.free == 0 {
                    content.waiting.append(continuation)
                    return false
                }
                content.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave() {
        let next = content.withLock { content in
            if content.waiting.isEmpty {
                content.free += 1
                return nil as CheckedContinuation<Void, Never>?
            }
            return content.waiting.removeFirst()
        }
        next?.resume()
    }
}
