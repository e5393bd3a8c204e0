import Glibc
import Model
import TestSupport
import Testing

/// The options that mean the same everywhere, with the verbs that only look.
@Suite struct LookingTests {
    @Test(arguments: [["validate"], ["plan"], ["drift"], ["status", "--source", "."], ["graph"], ["state", "list"]])
    func theyAreAcceptedAndLeaveEvents(_ verb: [String]) async throws {
        let stack = try TestStack(LifeTests.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let options = ["--parallelism", "1", "--timeout", "1m", "--events", "events.jsonl"]
        let result = try await runProcess(
            try builtExecutable("rigaud"), verb + options, directory: stack.scratch.path)
        #expect(result.exitStatus == 0, "\(result)")
        let events = try stack.scratch.read("events.jsonl").split(separator: "\n")
            .map { try JSONReader.value(of: String($0)) }
        #expect(events.map { $0["event"]?.text } == ["run-started", "run-finished"])
        #expect(events.first?["verb"]?.text == verb.prefix { !$0.hasPrefix("-") }.joined(separator: " "))
        #expect(events.last?["exitStatus"] == 0)
    }

    /// A call of libvirt's cannot be ended from outside: who does not answer is left alone, and is unknown.
    @Test(arguments: [["plan"], ["drift"], ["apply", "--yes"]])
    func aHostThatDoesNotAnswer(_ verb: [String]) async throws {
        let stack = try TestStack(LifeTests.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let silence = try Silence(stack.scratch.path("silent"))
        let far = Manifests.stream(
            Manifests.provider("far", silence.uri), Manifests.machine("away", provider: "far", networks: "[]"))
        try stack.scratch.write(far, to: "far.yaml")
        let start = ContinuousClock.now
        let result = try await runProcess(
            try builtExecutable("rigaud"), verb + ["--timeout", "2s"], directory: stack.scratch.path)
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(result.exitStatus == 8, "\(result)")
        #expect(
            result.standardError.contains("did not answer in time") && result.standardError.contains("2 s"), "\(result)"
        )
        #expect(result.standardOutput.contains("2 unknown") || verb[0] == "apply", "\(result)")
    }
}

/// A socket that takes connections and never says anything.
private final class Silence: Sendable {
    let path: String
    private let descriptor: Int32
    var uri: String { "qemu+unix:///system?socket=\(path)" }

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 16) == 0)
    }

    deinit { close(descriptor) }
}
