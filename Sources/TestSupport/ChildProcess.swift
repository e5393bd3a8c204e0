import Dispatch
package import Glibc
import Synchronization

/// How a program ended and what it wrote.
package struct ProcessResult: Sendable, CustomStringConvertible {
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        case timedOut
    }

    package let end: End
    package let standardOutput: String
    package let standardError: String

    /// The exit status; nil where a signal or the time limit ended it.
    package var exitStatus: Int32? { if case .exited(let status) = end { status } else { nil } }

    package var description: String { "\(end)\n\(standardOutput)\(standardError)" }
}

/// A program that runs beside the test, and may be signalled.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let isReaped = Mutex(false)
    private let output: Mutex<[UInt8]> = .init([])
    private let ending: Mutex<ProcessResult?> = .init(nil)
    /// A queue of its own is a thread of its own, which the calls below block. The threads that tests share may all be busy for
    /// minutes, and the time limit goes on meanwhile.
    private let queue: DispatchQueue

    /// Starts it. Its standard input is `input`, then at its end. It and its children are killed after `timeout`.
    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        directory: String? = nil, input: String = "", timeout: Duration = .hang
    ) throws {
        ignoreBrokenPipes
        let (input_, output_, error_) = (try Pipe(), try Pipe(), try Pipe())
        defer { for end in [input_.reading, output_.writing, error_.writing] { close(end) } }
        do {
            pid = try spawn(
                executable, arguments, environment: environment, directory: directory, input: input_.reading,
                output: output_.writing, error: error_.writing)
        } catch {
            for end in [input_.writing, output_.reading, error_.reading] { close(end) }
            throw error
        }
        let deadline = ContinuousClock.now + timeout
        queue = DispatchQueue(label: "process \(pid)")
        queue.async { [self] in
            var exchange = Exchange(
                input: input_.writing, bytes: Array(input.utf8), output: output_.reading, error: error_.reading)
            let isInTime = exchange.run(until: deadline) { bytes in
                output.withLock { $0 += bytes }
            }
            if !isInTime { Glibc.kill(-pid, SIGKILL) }
            let end = reap()
            let result = ProcessResult(
                end: isInTime ? end : .timedOut,
                standardOutput: String(decoding: exchange.outputBytes, as: UTF8.self),
                standardError: String(decoding: exchange.errorBytes, as: UTF8.self))
            ending.withLock { $0 = result }
        }
    }

    /// Waits for its end.
    package var result: ProcessResult {
        get async throws {
            let result = await withCheckedContinuation { continuation in
                queue.async { [self] in continuation.resume(returning: ending.withLock { $0 }) }
            }
            guard let result else { throw SystemFailure(because: "The process was never started.") }
            return result
        }
    }

    /// What it has written to standard output so far.
    package var outputSoFar: String { output.withLock { String(decoding: $0, as: UTF8.self) } }

    /// Sends a signal to it alone; nothing where it has ended.
    package func signal(_ number: Int32) {
        isReaped.withLock { if !$0 { _ = Glibc.kill(pid, number) } }
    }

    /// Sends a signal to it as soon as `isTime`, which is asked again and again; nothing where it ends before that. On a thread of
    /// its own: those that tests share may all be busy for longer than the process lives.
    package func signal(_ number: Int32, when isTime: @escaping @Sendable () -> Bool) async {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "signal \(pid)").async { [self] in
                while !isReaped.withLock({ $0 }) && !isTime() { usleep(1_000) }
                signal(number)
                continuation.resume()
            }
        }
    }

    /// Sends a signal to it after so long a time; nothing where it ends before that.
    package func signal(_ number: Int32, after delay: Duration) async {
        let time = ContinuousClock.now + delay
        await signal(number) { .now >= time }
    }

    private func reap() -> ProcessResult.End {
        // Wait without reaping, so that the number cannot be another's while somebody signals it.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        return isReaped.withLock { isReaped in
            isReaped = true
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
        }
    }
}

/// Runs a program to its end, when its turn comes. See `ChildProcess.init` for what the arguments mean.
package func runProcess(
    _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil, directory: String? = nil,
    input: String = "", timeout: Duration = .hang
) async throws -> ProcessResult {
    try await Turnstile.programs.run {
        try await ChildProcess(
            executable, arguments, environment: environment, directory: directory, input: input, timeout: timeout
        ).result
    }
}

/// A program that ends before it has read its input must not end the tests with SIGPIPE.
let ignoreBrokenPipes: Void = { _ = Glibc.signal(SIGPIPE, SIG_IGN) }()
