import Model
import TestSupport
import Testing

@testable import Reports

/// What is printed and written as JSON, held against docs/schema/.
@Suite(.enabled(if: Tools.isThere(Tools.python), "python3 is not installed")) struct SchemaTests {
    @Test(arguments: FormatTests.samples)
    func reports(_ sample: NamedReport) async throws {
        let report = sample.report
        try await Tools.check(json(report), against: Tools.schema(report.verb == "drift" ? "drift" : "report"))
        let plan = report.plan ?? Plan(stack: "none")
        let value = planValue(of: plan, source: report.source, diagnostics: report.diagnostics)
        try await Tools.check(JSONWriter.bytes(of: value), against: Tools.schema("plan"))
        if let apply = report.apply {
            let value = applyValue(
                of: apply, plan: report.plan ?? Plan(stack: report.stack), diagnostics: report.diagnostics)
            try await Tools.check(JSONWriter.bytes(of: value), against: Tools.schema("apply"))
        }
    }

    @Test(arguments: [
        ("plan", #"{"formatVersion":1}"#), ("plan", #"{"formatVersion":2,"diagnostics":[]}"#),
        ("apply", #"{"formatVersion":1,"stack":"x"}"#), ("event", #"{"event":"started"}"#), ("report", "{}"),
        ("plan", #"{"formatVersion":1,"diagnostics":[],"surprise":1}"#),
        ("plan", #"{"formatVersion":1,"diagnostics":[],"result":"drift"}"#),
    ])
    func theyRefuseSomething(schema: String, json: String) async throws {
        let result = try await runProcess(
            Tools.python, [Tools.fixture("validate.py"), Tools.schema(schema)], input: json)
        #expect(result.exitStatus == 1, "\(result)")
    }

    /// The program itself, on a simulated host, from its first plan to a drift.
    @Test func whatTheProgramPrints() async throws {
        let broken = "apiVersion: infra.virtrigaud.io/v1beta1\nkind: VMClass\nmetadata: {name: x}\nspec: {cpus: 1}\n"
        let lab = Manifests.stream(
            Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web"),
            Manifests.machine("db", power: "Off"))
        let stack = try TestStack(["lab.yaml": lab])
        try await check(stack.rigaud("plan", "--format", "json", expecting: 0), "plan")
        try await check(
            stack.rigaud("apply", "--yes", "--format", "json", "--events", "events.jsonl", expecting: 0), "apply")
        let lines = try stack.scratch.read("events.jsonl").split(separator: "\n")
        #expect(lines.count >= 2)
        for line in lines { try await check(String(line), "event") }
        try stack.scratch.write(lab.replacing("256Mi", with: "512Mi"), to: "lab.yaml")
        try await check(stack.rigaud("drift", "--format", "json", expecting: 2), "drift")
        try await check(stack.rigaud("drift", "nowhere", "--format", "json", expecting: 1), "drift")
        try await check(
            stack.rigaud("drift", "--format", "json", "--record", "seen.json", "--report", "json=r.json", expecting: 2),
            "drift")
        try await check(stack.scratch.read("r.json"), "drift")
        try await stack.rigaud("apply", "--only-drift", "--yes", "--report", "json=h.json", expecting: 0)
        try await check(stack.scratch.read("h.json"), "report")
        try stack.scratch.write(broken, to: "lab.yaml")
        let failed = try await stack.rigaud("plan", "--format", "json")
        #expect(failed.exitStatus == 1)
        try await check(failed.standardOutput, "plan")
    }

    private func check(_ output: String, _ schema: String) async throws {
        try await Tools.check(Array(output.utf8), against: Tools.schema(schema))
    }
}
