import TestSupport
import Testing

/// A command that a message gives to be copied is about what the run was about, and does no more.
@Suite struct CopiedCommandTests {
    private let stack: TestStack

    init() throws {
        stack = try TestStack([
            "lab/lab.yaml": Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("a"), Manifests.machine("b"))
        ])
    }

    /// Runs the line of a text that begins with some words.
    private func copy(_ beginning: String, from text: String, adding more: String = "") async throws -> ProcessResult {
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
        let line = try #require(lines.first { $0.hasPrefix("rigaud \(beginning)") }, "\(text)")
        let command = "'\(try builtExecutable("rigaud"))'\(line.dropFirst("rigaud".count))\(more)"
        return try await runProcess("/bin/sh", ["-c", command], directory: stack.scratch.path)
    }

    private func recorded() async throws -> String {
        try await stack.rigaud("state", "list", "--state", "a state.json", expecting: 0)
    }

    @Test func whereNobodyCanBeAsked() async throws {
        let about = ["--state", "a state.json", "--target", "VirtualMachine/b", "lab"]
        let asked = try await stack.run(["apply"] + about)
        #expect(asked.exitStatus == 5)
        let done = try await copy("apply", from: asked.standardError)
        #expect(done.exitStatus == 0, "\(done)")
        let list = try await recorded()
        #expect(list.contains("VirtualMachine/b") && !list.contains("VirtualMachine/a"))
    }

    @Test func inMarkdown() async throws {
        let about = ["--state", "a state.json", "--exclude", "VirtualMachine/a", "lab"]
        let planned = try await stack.run(["plan", "--report", "markdown=plan.md"] + about)
        #expect(planned.exitStatus == 0, "\(planned)")
        let done = try await copy("apply", from: try stack.scratch.read("plan.md"), adding: " --yes")
        #expect(done.exitStatus == 0, "\(done)")
        let list = try await recorded()
        #expect(list.contains("VirtualMachine/b") && !list.contains("VirtualMachine/a"))
    }

    @Test func whereAnAddressIsUnknown() async throws {
        let unknown = try await stack.rigaud(
            "state", "show", "--state", "a state.json", "VirtualMachine/x", "--source", "lab")
        #expect(unknown.exitStatus == 1)
        let list = try await copy("state list", from: unknown.standardError)
        #expect(list.exitStatus == 0, "\(list)")
    }

    @Test func leavesAddUp() async throws {
        try await stack.rigaud("apply", "--yes", "--state", "a state.json", "lab", expecting: 0)
        try await stack.rigaud(
            "destroy", "--yes", "--allow", "delete-data", "--allow", "restart", "--state", "a state.json", "lab",
            expecting: 0)
        #expect(!(try await recorded()).contains("VirtualMachine"))
    }

    @Test func twoAddressesAreNotTold() async throws {
        let result = try await stack.rigaud(
            "plan", "--notify", "http://127.0.0.1:9/a", "--notify", "http://127.0.0.1:9/b", "lab")
        #expect(result.exitStatus == 64 && result.standardError.contains("--notify"), "\(result)")
    }
}
