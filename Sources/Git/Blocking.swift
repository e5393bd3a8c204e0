import Dispatch
import Synchronization

/// Runs what blocks on a thread of its own, and comes back when that is done or has to end.
///
/// libgit2 asks now and then whether it may go on, but not while it waits for a server that says nothing. Such a call is
/// left behind: its thread ends with the server's connection, and holds what it locked until then.
func onOwnThread<Value: Sendable>(
    _ stop: Stop, _ body: @escaping @Sendable () throws(GitError) -> Value
) async throws(GitError) -> Value {
    let outcome = Outcome<Value>()
    DispatchQueue(label: "git").async {
        do throws(GitError) {
            outcome.deliver(.success(try body()))
        } catch {
            outcome.deliver(.failure(error))
        }
    }
    let watch = Task {
        while (try? await Task.sleep(for: .milliseconds(25))) != nil {
            guard let reason = stop.reason else { continue }
            // It may notice by itself, and clean up.
            guard (try? await Task.sleep(for: .milliseconds(250))) != nil else { return }
            outcome.deliver(.failure(reason))
            return
        }
    }
    defer { watch.cancel() }
    return try await withTaskCancellationHandler {
        await withCheckedContinuation { outcome.wait($0) }
    } onCancel: {
        stop.cancel()
    }.get()
}

/// What comes of it. The first delivery counts.
private final class Outcome<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Result<Value, GitError>, Never>)
        case delivered(Result<Value, GitError>)
        case done
    }

    private let state = Mutex(State.open)

    func deliver(_ result: Result<Value, GitError>) {
        let waiting = state.withLock { state -> CheckedContinuation<Result<Value, GitError>, Never>? in
            switch state {
            case .open: state = .delivered(result)
            case .awaited(let continuation):
                state = .done
                return continuation
            case .delivered, .done: break
            }
            return nil
        }
        waiting?.resume(returning: result)
    }

    func wait(_ continuation: CheckedContinuation<Result<Value, GitError>, Never>) {
        let delivered = state.withLock { state -> Result<Value, GitError>? in
            guard case .delivered(let result) = state else {
                state = .awaited(continuation)
                return nil
            }
            state = .done
            return result
        }
        if let delivered { continuation.resume(returning: delivered) }
    }
}
