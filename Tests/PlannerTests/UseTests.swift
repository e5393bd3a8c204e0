import Differ
import Model
import Planner
import TestSupport
import Testing

/// What is used by something else, while it goes away or is made anew.
@Suite struct UseTests {
    /// A base, and an overlay and a machine on it.
    private func lab(_ capacity: Int64) -> [Resource] {
        [
            Lab.resource("Volume/base", .volume, pool: "default", ["capacity": .integer(capacity)]),
            Lab.resource(
                "Volume/child", .volume, pool: "default", ["backing": "default/base", "capacity": 4096],
                needs: ["Volume/base"]),
        ]
    }

    /// An overlay is the difference to the blocks that its base has now.
    @Test func aBaseIsNotMadeAnewUnderAnOverlay() {
        let plan = planned(from: lab(2048), to: lab(1024), policy: Policy(allowed: [.deleteData, .replace]))
        #expect(plan.changes.map(\.refusal) == [.usedBy(Lab.address("Volume/child"))])
        #expect(plan.steps.isEmpty)
        let both = planned(
            from: lab(2048),
            to: [lab(1024)[0], Lab.resource("Volume/other", .volume, pool: "default", ["capacity": 1])],
            policy: Policy(allowed: [.deleteData, .replace]))
        #expect(
            text(of: both.steps) == [
                "1 delete Volume/child", "2 create Volume/other", "3 delete Volume/base <- 1",
                "4 create Volume/base <- 3",
            ], "\(text(of: both.steps))")
    }

    /// A pool that somebody pointed elsewhere is put back, whoever uses it: its volumes are where it was made.
    @Test func aPoolIsPutBackUnderItsVolumes() {
        func pool(_ target: String) -> Resource {
            Lab.resource("StoragePool/default", .pool, ["active": true, "target": .string(target)])
        }
        let disk = Lab.resource(
            "Volume/data", .volume, pool: "default", ["capacity": 1024], needs: ["StoragePool/default"])
        func plan(made: String, wanted: String, found: String, allowed: Set<Disruption>) -> Plan {
            let (desired, recorded) = (Lab.desired([pool(wanted), disk]), Lab.recorded([pool(made), disk]))
            let observed = hideStrayedPools(in: Lab.observed([pool(found)]), recorded: recorded, desired: desired)
            let changes = diff(desired: desired, recorded: recorded, observed: observed)
            return Planner.plan(
                changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)],
                policy: Policy(allowed: allowed))
        }
        let refused = plan(made: "/a", wanted: "/a", found: "/b", allowed: [])
        #expect(refused.changes.map(\.refusal) == [.needsLeave(.replace)] && refused.hidden == [disk.address])
        let back = plan(made: "/a", wanted: "/a", found: "/b", allowed: [.replace])
        #expect(text(of: back.steps) == ["1 delete StoragePool/default", "2 create StoragePool/default <- 1"])
        let moved = plan(made: "/a", wanted: "/c", found: "/b", allowed: [.replace])
        #expect(moved.changes.map(\.refusal) == [.usedBy(disk.address)])
    }

    private func linked(_ resources: [Resource], _ recorded: [Resource], _ observed: ObservedHost) -> [Resource] {
        linkPaths(
            Lab.desired(resources), recorded: Lab.recorded(recorded),
            observed: ObservedState(hosts: [Lab.host.address: .read(observed)])
        ).resources
    }

    /// A disk that is named by its path is the same disk.
    @Test func aPathIsTheVolumeThatLiesThere() {
        let disk = Lab.resource("VirtualMachine/o/disk/root", .volume, pool: "default", ["capacity": 1024])
        let user = Lab.resource("VirtualMachine/w", ["disks/root/source": .string("/images/\(disk.object.name)")])
        var host = Lab.observedHost([disk, user], features: [])
        let place = VolumeReference(pool: "default", name: disk.object.name)
        #expect(linked([user], [disk], host)[0].needs == [disk.address])
        #expect(linked([disk, user], [], host).first { $0.address == user.address }?.needs == [disk.address])
        host.volumePaths[place] = "/elsewhere"
        #expect(linked([user], [disk], host)[0].needs.isEmpty)
        host.volumePaths[place] = nil
        #expect(linked([user], [disk], host)[0].needs == [disk.address], "there it would be")
        host.poolTargets["default"] = nil
        #expect(linked([user], [disk], host)[0].needs.isEmpty, "nobody knows where the pool is")
        // The pool is made by the same plan.
        let pool = Lab.resource("StoragePool/default", .pool, ["target": "/images"])
        let made = linked([pool, disk, user], [], ObservedHost())
        #expect(made.first { $0.address == user.address }?.needs == [disk.address])
    }

    @Test func whatSomebodyHasByItsPathIsNotDeleted() {
        let disk = Lab.resource("VirtualMachine/o/disk/root", .volume, pool: "default", ["capacity": 1024])
        var user = Lab.resource("VirtualMachine/w", ["disks/root/source": "/pool/o-root"])
        let before = [disk, user]
        user.needs = [disk.address]
        let plan = planned(from: before, to: [user], policy: Policy(allowed: [.deleteData]))
        #expect(plan.changes.map(\.refusal) == [.usedBy(user.address)] && plan.steps.isEmpty)
    }

    /// It has no annotation of its own that could be taken off.
    @Test(arguments: [true, false])
    func aDiskThatLeftItsMachineIsProtectedAsThatIs(isProtected: Bool) {
        let disk = Lab.resource(
            "VirtualMachine/web/disk/data", .volume, pool: "default", ["capacity": 1024], protected: true)
        let web = Lab.resource("VirtualMachine/web", protected: isProtected)
        let plan = planned(from: [disk, web], to: [web], policy: Policy(allowed: [.deleteData]))
        #expect(plan.changes.map(\.refusal) == [isProtected ? .protected : nil])
    }

    /// A guest that does not stop keeps what it has.
    @Test func aGuestIsOffBeforeWhatItUsesIsTouched() {
        func lab(_ seed: String, _ capacity: Int64) -> [Resource] {
            [
                Lab.resource("VirtualMachine/web/seed/\(seed)", .volume, pool: "default", ["content": .string(seed)]),
                Lab.resource(
                    "VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": .integer(capacity)]),
                Lab.resource(
                    "VirtualMachine/web",
                    [
                        "power": "On", "disks/root/source": "default/web-root",
                        "disks/cidata/source": .string("default/web-seed-\(seed)"), "disks/cidata/device": "cdrom",
                    ], needs: ["VirtualMachine/web/seed/\(seed)", "VirtualMachine/web/disk/root"]),
            ]
        }
        let plan = planned(from: lab("a", 2048), to: lab("b", 1024), policy: Policy(allowed: [.deleteData, .replace]))
        let steps = plan.steps
        func step(_ verb: Operation.Verb, _ address: String) -> Step? {
            steps.first { $0.operation.verb == verb && $0.operation.address == Lab.address(address) }
        }
        func isAfter(_ later: Step?, _ earlier: Step?) -> Bool {
            guard let later, let earlier else { return false }
            var open = later.after
            while let id = open.popLast() {
                if id == earlier.id { return true }
                open += steps.first { $0.id == id }?.after ?? []
            }
            return false
        }
        let stop = step(.stop, "VirtualMachine/web")
        let seed = step(.delete, "VirtualMachine/web/seed/a")
        #expect(isAfter(step(.delete, "VirtualMachine/web/disk/root"), stop), "\(text(of: steps))")
        #expect(isAfter(seed, step(.update, "VirtualMachine/web")) && isAfter(seed, stop), "\(text(of: steps))")
    }

    /// What was ready is not while it is started anew; it has as long for it as it was given.
    @Test func aRestartedGuestIsWaitedForAsItWasFirst() {
        func lab(_ capacity: Int64) -> [Resource] {
            var web = Lab.resource(
                "VirtualMachine/web", ["power": "On", "ready": "address", "disks/root/source": "default/web-root"],
                needs: ["VirtualMachine/web/disk/root"])
            web.readyTimeout = 5
            return [
                web,
                Lab.resource(
                    "VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": .integer(capacity)]),
            ]
        }
        let plan = planned(from: lab(2048), to: lab(1024), policy: Policy(allowed: [.deleteData, .replace]))
        let steps = plan.steps.filter { $0.operation.object.kind == .domain }
        #expect(steps.map(\.operation.verb) == [.stop, .start, .wait])
        #expect(steps.last?.operation.timeout == 5)
        let ready = steps.map { step -> Value? in
            if case .put(let record) = step.effect { record.attributes[.ready] } else { nil }
        }
        #expect(ready == [nil, nil, "address"], "\(steps.map(\.effect))")
    }

    private static let root = "VirtualMachine/web/disk/root"

    private func machine(_ source: Value, capacity: Int64 = 1024) -> [Resource] {
        [
            Lab.resource("VirtualMachine/web", ["power": "On", "disks/root/source": source], needs: [Self.root]),
            Lab.resource(Self.root, .volume, pool: "default", ["capacity": .integer(capacity)]),
        ]
    }

    /// A running guest writes to a file that has no name any more: another one in its place would hide that.
    @Test(arguments: [("default/web-root", true), ("/images/web-root", true), ("default/other", false)])
    func aDiskThatIsGoneFromUnderItsGuest(source: Value, isUsed: Bool) {
        let wanted = machine("default/web-root")
        func plan(_ allowed: Set<Disruption>) -> Plan {
            let (desired, recorded) = (Lab.desired(wanted), Lab.recorded(wanted))
            var host = Lab.observedHost([wanted[0]])
            host.objects[Lab.id("web")]?.running = Lab.attributes(["power": "On", "disks/root/source": source])
            let changes = diff(
                desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
            return Planner.plan(
                changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)],
                policy: Policy(allowed: allowed))
        }
        let refused = plan([])
        let disk = refused.changes.first { $0.change.address == Lab.address(Self.root) }
        #expect(disk?.refusal == (isUsed ? .needsLeave(.deleteData) : nil))
        #expect(refused.diagnostics.contains { $0.code == "disk-gone" } == isUsed)
        guard isUsed else { return }
        #expect(
            text(of: plan([.deleteData]).steps) == [
                "1 stop VirtualMachine/web", "2 create \(Self.root) <- 1", "3 start VirtualMachine/web <- 1 2",
            ])
    }

    /// What it will be started with need not be given to it before, nor can it.
    @Test func whoIsStartedAfreshIsNotChangedBefore() {
        func lab(_ vcpus: Value, _ capacity: Int64, _ data: Int64) -> [Resource] {
            [
                Lab.resource(
                    "VirtualMachine/web",
                    [
                        "power": "On", "vcpus": vcpus, "vcpus/maximum": 4, "disks/root/source": "default/web-root",
                        "disks/data/source": "default/web-data",
                    ], needs: [Self.root, "VirtualMachine/web/disk/data"]),
                Lab.resource(Self.root, .volume, pool: "default", ["capacity": .integer(capacity)]),
                Lab.resource(
                    "VirtualMachine/web/disk/data", .volume, pool: "default", ["capacity": .integer(data)]),
            ]
        }
        let plan = planned(
            from: lab(1, 2048, 1024), to: lab(2, 1024, 4096), policy: Policy(allowed: [.deleteData, .replace]))
        #expect(
            plan.steps.map { "\($0.operation.verb.rawValue) \($0.operation.object.kind)" }.sorted() == [
                "create volume", "delete volume", "start domain", "stop domain", "update domain", "update volume",
            ], "\(text(of: plan.steps))")
        let grown = plan.steps.first { $0.operation.address == Lab.address("VirtualMachine/web/disk/data") }
        #expect(grown?.operation.set == Lab.attributes(["capacity": 4096]))
        let stop = plan.steps.first { $0.operation.verb == .stop }
        #expect(grown?.after == stop.map { [$0.id] })
        let start = plan.steps.first { $0.operation.verb == .start }
        if case .put(let record)? = start?.effect {
            #expect(record.attributes[.vcpus] == 2 && record.unfinished.isEmpty)
        } else {
            Issue.record("what it is started with is not recorded")
        }
    }

    /// It is turned off by force where that is wanted, and once.
    @Test func whoIsToBeOffAnywayIsTurnedOffOnce() {
        func lab(_ power: Value, _ capacity: Int64, _ description: Value) -> [Resource] {
            [
                Lab.resource(
                    "VirtualMachine/web",
                    ["power": power, "description": description, "disks/root/source": "default/web-root"],
                    needs: [Self.root]),
                Lab.resource(Self.root, .volume, pool: "default", ["capacity": .integer(capacity)]),
            ]
        }
        for description in ["a", "b"] as [Value] {
            let plan = planned(
                from: lab("On", 2048, "a"), to: lab("Off", 1024, description), policy: Policy(allowed: [.deleteData]))
            let update = description == "b" ? ["4 update VirtualMachine/web <- 1 3"] : []
            #expect(
                text(of: plan.steps) == [
                    "1 stop VirtualMachine/web", "2 delete \(Self.root) <- 1", "3 create \(Self.root) <- 2",
                ]
                    + update, "\(text(of: plan.steps))")
            #expect(plan.steps.first?.operation.force == true)
            let last = plan.steps.last { $0.operation.object.kind == .domain }
            guard case .put(let record)? = last?.effect else { return #expect(Bool(false), "nothing is recorded") }
            #expect(
                record.attributes
                    == Lab.attributes([
                        "power": "Off", "description": description, "disks/root/source": "default/web-root",
                    ]))
        }
    }

    /// A guest that is still connected keeps its network: a move that waits for a restart has not been made.
    @Test func aNetworkThatAGuestIsToLeaveAtItsRestart() {
        func lab(_ name: String) -> [Resource] {
            [
                Lab.resource("Network/\(name)", .network, ["active": true]),
                Lab.resource(
                    "VirtualMachine/web", ["power": "On", "networks/x/source": .string("network/\(name)")],
                    needs: ["Network/\(name)"]),
            ]
        }
        let plan = planned(from: lab("a"), to: lab("b"), features: [])
        let deletion = plan.changes.first { $0.change.action == .delete }
        #expect(deletion?.refusal == .usedBy(Lab.address("VirtualMachine/web")), "\(plan.changes)")
        let moved = planned(from: lab("a"), to: lab("b"), features: [], policy: Policy(allowed: [.restart]))
        #expect(moved.steps.contains { $0.operation.verb == .delete } && moved.changes.allSatisfy { $0.refusal == nil })
        // Once the definition says otherwise, only what runs tells.
        var host = Lab.observedHost([lab("a")[0]] + lab("b"), features: [])
        host.objects[Lab.id("web")]?.running = Lab.attributes(["power": "On", "networks/x/source": "network/a"])
        let (desired, recorded) = (Lab.desired(lab("b")), Lab.recorded([lab("a")[0]] + lab("b")))
        let later = Planner.plan(
            diff(
                desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)])),
            desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: Policy())
        #expect(later.changes.map(\.refusal) == [.usedBy(Lab.address("VirtualMachine/web"))], "\(later.changes)")
    }

    /// Two guests with one address disturb each other.
    @Test func aRenamedMachineWaitsForTheOldOne() {
        func machine(_ name: String) -> [Resource] {
            [
                Lab.resource(
                    "VirtualMachine/\(name)",
                    ["power": "On", "networks/x/source": "network/lan", "networks/x/mac": "52:54:00:00:00:01"])
            ]
        }
        let plan = planned(from: machine("old"), to: machine("new"))
        #expect(
            plan.changes.map(\.refusal) == [.waitsFor(Lab.address("VirtualMachine/old")), .needsLeave(.deleteData)])
        let both = planned(from: machine("old"), to: machine("new"), policy: Policy(allowed: [.deleteData]))
        #expect(
            text(of: both.steps) == [
                "1 stop VirtualMachine/old", "2 delete VirtualMachine/old <- 1", "3 create VirtualMachine/new <- 2",
                "4 start VirtualMachine/new <- 3",
            ], "\(text(of: both.steps))")
    }

    /// An image that has another name and is the same file is no other image.
    @Test func aRenamedImageIsTheSame() {
        func disk(_ image: String, _ backing: String = "/images/base", capacity: Int64 = 1024) -> [Resource] {
            [
                Lab.resource(
                    Self.root, .volume, pool: "default",
                    [
                        "backing": .string(backing), "capacity": .integer(capacity),
                        "image": .string("VMImage/default/\(image)"),
                    ])
            ]
        }
        let renamed = planned(from: disk("a"), to: disk("b"))
        #expect(renamed.changes.isEmpty && renamed.unchanged == 1)
        #expect(renamed.unrecorded.map { $0.attributes[.image] } == ["VMImage/default/b"])
        let grown = planned(from: disk("a"), to: disk("b", capacity: 2048))
        #expect(grown.changes.map(\.disruption) == [.none])
        #expect(grown.steps.map(\.operation.set) == [Lab.attributes(["capacity": 2048])])
        #expect(planned(from: disk("a"), to: disk("b", "/images/other")).changes.map(\.disruption) == [.deleteData])
    }

    /// Who is to be off a network is off it when that is restarted: libvirt would cut it off, and does not stop a network in use.
    @Test(arguments: [true, false])
    func aNetworkIsRestartedWhenItsGuestHasLeft(isPluggable: Bool) {
        func lab(_ domain: Value, isOn: Bool) -> [Resource] {
            let nic: [String: Value] = isOn ? ["networks/x/source": "network/lan"] : [:]
            return [
                Lab.resource("Network/lan", .network, ["active": true, "domain": domain]),
                Lab.resource(
                    "VirtualMachine/web", nic.merging(["power": "On"]) { $1 }, needs: isOn ? ["Network/lan"] : []),
            ]
        }
        let plan = planned(
            from: lab("a", isOn: true), to: lab("b", isOn: false), features: isPluggable ? [.hotplug] : [],
            policy: Policy(allowed: [.restart]))
        let expected =
            isPluggable
            ? [
                "1 update VirtualMachine/web", "2 update-live VirtualMachine/web <- 1", "3 update Network/lan <- 2",
                "4 stop Network/lan <- 3", "5 start Network/lan <- 4",
            ]
            : [
                "1 stop VirtualMachine/web", "2 update Network/lan <- 1", "3 update VirtualMachine/web <- 1",
                "4 stop Network/lan <- 2", "5 start VirtualMachine/web <- 3", "6 start Network/lan <- 4",
            ]
        #expect(text(of: plan.steps) == expected, "\(text(of: plan.steps))")
    }
}
