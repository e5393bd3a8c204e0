import Dispatch
import Glibc
package import Testing

/// A libvirtd of the test's own, a host apart on the same machine: see `scripts/private-libvirt`, which it runs.
///
/// Several may run side by side. It has a pool and a network `default` and a bridge `br0`, and guests run under TCG.
/// Everything in it ends with the last reference to it, and with the test process, however that ends.
package final class PrivateLibvirt: Sendable {
    /// `qemu+unix:///system?socket=…`, for reading and writing.
    package let uri: String
    /// Everything of it that can be seen from outside: `log`, `run` (the sockets), `images`.
    package let directory: String
    private let commands: Int32
    private let answers: Int32
    private let process: pid_t
    private let queue = DispatchQueue(label: "private libvirt")

    /// For connections that cannot write: another socket, which libvirtd itself keeps read-only.
    package var readOnlyURI: String { "qemu+unix:///system?socket=\(directory)/run/libvirt-sock-ro" }
    /// The simulated host inside the daemon, for transports and their cost. It lives while some client is connected.
    package var simulatedURI: String { "test+unix:///default?socket=\(directory)/run/libvirt-sock" }
    /// The folder of the pool `default`: the same path inside and outside.
    package var imagesDirectory: String { "\(directory)/images" }

    /// Why there can be none on this machine; nil where there can.
    package static let obstacle = obstacleToRunning(PackageFiles.path("scripts/private-libvirt"), ["--check"])

    /// Starts one, in about a second. Call it from tests that have the trait `.needsPrivateLibvirt`.
    package static func start() async throws -> PrivateLibvirt {
        try await offThePool(DispatchQueue(label: "start of a private libvirt")) { try PrivateLibvirt() }
    }

    private init() throws {
        if let obstacle = PrivateLibvirt.obstacle { throw SystemFailure(because: obstacle) }
        ignoreBrokenPipes
        let (input, output) = (try Pipe(), try Pipe())
        defer {
            close(input.reading)
            close(output.writing)
        }
        process = try spawn(
            PackageFiles.path("scripts/private-libvirt"), [], environment: nil, directory: "/", input: input.reading,
            output: output.writing, error: STDERR_FILENO)
        (commands, answers) = (input.writing, output.reading)
        let words = PrivateLibvirt.line(from: output.reading).split(separator: " ")
        uri = words.first.map(String.init) ?? ""
        directory = words.last.map(String.init) ?? ""
        guard words.count == 2 else {
            throw SystemFailure(because: "The private libvirtd did not start; standard error says why.")
        }
    }

    deinit {
        // The end of its input is the end of it; it cleans up by itself.
        close(commands)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        close(answers)
    }

    /// Ends the daemon as its service would; guests go on.
    package func stopDaemon() async throws { try await command("stop") }
    package func startDaemon() async throws { try await command("start") }
    package func restartDaemon() async throws { try await command("restart") }
    /// SIGKILL: connections end in the middle of a call.
    package func kill9Daemon() async throws { try await command("kill") }

    /// What to put before a command so that it runs in the host's network, where its guests can be reached.
    package var inItsNetwork: [String] { get throws { ["nsenter", "--net", "--target", try firstProcess] } }

    /// Has the DHCP server of the network `default` know just one lease, as its helper writes it down.
    package func lease(_ address: String, to mac: String, until expiry: Int) async throws {
        let lease = #"[{"ip-address": "\#(address)", "mac-address": "\#(mac)", "expiry-time": \#(expiry)}]"#
        let write = #"printf %s "$1" >/var/lib/libvirt/dnsmasq/virbr0.status"#
        let result = try await runProcess(
            "nsenter", ["--mount", "--target", try firstProcess, "sh", "-c", write, "sh", lease])
        guard result.exitStatus == 0 else { throw SystemFailure(because: "A lease cannot be written: \(result)") }
    }

    private var firstProcess: String {
        get throws {
            let children = try readFile("/proc/\(process)/task/\(process)/children")
            guard let child = String(decoding: children, as: UTF8.self).split(separator: " ").first else {
                throw SystemFailure(because: "The private libvirtd has no process.")
            }
            return String(child)
        }
    }

    /// Runs virsh in it and gives what it printed.
    @discardableResult
    package func virsh(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> String
    {
        let result = try await runProcess("virsh", ["-q", "-c", uri] + arguments)
        guard result.exitStatus == 0 else {
            throw SystemFailure(because: "virsh \(arguments.joined(separator: " ")): \(result)")
        }
        return result.standardOutput
    }

    private func command(_ name: String) async throws {
        let answer = try await PrivateLibvirt.offThePool(queue) { [commands, answers] in
            let line = Array("\(name)\n".utf8)
            guard write(commands, line, line.count) == line.count else { throw SystemFailure(name) }
            return PrivateLibvirt.line(from: answers)
        }
        guard answer == "ok" else { throw SystemFailure(because: "The private libvirtd: \(answer)") }
    }

    /// A line without its end; what there was where the script ended.
    private static func line(from descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func offThePool<Result: Sendable>(
        _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where libvirtd, QEMU, root or leave to make namespaces is missing.
    package static var needsPrivateLibvirt: Self {
        .disabled(if: PrivateLibvirt.obstacle != nil, "\(PrivateLibvirt.obstacle ?? "")")
    }
}
