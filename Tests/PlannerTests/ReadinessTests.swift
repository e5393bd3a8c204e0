import Model
import Planner
import TestSupport
import Testing

@Suite struct ReadinessTests {
    let db = Lab.resource("VirtualMachine/db", ["power": "On", "vcpus": 2, "ready": "address"])
    let web = Lab.resource("VirtualMachine/web", ["power": "On"], needs: ["VirtualMachine/db"])

    @Test func whatDependsOnAMachineWaitsUntilItIsReady() {
        let plan = planned(from: [], to: [db, web])
        #expect(
            text(of: plan.steps) == [
                "1 create VirtualMachine/db", "2 start VirtualMachine/db <- 1", "3 wait VirtualMachine/db <- 2",
                "4 create VirtualMachine/web <- 3", "5 start VirtualMachine/web <- 4",
            ])
    }

    @Test func aWaitThatFailedIsDoneAgain() {
        var recorded = Lab.recorded([db])
        recorded.records[db.address]?.attributes[.ready] = nil
        let plan = planned(from: [db], to: [db], recorded: recorded)
        #expect(text(of: plan.steps) == ["1 wait VirtualMachine/db"])
    }

    /// What is recorded is the condition alone: another address is no other readiness.
    @Test(arguments: ["tcp:80": "tcp:80 at 192.0.2.10, 2001:db8::10", "address": "address"])
    func aPortIsTriedAtFixedAddresses(_ ready: String, _ condition: String) throws {
        var web = web
        web.attributes[.ready] = Setting(.string(ready))
        web.fixedAddresses = ["192.0.2.10", "2001:db8::10"]
        let step = try #require(planned(from: [], to: [web], features: [.hotplug]).steps.last)
        #expect(step.operation.verb == .wait && step.operation.set[.ready] == .string(condition))
        guard case .put(let record) = step.effect else { throw SystemFailure(because: "a wait is recorded") }
        #expect(record.attributes[.ready] == .string(ready))
        var restarted = web
        restarted.attributes[.machine] = Setting("q35")
        let again = planned(from: [web], to: [restarted], policy: Policy(allowed: [.restart])).steps.last
        #expect(again?.operation.set[.ready] == .string(condition))
    }

    @Test func aMachineThatIsReadyIsNotWaitedFor() {
        let plan = planned(from: [db], to: [db])
        #expect(plan.steps.isEmpty && plan.changes.isEmpty)
    }

    @Test func aRestartWaitsToo() {
        var changed = db
        changed.attributes[.machine] = Setting("q35")
        let plan = planned(from: [db], to: [changed], policy: Policy(allowed: [.restart]))
        #expect(plan.steps.map(\.operation.verb) == [.update, .stop, .start, .wait])
        guard case .put(let record)? = plan.steps.first?.effect else {
            Issue.record("an update is recorded")
            return
        }
        #expect(record.attributes[.ready] == nil)
    }
}

struct LettingGo: Sendable {
    var features: Set<HostFeature> = [.resize]
    var allowed: Set<Disruption> = []
    var power = "On"

    static let all = [LettingGo(features: [.hotplug]), LettingGo(allowed: [.restart]), LettingGo(power: "Off")]
}

@Suite struct DeferralTests {
    let disk = Lab.resource("VirtualMachine/web/disk/data", .volume, pool: "default", ["capacity": 1024])
    func web(_ source: String?, power: String = "On", needs: [String] = [], device: String = "disk") -> Resource {
        var values: [String: Value] = ["power": .string(power)]
        if let source {
            values["disks/data/source"] = .string(source)
            values["disks/data/device"] = .string(device)
        }
        return Lab.resource("VirtualMachine/web", values, needs: needs)
    }
    var before: [Resource] { [disk, web("default/web-data", needs: ["VirtualMachine/web/disk/data"])] }

    /// Without a way to unplug it, a running guest keeps a disk until it is started anew.
    @Test func aDiskInUseIsDeletedLater() {
        let plan = planned(from: before, to: [web(nil)], features: [.resize], policy: Policy(allowed: [.deleteData]))
        #expect(text(of: plan.steps) == ["1 update VirtualMachine/web"])
        #expect(plan.deferred == [Deferral(disk.address, until: web(nil).address, needsLeave: true)])
    }

    @Test(arguments: LettingGo.all)
    func aDiskThatIsLetGoIsDeletedAfterwards(_ item: LettingGo) {
        let plan = planned(
            from: before, to: [web(nil, power: item.power)], features: item.features,
            policy: Policy(allowed: item.allowed.union([.deleteData])))
        #expect(plan.deferred == [])
        #expect(plan.steps.last?.operation.verb == .delete)
    }

    /// The definition was changed by an earlier apply; the guest has not been started anew since.
    @Test func itWaitsInEveryLaterPlan() {
        let found = before
        let plan = planned(
            from: [disk, web(nil)], to: [web(nil)], found: found, features: [.resize],
            policy: Policy(allowed: [.deleteData]))
        #expect(plan.deferred.map(\.address) == [disk.address])
    }

    /// It would be unplugged otherwise, while the guest may have it mounted.
    @Test func aDriveGoesAtTheNextBoot() {
        let seed = Lab.resource("VirtualMachine/web/seed/1", .volume, pool: "default", ["content": "cloud-init"])
        func machine(_ source: String?) -> Resource {
            var machine = web(source, needs: source == nil ? [] : [seed.address.text], device: "cdrom")
            if source != nil { machine.attributes[.diskBus, "data"] = Setting("scsi") }
            return machine
        }
        let plan = planned(from: [seed, machine("default/web-seed-1")], to: [machine(nil)])
        #expect(text(of: plan.steps) == ["1 update VirtualMachine/web"])
        #expect(plan.changes.first { $0.change.object.kind == .domain }?.disruption == .nextBoot)
        #expect(plan.deferred.map(\.address) == [seed.address])
        let later = planned(
            from: [seed, machine(nil)], to: [machine(nil)], found: [seed, machine("default/web-seed-1")])
        #expect(later.steps.allSatisfy { $0.operation.verb != .updateLive }, "\(text(of: later.steps))")
    }

    @Test func aDrivesMediumChangesAtTheNextBoot() {
        let old = Lab.resource("VirtualMachine/web/seed/1", .volume, pool: "default", ["content": "cloud-init"])
        let new = Lab.resource("VirtualMachine/web/seed/2", .volume, pool: "default", ["content": "cloud-init"])
        let plan = planned(
            from: [old, web("default/web-seed-1", needs: ["VirtualMachine/web/seed/1"], device: "cdrom")],
            to: [new, web("default/web-seed-2", needs: ["VirtualMachine/web/seed/2"], device: "cdrom")])
        #expect(
            text(of: plan.steps) == ["1 create VirtualMachine/web/seed/2", "2 update VirtualMachine/web <- 1"])
        #expect(plan.changes.first { $0.change.object.kind == .domain }?.disruption == .nextBoot)
        #expect(plan.deferred.map(\.address) == [old.address])
    }
}
