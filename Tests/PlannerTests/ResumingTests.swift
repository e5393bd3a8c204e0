import Differ
import Model
import Planner
import TestSupport
import Testing

/// A guest that is off and was saved goes on where it was when it is started, with the definition that it had then.
@Suite struct ResumingTests {
    static func machine(_ power: Value, more: [String: Value] = [:]) -> Resource {
        Lab.resource(
            "VirtualMachine/web",
            ["power": power, "vcpus": 1, "vcpus/maximum": 4, "machine": "pc"].merging(more) { $1 })
    }

    /// What else changes, whether it was saved, what is permitted; what it costs, and the steps.
    @Test(
        arguments: [
            ("nothing", [:], true, [], .live, ["start"]),
            ("nothing, and it was turned off", [:], false, [], .live, ["start"]),
            ("processors", ["vcpus": 2], true, [], .live, ["update", "start", "update-live"]),
            ("processors, and it was turned off", ["vcpus": 2], false, [], .live, ["update", "start"]),
            ("the machine", ["machine": "q35"], true, [], .restart, ["update", "start"]),
            (
                "the machine, with leave", ["machine": "q35"], true, [.restart], .restart,
                ["update", "start", "stop", "start"]
            ),
            ("the machine, and it was turned off", ["machine": "q35"], false, [], .live, ["update", "start"]),
        ] as [(String, [String: Value], Bool, Set<Disruption>, Disruption, [String])])
    func isSaidAndDone(
        name: String, more: [String: Value], isSaved: Bool, allowed: Set<Disruption>, disruption: Disruption,
        steps: [String]
    ) {
        var host = Lab.observedHost([Self.machine("Off")])
        host.objects[Lab.id("web")]?.hasSavedState = isSaved
        let desired = Lab.desired([Self.machine("On", more: more)])
        let recorded = Lab.recorded([Self.machine("On")])
        let changes = diff(
            desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let plan = plan(
            changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)],
            policy: Policy(allowed: allowed))
        #expect(plan.changes.map(\.change.resumes) == [isSaved], "\(name)")
        #expect(plan.changes.map(\.disruption) == [disruption], "\(name)")
        #expect(plan.changes.first?.leavesPendingRestart == (disruption == .restart && allowed.isEmpty), "\(name)")
        #expect(plan.steps.map(\.operation.verb.rawValue) == steps, "\(name)")
    }
}
