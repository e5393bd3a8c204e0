import Glibc
import Synchronization
package import Testing

/// What a test has on a server on loopback: a folder of its own, and what was asked for in it. What the server can do is
/// said in `Tests/ImagesTests/Fixtures/image-server.py`.
package final class ImageServer: Sendable {
    /// The files that it serves, by their names.
    package let files: ScratchDirectory
    private let process: ServerProcess
    private let name: String

    /// Tests share one, unless it has TLS or has to be another server than theirs.
    package init(tls: TLS? = nil, isApart: Bool = false) async throws {
        files = try ScratchDirectory()
        process =
            if tls != nil || isApart { try await ServerProcess(tls: tls) } else { try await ServerProcess.shared.value }
        name = try process.publish(files.path)
    }

    package struct TLS {
        package let certificate: String
        package let key: String
        /// Clients need a certificate of this authority's.
        package var clients: String?

        package init(certificate: String, key: String, clients: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.clients = clients
        }
    }

    /// `path` is the behaviours, a slash and a file's name.
    package func url(_ path: String, login: String = "") -> String {
        let parts = path.split(separator: "/", maxSplits: 1)
        return "\(process.scheme)://\(login)127.0.0.1:\(process.port)/\(parts[0])/\(name)/\(parts[1])"
    }

    /// What it was asked, a line each: `GET PATH STATUS NAME=VALUE...`. Waits for so many, and a moment for more.
    package func requests(_ count: Int) async throws -> [String] {
        let deadline = ContinuousClock.now + .seconds(120)
        var lines: [String] = []
        repeat {
            try await Task.sleep(for: .milliseconds(50))
            lines = process.lines.filter { $0.contains("/\(name)/") }.map { $0.replacing("/\(name)/", with: "/") }
        } while lines.count < count && .now < deadline
        return lines
    }
}

/// The server itself. It ends with the tests.
private final class ServerProcess: Sendable {
    static let shared = Task { try await ServerProcess(tls: nil) }

    let scheme: String
    let port: Int
    private let folder: ScratchDirectory
    private let process: ChildProcess
    private let count = Atomic(0)

    init(tls: ImageServer.TLS?) async throws {
        folder = try ScratchDirectory()
        let script = PackageFiles.path("Tests/ImagesTests/Fixtures/image-server.py")
        let security = tls.map { [$0.certificate, $0.key] + ($0.clients.map { [$0] } ?? []) } ?? []
        let process = try ChildProcess("python3", [script, folder.path] + security, timeout: .seconds(7200))
        self.process = process
        scheme = tls == nil ? "http" : "https"
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            if let line = process.outputSoFar.split(separator: "\n").first, let port = Int(line) {
                self.port = port
                return
            }
            guard ContinuousClock.now < deadline else {
                process.signal(SIGKILL)
                throw SystemFailure(because: "The server did not start: \(try await process.result)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    deinit { process.signal(SIGKILL) }

    /// Serves a folder under a name that is given.
    func publish(_ path: String) throws -> String {
        let name = "t\(count.add(1, ordering: .relaxed).newValue)"
        guard symlink(path, folder.path(name)) == 0 else { throw SystemFailure("symlink") }
        return name
    }

    var lines: [String] { process.outputSoFar.split(separator: "\n").dropFirst().map(String.init) }
}

/// Bytes that are no disk of any format, and cannot be packed.
package func randomBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let words = (0..<(count + 7) / 8).map { _ in generator.next() }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where one of these programs is not installed.
    package static func needs(_ programs: String...) -> Self {
        let missing = programs.filter { access("/usr/bin/\($0)", X_OK) != 0 }
        return .disabled(
            if: !missing.isEmpty, "scripts/install-dependencies --tests installs \(missing.joined(separator: ", "))")
    }
}
