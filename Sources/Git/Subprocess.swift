import Glibc

/// A program that is run to its end. Nothing secret belongs into its arguments.
struct Subprocess {
    struct Result {
        let status: Int32
        let output: [UInt8]
        let error: String

        var lines: [Substring] { String(decoding: output, as: UTF8.self).split(separator: "\n") }
    }

    let program: String
    let arguments: [String]
    /// All of it.
    let variables: [String: String]

    /// What it may write before it is ended.
    private static let most = 1 << 20

    func run(input: [UInt8] = [], _ stop: Stop) throws(GitError) -> Result {
        var inputStream = try Stream()
        var outputStream = try Stream()
        var errorStream = try Stream()
        let process = try start(inputStream.theirs, outputStream.theirs, errorStream.theirs)
        inputStream.closeTheirs()
        outputStream.closeTheirs()
        errorStream.closeTheirs()
        var (rest, output, error) = (input[...], [UInt8](), [UInt8]())
        if rest.isEmpty { inputStream.finishWriting() }
        var problem: GitError?
        while !outputStream.isAtEnd || !errorStream.isAtEnd {
            problem = stop.reason ?? (output.count + error.count > Subprocess.most ? tooMuch : nil)
            if problem != nil { break }
            var events = [
                pollfd(fd: rest.isEmpty ? -1 : inputStream.ours, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: outputStream.isAtEnd ? -1 : outputStream.ours, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorStream.isAtEnd ? -1 : errorStream.ours, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&events, nfds_t(events.count), stop.milliseconds(atMost: 50)) > 0 else { continue }
            if events[0].revents != 0 {
                rest = inputStream.write(rest)
                if rest.isEmpty { inputStream.finishWriting() }
            }
            if events[1].revents != 0 { output += outputStream.read() }
            if events[2].revents != 0 { error += errorStream.read() }
        }
        if problem != nil { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if let problem { throw problem }
        return Result(
            status: status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f, output: output,
            error: String(decoding: error, as: UTF8.self))
    }

    private var tooMuch: GitError { .tooLarge("`\(program)` has written more than \(Subprocess.most >> 20) MB.") }

    private func start(_ input: Int32, _ output: Int32, _ error: Int32) throws(GitError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, standard) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (error, STDERR_FILENO)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, standard)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var process: pid_t = 0
        let code = withCStrings([program] + arguments) { argv in
            withCStrings(variables.map { "\($0)=\($1)" }.sorted()) { envp in
                posix_spawnp(&process, program, &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else {
            throw GitError(
                .failed, "A program that is needed cannot be started",
                "`\(program)` cannot be started: \(reason(code)).")
        }
        return process
    }
}

/// A pair of sockets rather than a pipe: writing to one whose reader has gone is an error here, not a signal.
private struct Stream: ~Copyable {
    let ours: Int32
    private(set) var theirs: Int32
    private(set) var isAtEnd = false

    init() throws(GitError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .failed("No connection to another program can be made: \(reason(errno)).")
        }
        (ours, theirs) = (ends[0], ends[1])
    }

    mutating func closeTheirs() {
        close(theirs)
        theirs = -1
    }

    func finishWriting() { shutdown(ours, Int32(SHUT_WR)) }

    /// What is left to write.
    func write(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let count = bytes.withUnsafeBytes {
            send(ours, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        if count < 0 { return errno == EAGAIN || errno == EINTR ? bytes : [] }
        return bytes.dropFirst(count)
    }

    mutating func read() -> ArraySlice<UInt8> {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(ours, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        if count <= 0 { isAtEnd = true }
        return buffer.prefix(max(0, count))
    }

    deinit {
        close(ours)
        if theirs >= 0 { close(theirs) }
    }
}

private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
