import Glibc

/// The traffic with a running program: feeds its input, collects its output and error, all at once.
struct Exchange {
    private var input: Int32
    private var bytes: ArraySlice<UInt8>
    private var output: Int32
    private var error: Int32
    private(set) var outputBytes: [UInt8] = []
    private(set) var errorBytes: [UInt8] = []

    /// Takes the descriptors and closes them.
    init(input: Int32, bytes: [UInt8], output: Int32, error: Int32) {
        self.input = input
        self.bytes = bytes[...]
        self.output = output
        self.error = error
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
    }

    /// Blocks until the program has closed both its outputs, or the time has come; true for the former.
    mutating func run(until deadline: ContinuousClock.Instant, onOutput: ([UInt8]) -> Void) -> Bool {
        defer { closeAll() }
        while output >= 0 || error >= 0 {
            if bytes.isEmpty { Exchange.close(&input) }
            let left = Int32(clamping: Int((deadline - .now) / .milliseconds(1)))
            guard left > 0 else { return false }
            // A negative descriptor is left out by poll.
            var waits = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: error, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            ]
            guard poll(&waits, nfds_t(waits.count), left) > 0 else { continue }
            if waits[0].revents != 0 { onOutput(Exchange.receive(&output, into: &outputBytes)) }
            if waits[1].revents != 0 { _ = Exchange.receive(&error, into: &errorBytes) }
            if waits[2].revents != 0 { feed() }
        }
        return true
    }

    private mutating func feed() {
        let count = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count >= 0 {
            bytes = bytes.dropFirst(count)
        } else if errno != EAGAIN && errno != EINTR {
            bytes = []
        }
    }

    private static func receive(_ descriptor: inout Int32, into bytes: inout [UInt8]) -> [UInt8] {
        let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        if chunk.isEmpty { close(&descriptor) }
        bytes += chunk
        return chunk
    }

    private static func close(_ descriptor: inout Int32) {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    private mutating func closeAll() {
        Exchange.close(&input)
        Exchange.close(&output)
        Exchange.close(&error)
    }
}
