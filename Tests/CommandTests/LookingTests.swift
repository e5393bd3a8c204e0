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

/// What looks while another run applies.
extension LookingTests {
    @Test(arguments: [["drift"], ["plan", "--out", "lab.plan"], ["plan", "--detailed-exitcode"]])
    func nothingFollowsFromWhatIsSeenDuringAnApply(_ verb: [String]) async throws {
        let stack = try TestStack(LifeTests.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let lock = try HeldLock(stack)
        let files = ["--report", "prometheus=r.prom"] + (verb == ["drift"] ? ["--record", "seen.json"] : [])
        let result = try await stack.run(verb + files)
        #expect(result.exitStatus == 7 && result.standardOutput.isEmpty, "\(result)")
        for word in ["Another run changes this stack", "ada on desk", "2026-01-02T03:04:05Z", "rigaud apply"] {
            #expect(result.standardError.contains(word), "\(result)")
        }
        #expect(!stack.scratch.exists("seen.json") && !stack.scratch.exists("lab.plan"))
        #expect(try stack.scratch.read("r.prom").contains("rigaud_last_success") == false)
        _ = consume lock
        #expect(try await stack.run(verb).exitStatus == 0)
    }

    @Test func aPlanIsShownDuringAnApplyAndSaysSo() async throws {
        let stack = try TestStack(LifeTests.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let lock = try HeldLock(stack)
        let plan = try await stack.rigaud("plan")
        #expect(plan.exitStatus == 0 && plan.standardOutput.contains("No changes"), "\(plan)")
        #expect(plan.standardError.contains("Another run changes this stack"), "\(plan)")
        let json = try JSONReader.value(of: await stack.rigaud("plan", "--format", "json", expecting: 0))
        #expect(json["diagnostics"]?.items?.first?["code"] == "under-way")
        let shown = try await stack.rigaud("show", expecting: 0)
        #expect(shown.contains("Under way"), "\(shown)")
        _ = consume lock
    }

    /// An apply that is still going has steps without an outcome, as one has that was killed.
    @Test func stepsThatAreUnderWayWereNotInterrupted() async throws {
        let stack = try TestStack(CrashTests.many(300))
        let child = try stack.start("apply", "--yes")
        await child.signal(SIGKILL) { CrashTests.hasBegun(stack) }
        _ = try await child.result
        #expect(try await stack.rigaud("plan").standardError.contains("of an earlier run"))
        let lock = try HeldLock(stack)
        let plan = try await stack.rigaud("plan")
        #expect(!plan.standardError.contains("earlier run"), "\(plan)")
        _ = consume lock
    }

    /// The lock is free when it begins and when it ends, or only when it begins.
    @Test(arguments: [true, false])
    func anApplyThatBeginsWhileItLooks(hasEnded: Bool) async throws {
        let near = Manifests.stream(
            Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web"))
        let state = ["--state", "state/state.json"]
        let stack = try TestStack(["near/lab.yaml": near])
        #expect(try await stack.run(["apply", "near", "--yes"] + state).exitStatus == 0)
        var silence: Silence? = try Silence(stack.scratch.path("silent"))
        let far = [
            Manifests.provider("far", try #require(silence).uri),
            Manifests.machine("away", provider: "far", networks: "[]"),
        ]
        try stack.scratch.write(Manifests.stream([near] + far), to: "far/lab.yaml")
        let run = try ChildProcess(
            try builtExecutable("rigaud"), ["drift", "far"] + state, environment: ["HOME": stack.scratch.path],
            directory: stack.scratch.path)
        try await silence?.connected()
        try stack.scratch.write(near.replacing("256Mi", with: "512Mi"), to: "near/lab.yaml")
        var lock: HeldLock?
        if hasEnded {
            let apply = try await stack.run(["apply", "near", "--yes"] + state)
            #expect(apply.exitStatus == 0, "\(apply)")
        } else {
            lock = try HeldLock(stack, "state/state.json.lock")
        }
        silence = nil
        let result = try await run.result
        #expect(result.exitStatus == 7, "\(result)")
        #expect(result.standardError.contains(hasEnded ? "while the hosts were read" : "ada on desk"), "\(result)")
        _ = consume lock
    }
}

/// The lock of a stack's state, held as an apply does.
private final class HeldLock {
    private let descriptor: Int32

    init(_ stack: TestStack, _ path: String = ".rigaud/state.json.lock") throws {
        descriptor = open(stack.scratch.path(path), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let text = #"{"command":"rigaud apply","host":"desk","pid":42,"since":"2026-01-02T03:04:05Z","user":"ada"}"#
        _ = text.withCString { write(descriptor, $0, text.utf8.count) }
    }

    deinit { close(descriptor) }
}

/// A socket that takes connections and never says anything.
private final class Silence: Sendable {
    let path: String
    private let descriptor: Int32
    var uri: String { "qemu+unix:///system?socket=\(path)" }

    init(_ path: String) throws {
        self.path = path
        // Whoever else had it would keep those waiting who have called.
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
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
