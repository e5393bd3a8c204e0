import Model
import TestSupport
import Testing

/// A stack whose names something else has on its hosts: nothing can be planned for it, and nobody may read that all is well.
@Suite struct ConflictTests {
    static let network = """
        apiVersion: rigaud.io/v1alpha1
        kind: Network
        metadata: {name: lan}
        spec: {mode: isolated}

        """

    /// A network that another state made, on the host that both have.
    private func stack() async throws -> TestStack {
        let stack = try TestStack(["lab.yaml": Manifests.stream(Manifests.simulatedProvider, Self.network)])
        try await stack.rigaud("apply", "--yes", "--state", ".rigaud/other.json", expecting: 0)
        return stack
    }

    @Test(arguments: ["plan", "drift"])
    func theResultIsAnError(verb: String) async throws {
        let stack = try await stack()
        let json = try JSONReader.value(
            of: await stack.rigaud(
                verb, "--format", "json", "--report", "prometheus=r.prom", "--report", "markdown=r.md", "--report",
                "junit=r.xml", "--report", "html=r.html", expecting: 1))
        #expect(json["result"] == "error" && json["summary"]?["conflict"] == 1 && json["summary"]?["unchanged"] == 0)
        #expect(json["conflicts"] == ["Network/default/lan"])
        let metrics = try stack.scratch.read("r.prom")
        #expect(metrics.contains("result=\"error\"} 1") && metrics.contains("result=\"in-sync\"} 0"))
        #expect(metrics.contains("rigaud_conflicts{"))
        let markdown = try stack.scratch.read("r.md")
        #expect(markdown.contains("1 error, 1 in conflict; 0 unchanged") && !markdown.contains("no changes"))
        #expect(try stack.scratch.read("r.xml").contains(#"<error type="conflict""#))
        #expect(try stack.scratch.read("r.html").contains("1 error, 1 in conflict"))
    }

    @Test func theTextSaysSo() async throws {
        let stack = try await stack()
        let plan = try await stack.rigaud("plan", expecting: 1)
        #expect(plan.contains("1 resource\n") && plan.contains("✗ Network/lan"), "\(plan)")
        #expect(plan.contains("A name is taken by an object that is not ours"), "\(plan)")
        #expect(plan.contains("1 in conflict; 0 unchanged. Nothing can be applied: 1 error."), "\(plan)")
        let drift = try await stack.rigaud("drift", expecting: 1)
        #expect(drift.contains("In conflict") && drift.contains("1 in conflict, 1 error; 0 unchanged."), "\(drift)")
        let markdown = try await stack.rigaud("plan", "--format", "markdown", expecting: 1)
        #expect(markdown.contains("Nothing can be applied"), "\(markdown)")
    }
}
