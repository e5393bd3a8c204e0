import Glibc
import Images
import Model
import Synchronization
import TestSupport
import Testing

/// What a test has on a server on loopback: a folder of its own, and what was asked for in it. What the server can do is
/// said in `Fixtures/image-server.py`.
final class ImageServer: Sendable {
    /// The files that it serves, by their names.
    let files: ScratchDirectory
    private let process: ServerProcess
    private let name: String

    /// Tests share one, unless it has TLS or has to be another server than theirs.
    init(tls: TLS? = nil, isApart: Bool = false) async throws {
        files = try ScratchDirectory()
        process =
            if tls != nil || isApart { try await ServerProcess(tls: tls) } else { try await ServerProcess.shared.value }
        name = try process.publish(files.path)
    }

    struct TLS {
        let certificate: String
        let key: String
        /// Clients need a certificate of this authority's.
        var clients: String?
    }

    /// `path` is the behaviours, a slash and a file's name.
    func url(_ path: String, login: String = "") -> String {
        let parts = path.split(separator: "/", maxSplits: 1)
        return "\(process.scheme)://\(login)127.0.0.1:\(process.port)/\(parts[0])/\(name)/\(parts[1])"
    }

    /// What it was asked, a line each: `GET PATH STATUS NAME=VALUE...`. Waits for so many, and a moment for more.
    func requests(_ count: Int) async throws -> [String] {
        let deadline = ContinuousClock.now + .seconds(20)
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

extension FetchSettings {
    /// Those of someone in a hurry.
    static var quick: FetchSettings {
        var settings = FetchSettings()
        settings.pause = .milliseconds(10)
        settings.stall = 20
        settings.connecting = 20
        return settings
    }
}

/// A cache of the test's own.
struct Cache {
    let scratch: ScratchDirectory
    let path: String
    var settings = FetchSettings.quick

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.path("below/images")
    }

    var store: ImageStore { ImageStore(directory: path, settings: settings) }

    /// What is in it, without the locks, each as `KIND.SUFFIX`: `sha256.img`.
    var contents: [String] {
        get throws {
            try filesIn(path).filter { !$0.hasSuffix(".lock") }.map { name in
                let (dash, dot) = (name.firstIndex(of: "-"), name.firstIndex(of: "."))
                return String(name[..<(dash ?? name.endIndex)] + name[(dot ?? name.endIndex)...])
            }
        }
    }

    func file(_ suffix: String) throws -> String {
        let names = try filesIn(path).filter { $0.hasSuffix(suffix) && !$0.hasSuffix(".part.json") }
        return "\(path)/\(try #require(names.first, "nothing ends in \(suffix)"))"
    }
}

/// Bytes that are no disk of any format, and cannot be packed.
func randomBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let words = (0..<(count + 7) / 8).map { _ in generator.next() }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// The digest that coreutils' program for an algorithm gives.
func checksum(_ algorithm: ChecksumAlgorithm, _ path: String) async throws -> String {
    let result = try await runProcess("\(algorithm.rawValue)sum", ["--binary", path])
    return String(try #require(result.standardOutput.split(separator: " ").first))
}

func failure(_ body: () async throws(ImageError) -> LocalImage) async throws -> ImageError {
    do throws(ImageError) {
        let image = try await body()
        Issue.record("It should have failed, and gave \(image).")
        throw ImageError(.failed, "", "")
    } catch {
        return error
    }
}

func size(of path: String) -> Int64 {
    var information = stat()
    return stat(path, &information) == 0 ? Int64(information.st_size) : -1
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where one of these programs is not installed.
    static func needs(_ programs: String...) -> Self {
        let missing = programs.filter { access("/usr/bin/\($0)", X_OK) != 0 }
        return .disabled(
            if: !missing.isEmpty, "scripts/install-dependencies --tests installs \(missing.joined(separator: ", "))")
    }
}
