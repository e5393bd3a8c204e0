import Differ
import Model
import Planner
import TestSupport
import Testing

/// A running guest that somebody changed while its definition stayed as it is wanted.
@Suite struct StrayedGuestTests {
    static func machine(_ vcpus: Int64, maximum: Int64 = 4, memory: Int64 = 1024) -> Resource {
        Lab.resource(
            "VirtualMachine/web",
            [
                "power": "On", "vcpus": .integer(vcpus), "vcpus/maximum": .integer(maximum),
                "memory": .integer(memory),
            ])
    }

    static func planned(wanted: Resource, recorded: Resource, defined: Resource, runs: Resource, _ policy: Policy)
        -> Plan
    {
        var host = Lab.observedHost([defined])
        host.objects[Lab.id("web")]?.running = runs.attributes.mapValues(\.value)
        let (desired, recorded) = (Lab.desired([wanted]), Lab.recorded([recorded]))
        let observed = ObservedState(hosts: [Lab.host.address: .read(host)])
        return plan(
            diff(desired: desired, recorded: recorded, observed: observed), desired: desired, recorded: recorded,
            hosts: [HostStatus(Lab.host)], policy: policy)
    }

    /// What was wanted last, is wanted, defined and running; the fields with their costs and causes; the steps.
    @Test(
        arguments: [
            ("plugged in by hand", (1, 1, 1, 3), 4, "vcpus 3 -> 1 live drift", ["update-live vcpus"]),
            ("taken out by hand", (2, 2, 2, 1), 4, "vcpus 1 -> 2 live drift", ["update-live vcpus"]),
            ("an apply that got half way", (1, 2, 2, 1), 4, "vcpus 1 -> 2 live config", ["update-live vcpus"]),
            ("changed in both", (1, 1, 3, 3), 4, "vcpus 3 -> 1 live drift", ["update vcpus", "update-live vcpus"]),
            ("as it should be", (1, 1, 1, 1), 4, "", []),
            ("waits for its restart", (2, 2, 2, 1), 2, "", []),
        ] as [(String, (Int64, Int64, Int64, Int64), Int64, String, [String])])
    func processors(
        name: String, vcpus: (Int64, Int64, Int64, Int64), runningMaximum: Int64, fields: String, steps: [String]
    ) {
        let plan = Self.planned(
            wanted: Self.machine(vcpus.1), recorded: Self.machine(vcpus.0), defined: Self.machine(vcpus.2),
            runs: Self.machine(vcpus.3, maximum: runningMaximum), Policy())
        let shown = plan.changes.flatMap { planned in
            zip(planned.change.fields, planned.fieldDisruptions).map { field, cost in
                "\(field.path) \(field.before.number ?? 0) -> \(field.after.number ?? 0) \(cost) \(field.cause)"
            }
        }
        #expect(shown == (fields.isEmpty ? [] : [fields]), "\(name)")
        #expect(
            plan.steps.map { step in
                "\(step.operation.verb.rawValue) \(step.operation.set.map(\.path.description).joined(separator: " "))"
            } == steps, "\(name)")
        let isRecorded = plan.steps.contains { $0.effect == .put(Record(of: Self.machine(vcpus.1))) }
        #expect(isRecorded || steps.isEmpty, "\(name): what is recorded is as it is wanted")
        #expect(plan.pendingRestarts.isEmpty == (runningMaximum == 4), "\(name)")
    }

    /// The balloon moves by itself.
    @Test func memoryIsTheGuestsOwn() {
        let plan = Self.planned(
            wanted: Self.machine(1), recorded: Self.machine(1), defined: Self.machine(1),
            runs: Self.machine(1, memory: 512), Policy())
        #expect(plan.changes.isEmpty && plan.steps.isEmpty)
    }

    /// Memory and its maximum as they are wanted, were recorded and defined, and run; what changes and at what cost, with what is done;
    /// what is pending.
    @Test(
        arguments: [
            ("less", (80, 80), (96, 96), (96, 96), "memory live, memory/maximum none: update update-live", ""),
            ("less, applied", (80, 80), (80, 80), (80, 96), "", ""),
            ("more", (160, 160), (96, 96), (96, 96), "memory restart, memory/maximum restart: update", ""),
            ("more, applied", (160, 160), (160, 160), (96, 96), "", "memory memory/maximum"),
            ("back again", (96, 96), (160, 160), (96, 96), "memory live, memory/maximum none: update update-live", ""),
            ("between", (90, 90), (160, 160), (96, 96), "memory live, memory/maximum none: update update-live", ""),
            (
                "up to what it was started with", (96, 96), (80, 80), (80, 96),
                "memory live, memory/maximum none: update update-live", ""
            ),
            ("room", (96, 384), (96, 96), (96, 96), "memory/maximum restart: update", ""),
            ("no room", (96, 96), (96, 384), (96, 384), "memory/maximum none: update", ""),
            (
                "room that waits for a restart", (120, 384), (96, 384), (96, 96), "memory restart: update",
                "memory/maximum"
            ),
            ("a balloon that moved", (80, 80), (80, 80), (90, 96), "", ""),
        ] as [(String, (Int64, Int64), (Int64, Int64), (Int64, Int64), String, String)])
    func memory(
        name: String, wanted: (Int64, Int64), defined: (Int64, Int64), runs: (Int64, Int64), change: String,
        pending: String
    ) {
        func machine(_ memory: (Int64, Int64)) -> Resource {
            Lab.resource(
                "VirtualMachine/web",
                ["power": "On", "memory": .integer(memory.0), "memory/maximum": .integer(memory.1)])
        }
        let plan = Self.planned(
            wanted: machine(wanted), recorded: machine(defined), defined: machine(defined), runs: machine(runs),
            Policy())
        let fields = plan.changes.flatMap { planned in
            zip(planned.change.fields, planned.fieldDisruptions).map { "\($0.path) \($1)" }
        }.joined(separator: ", ")
        let steps = plan.steps.map(\.operation.verb.rawValue).joined(separator: " ")
        #expect((fields.isEmpty ? "" : "\(fields): \(steps)") == change, "\(name)")
        #expect(
            plan.pendingRestarts.flatMap(\.fields).map(\.path.description).joined(separator: " ") == pending, "\(name)")
        let allowed = Self.planned(
            wanted: machine(wanted), recorded: machine(defined), defined: machine(defined), runs: machine(runs),
            Policy(allowed: [.restart]))
        let isRestarted = change.contains("restart") || !pending.isEmpty
        #expect(allowed.steps.contains { $0.operation.verb == .stop } == isRestarted, "\(name)")
    }

    /// What QEMU has booted a guest with it does not take out of it.
    @Test func processorsThatAGuestWasStartedWith() {
        let (two, one) = (Self.machine(2, maximum: 2), Self.machine(1, maximum: 1))
        let plan = Self.planned(wanted: one, recorded: two, defined: two, runs: two, Policy())
        #expect(plan.changes.flatMap(\.fieldDisruptions) == [.restart, .restart])
        let pending = Self.planned(wanted: one, recorded: one, defined: one, runs: two, Policy())
        #expect(pending.changes.isEmpty && pending.pendingRestarts.flatMap(\.fields).count == 2)
    }

    /// What the definition has been given and the guest has not: asked for again, and with leave had by a restart.
    @Test(
        arguments: [
            ([], ["update-live"], .live), ([.restart], ["stop", "start"], .restart),
        ] as [(Set<Disruption>, [String], Disruption)])
    func memoryThatTheGuestDidNotTake(
        allowed: Set<Disruption>, steps: [String], disruption: Disruption
    ) throws {
        var wanted = Self.machine(1, memory: 1024)
        wanted.attributes[.maximumMemory] = Setting(1024)
        var (recorded, host) = (Lab.recorded([wanted]), Lab.observedHost([wanted]))
        recorded.records[wanted.address]?.unfinished = .init([(.init(.memory), .config)])
        host.objects[Lab.id("web")]?.running = Self.machine(1, memory: 512).attributes.mapValues(\.value)
        host.objects[Lab.id("web")]?.running?[.maximumMemory] = 2048
        let desired = Lab.desired([wanted])
        let plan = plan(
            diff(
                desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)])),
            desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: Policy(allowed: allowed))
        #expect(plan.steps.map(\.operation.verb.rawValue) == steps)
        #expect(plan.changes.map(\.disruption) == [disruption])
        #expect(plan.pendingRestarts.isEmpty)
        #expect(plan.steps.last?.effect == .put(Record(of: wanted)))
    }

    /// Until the guest has been given it, the record says that it has not.
    @Test func aChangeWhileItRunsIsUnfinishedUntilItIsMade() throws {
        let plan = Self.planned(
            wanted: Self.machine(2), recorded: Self.machine(1), defined: Self.machine(1), runs: Self.machine(1),
            Policy())
        #expect(plan.steps.map(\.operation.verb.rawValue) == ["update", "update-live"])
        let records = plan.steps.map { step -> AttributeMap<Cause>? in
            if case .put(let record) = step.effect { record.unfinished } else { nil }
        }
        #expect(records == [.init([(.init(.vcpus), .config)]), .init()])
    }

    /// A guest that is started has what its definition says, and nothing is asked of it again.
    @Test func whatIsStartedHasAll() throws {
        let wanted = Self.machine(1)
        var (recorded, host) = (Lab.recorded([wanted]), Lab.observedHost([wanted]))
        recorded.records[wanted.address]?.unfinished = .init([(.init(.memory), .config)])
        host.objects[Lab.id("web")]?.attributes[.power] = "Off"
        host.objects[Lab.id("web")]?.running = nil
        let desired = Lab.desired([wanted])
        let plan = plan(
            diff(
                desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)])),
            desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: Policy())
        #expect(plan.steps.map(\.operation.verb) == [.start])
        #expect(plan.steps.last?.effect == .put(Record(of: wanted)))
    }

    /// A device that a guest keeps until it is restarted has left all else: it is recorded that it waits, and told.
    @Test(arguments: ["sata", "virtio"])
    func aDeviceThatIsKept(bus: Value) throws {
        let wanted = Self.machine(1)
        var before = wanted
        before.attributes[.diskSource, "data"] = Setting("default/data.qcow2")
        before.attributes[.diskBus, "data"] = Setting(bus)
        let (path, desired) = (AttributePath(.diskSource, "data"), Lab.desired([wanted]))
        func plan(_ recorded: Resource, defined: Resource, unfinished: AttributeMap<Cause>, _ policy: Policy) -> Plan {
            var host = Lab.observedHost([defined])
            host.objects[Lab.id("web")]?.running = before.attributes.mapValues(\.value)
            var state = Lab.recorded([recorded])
            state.records[wanted.address]?.unfinished = unfinished
            let observed = ObservedState(hosts: [Lab.host.address: .read(host)])
            return Planner.plan(
                diff(desired: desired, recorded: state, observed: observed), desired: desired, recorded: state,
                hosts: [HostStatus(Lab.host)], policy: policy)
        }
        let first = plan(before, defined: before, unfinished: .init(), Policy())
        guard case .put(let record)? = first.steps.first?.effect else {
            Issue.record("\(first.steps)")
            return
        }
        #expect(record.unfinished == .init([(path, .config)]))
        let second = plan(wanted, defined: wanted, unfinished: record.unfinished, Policy())
        guard bus == "sata" else {
            #expect(second.steps.map(\.operation.verb) == [.updateLive] && second.pendingRestarts.isEmpty)
            return
        }
        #expect(first.steps.map(\.operation.verb) == [.update])
        #expect(second.steps.isEmpty && second.pendingRestarts.flatMap(\.fields).map(\.path) == [path])
        #expect(second.unrecorded.isEmpty, "it is not forgotten")
        let allowed = plan(wanted, defined: wanted, unfinished: record.unfinished, Policy(allowed: [.restart]))
        #expect(allowed.steps.map(\.operation.verb) == [.stop, .start])
    }

    /// What changes in the definition beside it is not held back by it, and a restart brings both.
    @Test func besideAChangeThatNeedsARestart() {
        var wanted = Self.machine(1)
        wanted.attributes[.machine] = Setting("q35")
        for allowed in [[], [.restart]] as [Set<Disruption>] {
            let plan = Self.planned(
                wanted: wanted, recorded: Self.machine(1), defined: Self.machine(1), runs: Self.machine(3),
                Policy(allowed: allowed))
            let steps = plan.steps.map(\.operation.verb.rawValue)
            #expect(steps == (allowed.isEmpty ? ["update", "update-live"] : ["update", "stop", "start"]))
            #expect(plan.steps.first?.operation.set.map(\.path) == [AttributePath(.machine)])
        }
    }
}
