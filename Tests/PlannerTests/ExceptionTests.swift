import Differ
import Model
import Planner
import TestSupport
import Testing

/// A stack's rules and suspensions, and what a plan makes of them on 2027-01-31.
private func planned(
    _ before: [Resource], to after: [Resource], found: [Resource]? = nil, ignored: [IgnoreRule] = [],
    suspended: [Suspension] = [], policy: Policy = Policy()
) -> Plan {
    var policy = policy
    policy.today = "2027-01-31"
    let recorded = Lab.recorded(before)
    var desired = Lab.desired(after)
    if policy.heal != nil { desired = lastApplied(recorded, beside: desired) }
    desired.stack.ignored = ignored
    desired.stack.suspended = suspended
    let changes = diff(desired: desired, recorded: recorded, observed: Lab.observed(found ?? before))
    return plan(changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: policy)
}

private func web(_ values: [String: Value], _ name: String = "web", needs: [String] = []) -> Resource {
    Lab.resource(
        "VirtualMachine/\(name)", ["power": "On", "vcpus": 2, "memory": 1024].merging(values) { _, new in new },
        needs: needs)
}

private func paths(_ changes: [PlannedChange]) -> [String] {
    changes.flatMap { planned in planned.change.fields.map { "\(planned.change.address.name) \($0.path)" } }
}

@Suite struct IgnoreTests {
    let drifted = web(["vcpus": 3, "memory": 2048])

    private func rule(_ path: String, _ address: String? = nil, until: String? = nil) -> IgnoreRule {
        IgnoreRule(address.map(Lab.address), path: path, reason: "a test", until: until)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        var address: String?
        var until: String?
        let seen: [String]
        var codes: [String] = []
    }

    static let cases: [Case] = [
        Case(testDescription: "everywhere", path: "vcpus", seen: ["web memory"]),
        Case(testDescription: "here", path: "vcpus", address: "VirtualMachine/web", seen: ["web memory"]),
        Case(testDescription: "on its host", path: "vcpus", address: "Provider/lab", seen: ["web memory"]),
        Case(
            testDescription: "elsewhere", path: "vcpus", address: "VirtualMachine/we",
            seen: ["web vcpus", "web memory"],
            codes: ["ignore-unused"]),
        Case(testDescription: "all of it", path: "*", seen: []),
        Case(testDescription: "on its last day", path: "*", until: "2027-01-31", seen: []),
        Case(
            testDescription: "ended", path: "*", until: "2027-01-30", seen: ["web vcpus", "web memory"],
            codes: ["ignore-expired"]),
        Case(
            testDescription: "of nothing", path: "disks/*/cache", seen: ["web vcpus", "web memory"],
            codes: ["ignore-unused"]),
    ]

    @Test(arguments: cases)
    func whatIsHidden(_ item: Case) {
        let plan = planned(
            [web([:])], to: [web([:])], found: [drifted], ignored: [rule(item.path, item.address, until: item.until)])
        #expect(paths(plan.changes) == item.seen)
        #expect(plan.diagnostics.map(\.code) == item.codes)
        #expect(plan.steps.isEmpty == item.seen.isEmpty)
        #expect(plan.result == (item.seen.isEmpty ? .inSync : .drift))
        #expect(plan.unchanged == (item.seen.isEmpty ? 1 : 0))
        #expect(plan.ignored.map(\.uses) == [2 - item.seen.count])
    }

    @Test func theManifestsAreNotIgnored() {
        let plan = planned([web([:])], to: [web(["vcpus": 4])], ignored: [rule("vcpus")])
        #expect(paths(plan.changes) == ["web vcpus"])
        let both = planned([web([:])], to: [web(["vcpus": 4])], found: [drifted], ignored: [rule("*")])
        #expect(paths(both.changes) == ["web vcpus"], "the host changed it, and the manifests do")
        #expect(both.changes.first?.change.cause == .both)
        let missing = planned([web([:])], to: [web([:])], found: [], ignored: [rule("*")])
        #expect(missing.changes.map(\.change.action) == [.create], "a rule is about fields")
    }

    @Test func whatWasNotLookedAtIsNotUnused() {
        let policy = Policy(targets: [Lab.address("VirtualMachine/web")])
        let plan = planned([web([:])], to: [web([:])], ignored: [rule("vcpus")], policy: policy)
        #expect(plan.diagnostics.isEmpty)
    }
}

@Suite struct SuspensionTests {
    let lan = Lab.resource("Network/lan", .network, ["active": true, "forward/mode": "nat"])
    let routed = Lab.resource("Network/lan", .network, ["active": true, "forward/mode": "route"])

    private func suspension(_ address: String?, until: String? = nil) -> Suspension {
        Suspension(address.map(Lab.address), reason: "a move", until: until)
    }

    @Test(
        arguments: [
            ("VirtualMachine/web", nil, true), ("Provider/lab", nil, true), (nil, nil, true),
            ("VirtualMachine/web", "2027-01-31", true), ("VirtualMachine/web", "2027-01-30", false),
            ("VirtualMachine/db", nil, false),
        ] as [(String?, String?, Bool)])
    func whatIsSuspended(address: String?, until: String?, isSuspended: Bool) {
        let all = [web([:]), web([:], "db")]
        let plan = planned(
            all, to: [web(["memory": 2048]), web([:], "db")], found: [web(["power": "Off"]), web([:], "db")],
            suspended: [suspension(address, until: until)])
        #expect(paths(plan.changes) == ["web power", "web memory"], "it is shown either way")
        #expect(plan.changes.map(\.isSuspended) == [isSuspended])
        #expect(plan.steps.isEmpty == isSuspended)
        #expect(plan.result == (isSuspended ? .inSync : .drift))
        #expect(!plan.hasRefusals)
        #expect(plan.diagnostics.map(\.code) == (until == "2027-01-30" ? ["suspend-expired"] : []))
    }

