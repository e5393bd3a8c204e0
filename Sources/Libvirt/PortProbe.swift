import Dispatch
import Glibc

/// Whether something takes a connection at a TCP port of one of these addresses, seen from here.
///
/// On a thread of its own: it waits for as long as it is given.
func accepts(_ addresses: [String], port: UInt16, within seconds: Double) async -> Bool {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "rigaud.port").async {
            continuation.resume(returning: probe(addresses, port, within: seconds))
        }
    }
}

private func probe(_ addresses: [String], _ port: UInt16, within seconds: Double) -> Bool {
    var sockets = addresses.compactMap { connection(to: $0, port) }
    defer { for descriptor in sockets { close(descriptor) } }
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !sockets.isEmpty {
        let left = ContinuousClock.now.duration(to: deadline).components
        let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
        guard milliseconds > 0 else { return false }
        var polled = sockets.map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), Int32(milliseconds)) > 0 else { continue }
        for entry in polled where entry.revents != 0 {
            var problem: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            if getsockopt(entry.fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0, problem == 0 { return true }
            close(entry.fd)
            sockets.removeAll { $0 == entry.fd }
        }
    }
    return false
}

/// A connection that is being made; nil where it cannot even begin.
private func connection(to address: String, _ port: UInt16) -> Int32? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, String(port), &hints, &found) == 0, let found else { return nil }
    defer { freeaddrinfo(found) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(found.pointee.ai_family, kind, 0)
    guard descriptor >= 0 else { return nil }
    if connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 || errno == EINPROGRESS {
        return descriptor
    }
    close(descriptor)
    return nil
}
