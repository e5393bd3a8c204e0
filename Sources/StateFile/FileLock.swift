import Glibc
import Model

/// The kernel's lock on the state's lock file. It goes with its holder, however that ends; the text in the file is only
/// for people, and means nothing while nobody holds the lock. The file is never deleted: whoever had it open would hold
/// a lock that nobody sees.
struct FileLock: ~Copyable {
    private let file: OpenFile

    /// Whoever asks who holds the lock touches it for a moment; that is always waited for.
    private static let shortestWait = Duration.milliseconds(60)

    /// Takes the lock, trying again and again until `wait` is over.
    static func take(_ path: String, as holder: LockHolder, wait: Duration) async throws(StateError) -> FileLock {
        let file = try OpenFile.writing(path, flags: 0)
        let deadline = ContinuousClock.now + max(wait, shortestWait)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let problem = errno
            if problem == EINTR { continue }
            guard problem == EWOULDBLOCK else { throw .writing(path, problem) }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { throw locked(path, by: try text(of: file)) }
            try? await Task.sleep(for: .milliseconds(wait > shortestWait ? 100 : 20))
        }
        let text = JSONWriter.bytes(of: holder.value) + [0x0A]
        try file.truncate(to: 0)
        try file.write(text, at: 0)
        return FileLock(file: file)
    }

    deinit {
        // The name of a holder that has gone would mislead. If it cannot be wiped out, it is not looked at either.
        _ = ftruncate(file.descriptor, 0)
        // A process that is being started just now has the descriptor too, until it becomes another program: closing
        // ours would leave the lock with it for a moment.
        _ = flock(file.descriptor, LOCK_UN)
    }

    /// Who holds it; nil when nobody does. Creates nothing and holds nothing.
    static func holder(_ path: String) throws(StateError) -> LockHolder? {
        guard let file = try OpenFile.reading(path) else { return nil }
        guard flock(file.descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        guard errno == EWOULDBLOCK else { throw .reading(path, errno) }
        return try text(of: file)
            ?? LockHolder(user: "somebody", host: "unknown", processID: 0, command: "unknown", since: "unknown")
    }

    private static func text(of file: borrowing OpenFile) throws(StateError) -> LockHolder? {
        let bytes = try file.contents(limit: 1 << 16)
        guard let value = try? JSONReader.value(of: bytes) else { return nil }
        return LockHolder(value)
    }

    private static func locked(_ path: String, by holder: LockHolder?) -> StateError {
        let who =
            holder.map {
                "\($0.user) on \($0.host) has held it since \($0.since), as process \($0.processID): \($0.command)"
            } ?? "Another process holds it and has not said who it is"
        return StateError(
            .locked,
            "\(path) is locked. \(who). Wait for it to end. The lock goes when its holder "
                + "ends, in whatever way; there is never one left behind.",
            command: holder.map { "ps -p \($0.processID)" })
    }
}

extension LockHolder {
    var value: Value {
        [
            "command": .string(command), "host": .string(host), "pid": .integer(Int64(processID)),
            "since": .string(since), "user": .string(user),
        ]
    }

    init?(_ value: Value) {
        guard let user = value["user"]?.text, let host = value["host"]?.text,
            let processID = (value["pid"]?.number).flatMap({ Int32(exactly: $0) }),
            let command = value["command"]?.text, let since = value["since"]?.text
        else { return nil }
        self.init(user: user, host: host, processID: processID, command: command, since: since)
    }
}
