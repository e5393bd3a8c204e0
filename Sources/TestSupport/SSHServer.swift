import Glibc

/// An sshd of the test's own on the loopback, with two host keys, which lets in whoever runs the test with the key `user`.
package final class SSHServer: Sendable {
    package let port: Int
    package let scratch: ScratchDirectory
    private let process: ChildProcess

    package init(_ scratch: ScratchDirectory, hostKeys: [String] = ["ed25519", "ecdsa"]) async throws {
        self.scratch = scratch
        for (name, type) in [("user", "ed25519"), ("stranger", "ed25519"), ("user-ecdsa", "ecdsa")]
            + hostKeys.map({ ("host-\($0)", $0) })
        where !scratch.exists(name) {
            let made = try await runProcess(
                "ssh-keygen", ["-q", "-t", type, "-N", "", "-C", name, "-f", scratch.path(name)])
            guard made.exitStatus == 0 else { throw SystemFailure(because: "\(made)") }
        }
        try scratch.write(
            try scratch.read("user.pub") + scratch.read("user-ecdsa.pub"), to: "authorized")
        port = try freePort()
        let keys = hostKeys.map { "HostKey \(scratch.path("host-\($0)"))" }.joined(separator: "\n")
        let configuration = try scratch.write(
            """
            ListenAddress 127.0.0.1
            Port \(port)
            \(keys)
            AuthorizedKeysFile \(scratch.path("authorized"))
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            MaxAuthTries 10
            """, to: "sshd_config")
        // Where sshd gives up its privileges; Debian makes it at boot.
        mkdir("/run/sshd", 0o755)
        process = try ChildProcess("/usr/sbin/sshd", ["-D", "-e", "-f", configuration])
        for _ in 0..<4000 {
            if isListening(port) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        process.signal(SIGKILL)
        throw SystemFailure(because: "sshd did not start: \(try await process.result)")
    }

    deinit { process.signal(SIGTERM) }

    package static var user: String { getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root" }

    package func url(_ path: String) -> String { "ssh://\(SSHServer.user)@127.0.0.1:\(port)\(scratch.path(path))" }

    /// The line of known_hosts for one of its keys.
    package func line(_ type: String) throws -> String {
        "[127.0.0.1]:\(port) \(try scratch.read("host-\(type).pub"))"
    }
}

private func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return address
}

private func withSocket<Result>(_ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

package func isListening(_ port: Int) -> Bool { withSocket(port) { connect($0, $1, $2) == 0 } }

package func freePort() throws -> Int {
    try withSocket(0) { descriptor, address, length in
        var (bound, size) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        let isBound = bind(descriptor, address, length) == 0
        let isKnown = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) == 0 }
        }
        return isBound && isKnown ? Int(UInt16(bigEndian: bound.sin_port)) : nil
    } ?? { throw SystemFailure("No port is free") }()
}
