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
        #expect(ContinuousClock.now - start < .hang)
        #expect(result.exitStatus == 8, "\(result)")
        #expect(
            result.standardError.contains("did not answer in time") && result.standardError.contains("2 s"), "\(result)"
        )
        #expect(result.standardOutput.contains("2 unknown") || verb[0] == "apply", "\(result)")
    }
}

extension LookingTests {
    /// Reports and events are written on an interruption too.
    @Test(arguments: [["plan"], ["drift"], ["apply", "--yes"]], [SIGINT, SIGTERM])
    func aSignalWhileItLooks(_ verb: [String], _ number: Int32) async throws {
        let stack = try TestStack(LifeTests.lab)
        let silence = try Silence(stack.scratch.path("silent"))
        let far = Manifests.stream(
            Manifests.provider("far", silence.uri), Manifests.machine("away", provider: "far", networks: "[]"))
        try stack.scratch.write(far, to: "far.yaml")
        let run = try ChildProcess(
            try builtExecutable("rigaud"), verb + ["--events", "e.jsonl", "--report", "junit=r.xml"],
            environment: ["HOME": stack.scratch.path], directory: stack.scratch.path)
        try await silence.connected()
        run.signal(number)
        let result = try await run.result
        #expect(result.exitStatus == 130, "\(result)")
        #expect(try stack.scratch.read("e.jsonl").contains(#""event":"run-finished""#))
        #expect(try stack.scratch.read("r.xml").contains("interrupted"))
        #expect(try stack.machineFiles().isEmpty)
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

    /// Waits until somebody has called.
    func connected() async throws {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&request, 1, 0) < 1 { try await Task.sleep(for: .milliseconds(20)) }
    }

    deinit { close(descriptor) }
}
