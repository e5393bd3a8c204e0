import Glibc
import Model
import TestSupport
import Testing

/// `drift --record`, `--after` and `--notify`.
@Suite struct DriftMemoryCommandTests {
    @Test func whatIsNewStillThereAndGone() async throws {
        let stack = try await DriftTests.applied()
        try await stack.rigaud("drift", "--record", "seen.json", expecting: 0)
        try stack.moreVCPUs("web")
        let first = try await stack.rigaud("drift", "--record", "seen.json", expecting: 3)
        #expect(first.contains("changed on the host, new"), "\(first)")
        let second = try await stack.rigaud("drift", "--record", "seen.json", expecting: 3)
        #expect(second.contains("changed on the host, still since 20"), "\(second)")
        let value = try JSONReader.value(
            of: await stack.rigaud("drift", "--record", "seen.json", "--format", "json", expecting: 3))
        #expect(value["drift"]?.items?.first?["runs"] == 3)
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        let gone = try await stack.rigaud("drift", "--record", "seen.json", expecting: 0)
        #expect(gone.contains("No longer there\n  ✓ VirtualMachine/web"), "\(gone)")
        #expect(!(try await stack.rigaud("drift", "--record", "seen.json", expecting: 0)).contains("No longer there"))
        #expect(try filesIn(stack.scratch.path) == ["lab.yaml", "seen.json"], "no temporary file is left")
    }

    @Test func whatFlapsIsNotToldOf() async throws {
        let stack = try await DriftTests.applied()
        try stack.moreVCPUs("web")
        let first = try await stack.rigaud("drift", "--record", "seen.json", "--after", "3", expecting: 0)
        #expect(first.contains("new, seen by 1 of 3 runs") && first.contains("1 drifted"), "\(first)")
        try await stack.rigaud("drift", "--record", "seen.json", "--after", "3", expecting: 0)
        try await stack.rigaud("drift", "--record", "seen.json", "--after", "3", expecting: 3)
        // Without a memory nobody knows, and each drift counts.
        try await stack.rigaud("drift", "--after", "3", expecting: 3)
    }