    @Test func partsGoWithTheirMachine() {
        let disk = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": 1024])
        let machine = web([:], needs: ["VirtualMachine/web/disk/root"])
        let plan = planned([], to: [disk, machine], suspended: [suspension("VirtualMachine/web")])
        #expect(plan.changes.map(\.isSuspended) == [true, true] && plan.steps.isEmpty)
    }

    /// What is gone from the host and from the manifests need not be recorded any longer; of what is suspended nothing is said.
    @Test(arguments: [("VirtualMachine/web", true), ("VirtualMachine/db", false)])
    func whatIsSuspendedIsNotForgotten(address: String, isKept: Bool) {
        let plan = planned(
            [web([:]), web([:], "db")], to: [web([:], "db")], found: [web([:], "db")], suspended: [suspension(address)])
        #expect(plan.forgotten == (isKept ? [] : [Lab.address("VirtualMachine/web")]))
    }

    @Test func whoNeedsASuspendedCreationWaits() {
        let plan = planned(
            [], to: [lan, web([:], needs: ["Network/lan"]), web([:], "db")], suspended: [suspension("Network/lan")])
        #expect(
            plan.changes.map(\.refusal) == [
                .suspended(suspension("Network/lan")), nil, .waitsFor(Lab.address("Network/lan")),
            ])
        #expect(plan.hasRefusals)
    }

    @Test func aSuspendedMachineIsNotRestartedForOthers() {
        let machine = web([:], needs: ["Network/lan"])
        for (held, isDone) in [("VirtualMachine/web", false), ("VirtualMachine/db", true)] {
            let plan = planned(
                [lan, machine, web([:], "db")], to: [routed, machine, web([:], "db")], suspended: [suspension(held)],
                policy: Policy(allowed: [.restart]))
            #expect(plan.steps.isEmpty == !isDone)
            #expect(plan.changes.first?.refusal == (isDone ? nil : .usedBy(Lab.address("VirtualMachine/web"))))
        }
    }

    @Test func aHostThatIsDownMayBeSuspended() {
        for (address, result) in [("Provider/lab", PlanResult.inSync), ("VirtualMachine/db", .unknown)] {
            let (recorded, hosts) = (Lab.recorded([web([:])]), ObservedState(hosts: [:]))
            var desired = Lab.desired([web([:])])
            desired.stack.suspended = [suspension(address)]
            let plan = plan(
                diff(desired: desired, recorded: recorded, observed: hosts), desired: desired, recorded: recorded,
                hosts: [HostStatus(Lab.host)], policy: Policy())
            #expect(plan.unknown.count == 1 && plan.result == result)
        }
    }

    @Test func aSuspensionOfNothingIsSaid() {
        let plan = planned([web([:])], to: [web([:])], suspended: [suspension("VirtualMachine/wep"), suspension(nil)])
        #expect(plan.diagnostics.map(\.code) == ["suspend-unused"])
    }
}

@Suite struct HealTests {
    /// One that was turned off and changed, one that is changed while it runs, one that needs a restart, one that is gone.
    let found = [
        web(["vcpus/maximum": 8, "power": "Off", "memory": 2048]), web(["vcpus/maximum": 8, "vcpus": 3], "live"),
        web(["machine": "pc"], "machine"),
    ]

    private func heal(_ heal: Heal, suspended: [Suspension] = []) -> Plan {
        let before = [
            web(["vcpus/maximum": 8]), web(["vcpus/maximum": 8], "live"), web(["machine": "q35"], "machine"),
            web([:], "gone"),
        ]
        // What the manifests want by now has no say.
        return planned(
            before, to: [web(["memory": 4096]), web([:], "new")], found: found, suspended: suspended,
            policy: Policy(allowed: [.restart, .replace, .deleteData], heal: heal))
    }

    @Test(
        arguments: [
            (.power, ["web power"], ["live vcpus", "machine machine", "web memory"]),
            (.live, ["live vcpus", "web power", "web memory"], ["machine machine"]),
            (.nextBoot, ["live vcpus", "web power", "web memory"], ["machine machine"]),
        ] as [(Heal, [String], [String])])
    func whatIsHealed(grade: Heal, healed: [String], left: [String]) {
        let plan = heal(grade)
        #expect(paths(plan.changes) == healed)
        #expect(paths(plan.left.filter { $0.change.action == .update }) == left)
        #expect(plan.left.contains { $0.change.isGone })
        #expect(plan.left.allSatisfy { $0.refusal == .notHealed(grade) })
        #expect(plan.hasRefusals && plan.result == .drift)
        #expect(plan.unrecorded.isEmpty && plan.forgotten.isEmpty)
        #expect(plan.steps.allSatisfy { [.start, .update, .updateLive].contains($0.operation.verb) })
    }

    @Test func whatIsSuspendedIsNotHealed() {
        let plan = heal(.nextBoot, suspended: [Suspension(nil, reason: "a move")])
        #expect(plan.steps.isEmpty && plan.left.isEmpty && !plan.hasRefusals)
        #expect(plan.changes.allSatisfy(\.isSuspended) && plan.changes.count == 4)
    }
}
