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

    private func lab(_ power: Value, _ capacity: Int64) -> [Resource] {
        [
            Lab.resource(
                "VirtualMachine/web", ["power": power, "machine": "pc", "disks/root/source": "default/web-root"],
                needs: ["VirtualMachine/web/disk/root"]),
            Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": .integer(capacity)]),
        ]
    }

    private func resumed(
        saved isGone: Bool, to resources: [Resource], allowed: Set<Disruption>,
        stack: (inout StackSettings) -> Void = { _ in }
    ) -> Plan {
        let before = lab("On", 2048)
        var host = Lab.observedHost([lab("Off", 2048)[0]] + (isGone ? [] : [before[1]]))
        host.objects[Lab.id("web")]?.hasSavedState = true
        var desired = Lab.desired(resources)
        stack(&desired.stack)
        let recorded = Lab.recorded(before)
        let changes = diff(
            desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        return Planner.plan(
            changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)],
            policy: Policy(allowed: allowed))
    }

    /// What was saved is of the disk that was there: going on with it on another one would ruin that.
    @Test func whatWasSavedGoesWithItsDisk() {
        let remade = resumed(saved: false, to: lab("On", 1024), allowed: [.deleteData])
        #expect(
            text(of: remade.steps) == [
                "1 update VirtualMachine/web", "2 delete VirtualMachine/web/disk/root <- 1",
                "3 create VirtualMachine/web/disk/root <- 2", "4 start VirtualMachine/web <- 1 3",
            ], "\(text(of: remade.steps))")
        #expect(remade.steps.first?.operation.set == Lab.attributes(["saved-state": false]))
        #expect(remade.changes.map(\.change.resumes) == [false, false])
        #expect(remade.changes.first?.change.fields.map(\.path.attribute) == [.power, .savedState])
        #expect(remade.changes.first?.disruption == .restart)
        let off = resumed(saved: false, to: lab("Off", 1024), allowed: [.deleteData])
        #expect(off.steps.map(\.operation.verb) == [.update, .delete, .create], "\(text(of: off.steps))")
        #expect(off.changes.first?.change.fields.map(\.path.attribute) == [.savedState])
        #expect(resumed(saved: false, to: lab("On", 1024), allowed: []).steps.map(\.operation.verb) == [.start])
    }

    /// Nothing is made in the place of a disk that a guest remembers, and it is not started without it.
    @Test func aDiskThatASavedGuestHasIsNotMadeAnewWithoutLeave() {
        let refused = resumed(saved: true, to: lab("On", 2048), allowed: [])
        #expect(
            refused.changes.map(\.refusal) == [
                .waitsFor(Lab.address("VirtualMachine/web/disk/root")), .needsLeave(.deleteData),
            ])
        #expect(refused.steps.isEmpty && refused.diagnostics.map(\.code) == ["disk-gone"])
        let remade = resumed(saved: true, to: lab("On", 2048), allowed: [.deleteData])
        #expect(
            text(of: remade.steps) == [
                "1 update VirtualMachine/web", "2 create VirtualMachine/web/disk/root <- 1",
                "3 start VirtualMachine/web <- 1 2",
            ], "\(text(of: remade.steps))")
        let suspended = resumed(saved: true, to: lab("On", 2048), allowed: [.deleteData]) {
            $0.suspended = [Suspension(Lab.address("VirtualMachine/web"), reason: "a test")]
        }
        #expect(suspended.steps.isEmpty, "\(text(of: suspended.steps))")
    }

    /// It goes on with the seed that it had, which is not to be deleted before.
    @Test func whatASavedGuestWillNeedStays() {
        func lab(_ seed: String, _ power: Value) -> [Resource] {
            [
                Lab.resource("VirtualMachine/web/seed/\(seed)", .volume, pool: "default", ["content": .string(seed)]),
                Lab.resource(
                    "VirtualMachine/web",
                    [
                        "power": power, "disks/cidata/source": .string("default/web-seed-\(seed)"),
                        "disks/cidata/device": "cdrom",
                    ], needs: ["VirtualMachine/web/seed/\(seed)"]),
            ]
        }
        for power in ["On", "Off"] as [Value] {
            var host = Lab.observedHost(lab("a", "Off"))
            host.objects[Lab.id("web")]?.hasSavedState = true
            let (desired, recorded) = (Lab.desired(lab("b", power)), Lab.recorded(lab("a", "On")))
            let changes = diff(
                desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
            let plan = Planner.plan(
                changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: Policy())
            #expect(plan.deferred.map(\.address.text) == ["VirtualMachine/default/web/seed/a"], "\(power)")
            #expect(!plan.steps.contains { $0.operation.verb == .delete })
        }
    }
}