    @Test(arguments: ["", "{}", "[", #"{"formatVersion": 2, "drifts": []}"#])
    func aBrokenMemoryIsAnError(_ text: String) async throws {
        let stack = try await DriftTests.applied()
        try stack.scratch.write(text, to: "seen.json")
        let result = try await stack.rigaud("drift", "--record", "seen.json")
        #expect(result.exitStatus == 1 && result.standardError.contains("seen.json"), "\(result)")
        #expect(try stack.scratch.read("seen.json") == text, "it is left as it is")
    }

    @Test func aMemoryThatCannotBeWrittenIsAnError() async throws {
        let stack = try await DriftTests.applied()
        for path in ["nowhere/seen.json", "."] {
            let result = try await stack.rigaud("drift", "--record", path)
            #expect(result.exitStatus == 1 && result.standardError.contains("error: What"), "\(result)")
        }
    }

    @Test func peopleAreToldOfTransitions() async throws {
        let stack = try await DriftTests.applied()
        let server = try await HookServer(in: stack.scratch)
        defer { server.stop() }
        func drift(_ status: Int32, _ more: [String] = []) async throws {
            let common = ["--record", "seen.json", "--notify", server.url, "--quiet"]
            let result = try await stack.run(["drift"] + common + more)
            #expect(result.exitStatus == status && result.standardError.isEmpty, "\(result)")
        }
        try await drift(0)
        #expect(try server.events() == [])
        try stack.moreVCPUs("web")
        try await drift(0, ["--after", "2"])
        #expect(try server.events() == [], "it may be gone in a minute")
        try await drift(3, ["--after", "2"])
        #expect(try server.events() == ["drift"])
        try await drift(3, ["--after", "2"])
        #expect(try server.events() == ["drift"], "that is known")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        try await drift(0)
        try await drift(0)
        #expect(try server.events() == ["drift", "recovered"])
        #expect(stack.scratch.exists("seen.json.notified"))
    }

    /// Who has seen a part says nothing of the rest, and what is hidden has not gone.
    @Test func whatWasNotLookedAtHasNotRecovered() async throws {
        let stack = try await DriftTests.applied()
        let server = try await HookServer(in: stack.scratch)
        defer { server.stop() }
        let common = ["drift", "--record", "seen.json", "--notify", server.url]
        try stack.moreVCPUs("web")
        #expect(try await stack.run(common).exitStatus == 3)
        #expect(try await stack.run(common + ["--target", "VirtualMachine/db"]).exitStatus == 0)
        #expect(try server.events() == ["drift"])
        let rule = "ignore: [{path: vcpus, reason: tried out}, {path: vcpus/maximum, reason: tried out}]"
        try stack.scratch.write(DriftTests.lab(rule), to: "lab.yaml")
        let hidden = try await stack.run(common)
        #expect(hidden.exitStatus == 0 && !hidden.standardOutput.contains("No longer there"), "\(hidden)")
        #expect(try server.events() == ["drift", "recovered"])
        #expect(try server.texts().last?.contains("but for what is ignored or suspended") == true)
    }

    /// Each drift is counted, and not the runs in which there was some.
    @Test func driftsAreCountedEachByItself() async throws {
        let stack = try await DriftTests.applied()
        let server = try await HookServer(in: stack.scratch)
        defer { server.stop() }
        let reports = ["--report", "prometheus=m.prom", "--report", "junit=j.xml"]
        let common = ["drift", "--record", "seen.json", "--after", "2", "--notify", server.url] + reports
        try stack.moreVCPUs("web")
        #expect(try await stack.run(common).exitStatus == 0)
        #expect(try stack.scratch.read("m.prom").contains("rigaud_drift{stack=\"lab\",verb=\"drift\"} 0"))
        #expect(try stack.scratch.read("j.xml").contains("failures=\"0\""))
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        try stack.moreVCPUs("db")
        #expect(try await stack.run(common).exitStatus == 0)
        #expect(try server.events() == [])
        #expect(try await stack.run(common).exitStatus == 3)
        #expect(try server.events() == ["drift"])
        #expect(try stack.scratch.read("m.prom").contains("rigaud_drift{stack=\"lab\",verb=\"drift\"} 1"))
    }

    @Test func severalRunsAtOnceTellItOnce() async throws {
        let stack = try await DriftTests.applied()
        let server = try await HookServer(in: stack.scratch)
        defer { server.stop() }
        try stack.moreVCPUs("web")
        let url = server.url
        try await withThrowingTaskGroup(of: Int32?.self) { group in
            for _ in 0..<4 {
                group.addTask { try await stack.rigaud("drift", "--notify", url).exitStatus }
            }
            for try await status in group { #expect(status == 3) }
        }
        #expect(try server.events() == ["drift"])
    }

    /// There is no state yet, nor its folder.
    @Test func whoWasToldOfAFirstPlanIsRemembered() async throws {
        let stack = try TestStack(["lab.yaml": "a: ["])
        let server = try await HookServer(in: stack.scratch)
        defer { server.stop() }
        for _ in 1...2 {
            let result = try await stack.rigaud("plan", "--notify", server.url, "--quiet")
            #expect(result.exitStatus == 1 && !result.standardError.contains("not remembered"), "\(result)")
        }
        #expect(try server.events() == ["failed"])
    }

    /// A metric that never stops being new cannot wake anybody.
    @Test func whatEndedWellIsTold() async throws {
        let stack = try await DriftTests.applied()
        func seconds(_ verb: String, _ more: [String], _ status: Int32) async throws -> Substring? {
            let result = try await stack.run([verb, "--report", "prometheus=m"] + more)
            #expect(result.exitStatus == status, "\(result)")
            let metrics = try stack.scratch.read("m")
            #expect(metrics.contains("verb=\"\(verb)\"} \(status)\n") && !metrics.contains("stack=\"\""), "\(metrics)")
            let line = metrics.split(separator: "\n").first {
                $0.hasPrefix("rigaud_last_success_timestamp_seconds{") && $0.contains("verb=\"\(verb)\"")
            }
            return line?.split(separator: " ").last
        }
        let first = try #require(try await seconds("drift", [], 0))
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try await seconds("drift", ["--pin-branch", "main"], 5) == first, "nobody looked")
        #expect(
            try await seconds("apply", ["--yes", "--pin-branch", "main"], 5) == nil, "another verb's is not its own")
    }

    @Test func twoReportsAreTwoFiles() async throws {
        let stack = try TestStack(LifeTests.lab)
        let result = try await stack.rigaud("drift", "--report", "json=a", "--report", "html=a")
        #expect(result.exitStatus == 64 && result.standardError.contains("Two reports"), "\(result)")
    }

    /// Runs that fail before there is a plan are of the same stack, and one that was refused has not done well.
    @Test func aStackKeepsItsNameWhereARunFails() async throws {
        let named = "apiVersion: rigaud.io/v1alpha1\nkind: Stack\nmetadata: {name: prod}\nspec: {}\n"
        let stack = try TestStack(LifeTests.lab)
        try stack.scratch.write(named, to: "stack.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("destroy", "--yes", "--report", "prometheus=d.prom", expecting: 5)
        #expect(try !stack.scratch.read("d.prom").contains("rigaud_last_success_timestamp_seconds{"))
        try stack.scratch.write("kind: [", to: "broken.yaml")
        try await stack.rigaud("plan", "--report", "prometheus=p.prom", expecting: 1)
        #expect(try stack.scratch.read("p.prom").contains("stack=\"prod\""))
    }

    @Test func aReportThatIsNotWrittenIsToldOfQuietlyToo() async throws {
        let stack = try TestStack(LifeTests.lab)
        let result = try await stack.rigaud("plan", "--quiet", "--report", "json=/nonexistent/x")
        #expect(result.exitStatus == 1 && result.standardError.contains("A report was not written"), "\(result)")
    }

    /// Such a URL is a secret, and arguments are not.
    @Test func whomToTellIsInTheEnvironment() async throws {
        let scratch = try ScratchDirectory()
        let server = try await HookServer(in: scratch)
        defer { server.stop() }
        let stack = try TestStack(LifeTests.lab, environment: ["RIGAUD_NOTIFY": server.url])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.moreVCPUs("web")
        try await stack.rigaud("drift", expecting: 3)
        #expect(try server.events() == ["drift"])
        let wrong = try TestStack(LifeTests.lab, environment: ["RIGAUD_NOTIFY": "chat.example.org"])
        let result = try await wrong.rigaud("plan")
        #expect(result.exitStatus == 64 && result.standardError.contains("RIGAUD_NOTIFY"), "\(result)")
    }
}

/// Writes down what is posted to it.
private struct HookServer {
    let url: String
    private let scratch: ScratchDirectory
    private let process: ChildProcess
    private static let log = "hooks.jsonl"

    init(in scratch: ScratchDirectory) async throws {
        self.scratch = scratch
        let script = """
            import http.server, sys
            class Hook(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    with open(sys.argv[1] + "/\(Self.log)", "ab") as log: log.write(body + b"\\n")
                    self.send_response(204)
                    self.end_headers()
                def log_message(self, *words): pass
            server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
            with open(sys.argv[1] + "/port.new", "w") as port: port.write(str(server.server_port))
            import os; os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
            server.serve_forever()
            """
        process = try ChildProcess("/usr/bin/python3", ["-c", script, scratch.path])
        for _ in 0..<5000 where !scratch.exists("port") { try await Task.sleep(for: .milliseconds(20)) }
        url = "http://127.0.0.1:\(try scratch.read("port"))/hook"
    }

    func stop() { kill(process.pid, SIGTERM) }

    func events() throws -> [String] { try all("event") }
    func texts() throws -> [String] { try all("text") }

    private func all(_ member: String) throws -> [String] {
        guard scratch.exists(Self.log) else { return [] }
        return try scratch.read(Self.log).split(separator: "\n").compactMap {
            try JSONReader.value(of: String($0))[member]?.text
        }
    }
}
