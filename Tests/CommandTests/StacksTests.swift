import Model
import TestSupport
import Testing

/// The stacks that come with the project: each through its whole life on simulated hosts.
@Suite struct StacksTests {
    static let all = ((try? filesIn(PackageFiles.path("stacks"))) ?? []).sorted()

    @Test func thereAreStacks() { #expect(Self.all.count >= 3) }

    @Test(arguments: all)
    func lives(name: String) async throws {
        let stack = try TestStack()
        for file in try filesBelow(PackageFiles.path("stacks/\(name)"), withSuffix: ".yaml") {
            let bytes = try readFile(file)
            try stack.scratch.write(bytes, to: String(file.dropFirst(PackageFiles.path("stacks/\(name)/").count)))
        }
        try await stack.rigaud("validate", expecting: 0)
        try await stack.rigaud("plan", "--simulate", "--detailed-exitcode", expecting: 2)
        try await stack.rigaud("apply", "--simulate", "--yes", expecting: 0)
        let again = try await stack.rigaud("plan", "--simulate", "--detailed-exitcode", expecting: 0)
        #expect(again.contains("No changes"))
        try await stack.rigaud("drift", "--simulate", expecting: 0)
        #expect(try await stack.rigaud("graph", expecting: 0).hasPrefix("digraph"))
        #expect(try await stack.rigaud("graph", "--as", "mermaid", expecting: 0).hasPrefix("flowchart"))
        // The lab protects one of its databases: it outlives even this.
        let isProtecting = name == "lab"
        let destroyed = try await stack.rigaud(
            "destroy", "--simulate", "--yes", "--allow", "delete-data", expecting: isProtecting ? 5 : 0)
        #expect(destroyed.contains("it is protected") == isProtecting)
        try await stack.rigaud("plan", "--simulate", "--detailed-exitcode", expecting: 2)
    }

    @Test(arguments: all)
    func planIsAsRecorded(name: String) async throws {
        let result = try await runProcess(
            try builtExecutable("rigaud"),
            ["plan", "--simulate", "--quiet", name, "--state", "/nonexistent/state.json"],
            directory: PackageFiles.path("stacks"))
        #expect(result.exitStatus == 0, "\(result)")
        try expectGolden(result.standardOutput, "stack-\(name).txt")
    }

    @Test func theReadmeShowsWhatIsPrinted() throws {
        let readme = String(decoding: try readFile(PackageFiles.path("README.md")), as: UTF8.self)
        let plan = try readFile(PackageFiles.path("Tests/CommandTests/Golden/stack-quickstart.txt"))
        #expect(readme.contains(String(decoding: plan, as: UTF8.self)))
    }

    @Test func theSchemaIsAJSONSchema() async throws {
        let text = try await TestStack().rigaud("schema", expecting: 0)
        let schema = try JSONReader.value(of: text)
        #expect(schema["$schema"]?.text?.contains("json-schema.org") == true)
    }
}
