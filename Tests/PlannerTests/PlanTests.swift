import Differ
import Model
import Planner
import TestSupport
import Testing

/// Plans a step from one set of resources to another and writes the steps as text: `3 create-domain VirtualMachine/web <- 1 2`.
func planned(
    from before: [Resource], to after: [Resource], found: [Resource]? = nil,
    features: Set<HostFeature> = [.hotplug, .resize],
    policy: Policy = Policy(), recorded: RecordedState? = nil
) -> Plan {
    let recorded = recorded ?? Lab.recorded(before)
    let desired = Lab.desired(after)
    let changes = diff(
        desired: desired, recorded: recorded, observed: Lab.observed(found ?? before, features: features))
    return plan(changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: policy)
}

func text(of steps: [Step]) -> [String] {
    steps.map { step in
        let after = step.after.isEmpty ? "" : " <- " + step.after.map(String.init).joined(separator: " ")
        return "\(step.id) \(step.operation.verb.rawValue) \(step.operation.address)\(after)"
    }
}

@Suite struct PlanOrderTests {
    let network = Lab.resource("Network/lan", .network, ["active": true])
    let pool = Lab.resource("StoragePool/fast", .pool, ["active": true])
    let disk = Lab.resource(
        "VirtualMachine/web/disk/root", .volume, pool: "fast", ["capacity": 1024], needs: ["StoragePool/fast"])
    let web = Lab.resource(
        "VirtualMachine/web", ["power": "On", "vcpus": 2, "disks/root/source": "fast/web-root"],
        needs: ["Network/lan", "VirtualMachine/web/disk/root"])
    var all: [Resource] { [network, pool, disk, web] }

    @Test func creationFollowsNeeds() {
        let plan = planned(from: [], to: all)
        #expect(
            text(of: plan.steps) == [
                "1 create Network/lan", "2 create StoragePool/fast", "3 create VirtualMachine/web/disk/root <- 2",
                "4 create VirtualMachine/web <- 1 3", "5 start VirtualMachine/web <- 4",
            ])
        #expect(plan.result == .pending)
    }

    /// What comes back from a URL need not be what disks were built on; what a checksum names is.
    @Test(
        arguments: [
            (nil, false, false), (.list(url: "https://example.org/SUMS"), false, false),
            (.digest(.sha256, "0a"), false, true), (nil, true, true),
        ] as [(ImageSource.Checksum?, Bool, Bool)])
    func anImageThatIsGone(checksum: ImageSource.Checksum?, isDiskGone: Bool, comesBack: Bool) {
        let image = Lab.resource("VMImage/deb/lab:default/1", .volume, pool: "default", ["content": "1"])
        let disk = Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "default",
            ["backing": .string("default/\(image.object.name)")],
            needs: [image.address.text])
        var desired = Lab.desired([image, disk])
        desired.contents[image.address] = .image(ImageSource(url: "https://example.org/deb", checksum: checksum))
        let recorded = Lab.recorded([image, disk])
        let changes = diff(
            desired: desired, recorded: recorded, observed: Lab.observed(isDiskGone ? [] : [disk]))
        func planned(_ allowed: Set<Disruption>) -> Plan {
            plan(
                changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)],
                policy: Policy(allowed: allowed))
        }
        let careful = planned([])
        #expect(careful.changes.first?.refusal == (comesBack ? nil : .needsLeave(.deleteData)))
        #expect(
            careful.steps.isEmpty == !comesBack && careful.diagnostics.map(\.code) == (comesBack ? [] : ["image-lost"]))
        #expect(!planned([.deleteData]).steps.isEmpty)
    }

    @Test func deletionIsTheOtherWayRound() {
        let plan = planned(from: all, to: [], policy: Policy(allowed: [.deleteData]))
        #expect(
            text(of: plan.steps) == [
                "1 stop VirtualMachine/web", "2 delete VirtualMachine/web <- 1", "3 delete Network/lan <- 2",
                "4 delete VirtualMachine/web/disk/root <- 2", "5 delete StoragePool/fast <- 4",
            ])
    }

    @Test func aRefusedDeletionKeepsWhatItNeeds() {
        let plan = planned(from: all, to: [])
        #expect(plan.steps.isEmpty)
        #expect(
            plan.changes.map(\.refusal) == [
                .waitsFor(web.address), .waitsFor(disk.address), .needsLeave(.deleteData), .needsLeave(.deleteData),
            ])
    }

    @Test func protectionOutlivesTheManifest() {
        let protected = Lab.resource("VirtualMachine/web", ["power": "On"], protected: true)
        let plan = planned(from: [protected], to: [], policy: Policy(allowed: [.deleteData]))
        #expect(plan.steps.isEmpty)
        #expect(plan.changes.map(\.refusal) == [.protected])
    }

    @Test func aReplacedDiskPausesItsDomain() {
        let smaller = Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "fast", ["capacity": 512], needs: ["StoragePool/fast"])
        let plan = planned(from: all, to: [network, pool, smaller, web], policy: Policy(allowed: [.deleteData]))
        // A shrunk volume is an update whose field costs a replacement, and its machine does not run meanwhile.
        #expect(plan.changes.map(\.change.address) == [web.address, disk.address])
        #expect(plan.changes.map(\.change.action) == [.update, .replace])
        #expect(plan.changes.map(\.disruption) == [.restart, .deleteData], "what was on it is lost")
        #expect(
            text(of: plan.steps) == [
                "1 stop VirtualMachine/web", "2 delete VirtualMachine/web/disk/root <- 1",
                "3 create VirtualMachine/web/disk/root <- 2", "4 start VirtualMachine/web <- 1 3",
            ])
        for allowed in [[], [.restart, .replace]] as [Set<Disruption>] {
            let refused = planned(from: all, to: [network, pool, smaller, web], policy: Policy(allowed: allowed))
            #expect(refused.steps.isEmpty && refused.changes.map(\.refusal) == [.needsLeave(.deleteData)])
        }
    }

    /// What is planned after all was there: what is left of it in the manifests, the policy, and each refusal.
    @Test(
        arguments: [
            (
                "the pool alone", [], Policy(targets: [Lab.address("StoragePool/fast")]),
                ["StoragePool/fast used by disk/root"]
            ),
            (
                "all but the machine", [],
                Policy(allowed: [.deleteData], excludes: [Lab.address("VirtualMachine/web")]),
                ["Network/lan used by web", "StoragePool/fast used by disk/root"]
            ),
            ("the machine too", [], Policy(allowed: [.deleteData]), []),
            ("a network that is still named", ["web", "disk", "pool"], Policy(), ["Network/lan used by web"]),
            (
                "a pool that is still named", ["web", "disk", "network"], Policy(),
                ["StoragePool/fast used by disk/root"]
            ),
            (
                "a disk that is still named", ["web", "pool", "network"], Policy(allowed: [.deleteData]),
                ["disk/root used by web"]
            ),
        ] as [(String, [String], Policy, [String])])
    func whatIsUsedStays(name: String, kept: [String], policy: Policy, refused: [String]) {
        let web = Lab.resource(
            "VirtualMachine/web",
            ["power": "On", "disks/root/source": "fast/web-root", "networks/lan/source": "network/lan"],
            needs: ["Network/lan", "VirtualMachine/web/disk/root"])
        let rest = ["network": network, "pool": pool, "disk": disk, "web": web].filter { kept.contains($0.key) }
        // Manifests that name what no manifest has need nothing.
        let after = rest.values.map { resource in
            var resource = resource
            resource.needs.removeAll { need in !rest.values.contains { $0.address == need } }
            return resource
        }
        let plan = planned(from: [network, pool, disk, web], to: after, policy: policy)
        let found = plan.changes.compactMap { planned -> String? in
            guard case .usedBy(let user)? = planned.refusal else { return nil }
            return "\(planned.change.address) used by \(user)".replacing("VirtualMachine/web/", with: "")
                .replacing("VirtualMachine/", with: "")
        }
        #expect(found == refused, "\(name)")
        #expect(
            plan.steps.allSatisfy { step in
                plan.changes.contains { $0.change.address == step.operation.address && $0.refusal == nil }
            })
    }

    @Test func nothingIsMadeOfWhatIsNotThere() {
        let excluded = planned(from: [], to: all, policy: Policy(excludes: [pool.address]))
        #expect(text(of: excluded.steps) == ["1 create Network/lan"])
        #expect(excluded.changes.map(\.refusal) == [nil, .waitsFor(disk.address), .waitsFor(pool.address)])

        // The disk may not move, so that the machine does not look for it where it is not.
        let moved = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "slow", ["capacity": 1024])
        let changed = Lab.resource(
            "VirtualMachine/web", ["power": "On", "vcpus": 2, "disks/root/source": "slow/web-root"],
            needs: ["Network/lan", "VirtualMachine/web/disk/root"])
        let refused = planned(from: all, to: [network, pool, moved, changed])
        #expect(refused.steps.isEmpty)
        #expect(refused.changes.map(\.refusal) == [.waitsFor(disk.address), .needsLeave(.deleteData)])
        #expect(
            !planned(from: all, to: [network, pool, moved, changed], policy: Policy(allowed: [.deleteData])).steps
                .isEmpty)
    }

    @Test func nothingIsMadeOfWhatIsUnknown() {
        var host = Lab.observedHost([network])
        host.inactivePools = ["fast"]
        let changes = diff(
            desired: Lab.desired(all), recorded: Lab.recorded([network]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let plan = plan(
            changes, desired: Lab.desired(all), recorded: Lab.recorded([network]), hosts: [HostStatus(Lab.host)],
            policy: Policy())
        #expect(plan.unknown == [disk.address])
        #expect(text(of: plan.steps) == ["1 create StoragePool/fast"])
    }

    @Test func guestsAreConnectedAnewToARestartedNetwork() {
        func lan(_ domain: String) -> Resource {
            Lab.resource("Network/lan", .network, ["active": true, "domain": .string(domain)])
        }
        let off = Lab.resource("VirtualMachine/spare", ["power": "Off"], needs: ["Network/lan"])
        let before = [lan("a.test"), pool, disk, web, off]
        let plan = planned(
            from: before, to: [lan("b.test"), pool, disk, web, off], policy: Policy(allowed: [.restart]))
        #expect(plan.changes.map(\.change.address) == [network.address, web.address])
        #expect(plan.unchanged == 3)
        #expect(
            text(of: plan.steps) == [
                "1 stop VirtualMachine/web", "2 update Network/lan <- 1", "3 stop Network/lan <- 2",
                "4 start Network/lan <- 3", "5 start VirtualMachine/web <- 1 4",
            ])
        let gentle = planned(from: before, to: [lan("b.test"), pool, disk, web, off])
        #expect(text(of: gentle.steps) == ["1 update Network/lan"])
    }

    @Test func aReplacedDiskDoesNotStartWhatIsToBeOff() {
        let smaller = Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "fast", ["capacity": 512], needs: ["StoragePool/fast"])
        let off = Lab.resource(
            "VirtualMachine/web", ["power": "Off", "vcpus": 2, "disks/root/source": "fast/web-root"],
            needs: ["Network/lan", "VirtualMachine/web/disk/root"])
        let plan = planned(from: all, to: [network, pool, smaller, off], policy: Policy(allowed: [.deleteData]))
        #expect(!plan.steps.contains { $0.operation.verb == .start })
        #expect(plan.steps.first?.operation.verb == .stop)
    }

    @Test func aDiskIsDetachedBeforeItGoes() {
        let bare = Lab.resource("VirtualMachine/web", ["power": "On", "vcpus": 2], needs: ["Network/lan"])
        let plan = planned(from: all, to: [network, pool, bare], policy: Policy(allowed: [.deleteData]))
        #expect(
            text(of: plan.steps) == [
                "1 update VirtualMachine/web", "2 update-live VirtualMachine/web <- 1",
                "3 delete VirtualMachine/web/disk/root <- 2",
            ])
    }

    @Test func recordedRubbishThatGoesInACircleIsAnError() {
        let one = Lab.resource("VirtualMachine/one", needs: ["VirtualMachine/two"])
        let two = Lab.resource("VirtualMachine/two", needs: ["VirtualMachine/one"])
        let plan = planned(from: [one, two], to: [], policy: Policy(allowed: [.deleteData]))
        #expect(plan.steps.isEmpty)
        #expect(plan.diagnostics.map(\.code) == ["dependency-cycle"])
    }

    @Test func targetsBringWhatTheyNeed() {
        let other = Lab.resource("VirtualMachine/other", ["power": "On"])
        let plan = planned(from: [], to: all + [other], policy: Policy(targets: [disk.address]))
        #expect(plan.changes.map(\.change.address) == [pool.address, disk.address])
        let rest = planned(from: [], to: all + [other], policy: Policy(excludes: [web.address]))
        #expect(rest.changes.map(\.change.address) == [network.address, pool.address, other.address])
    }

    @Test func aThousandTimesTheWorkIsAThousandTimesTheSteps() {
        let many = (0..<2000).map { Lab.resource("VirtualMachine/vm\($0)", ["power": "On"], needs: ["Network/lan"]) }
        let plan = planned(from: [], to: many + [network])
        #expect(plan.steps.count == 4001)
        #expect(
            plan.steps.enumerated().allSatisfy { index, step in
                step.id == index + 1 && step.after.allSatisfy { $0 < step.id }
            })
    }
}

struct DisruptionCase: Sendable, CustomTestStringConvertible {
    let name: String
    let before: [String: Value]
    let after: [String: Value]
    var features: Set<HostFeature> = [.hotplug, .resize]
    let expected: [Disruption]
    let steps: [Operation.Verb]
    var testDescription: String { name }
}

@Suite struct DisruptionTests {
    @Test(arguments: [
        DisruptionCase(
            name: "description of a running guest", before: ["power": "On"],
            after: ["power": "On", "description": "x"],
            expected: [.none], steps: [.update]),
        DisruptionCase(
            name: "processors within the maximum", before: ["power": "On", "vcpus": 2, "vcpus/maximum": 8],
            after: ["power": "On", "vcpus": 4, "vcpus/maximum": 8], expected: [.live], steps: [.update, .updateLive]),
        DisruptionCase(
            name: "processors above the maximum", before: ["power": "On", "vcpus": 2, "vcpus/maximum": 2],
            after: ["power": "On", "vcpus": 4, "vcpus/maximum": 4], expected: [.restart, .restart], steps: [.update]),
        DisruptionCase(
            name: "the same for a guest that is off", before: ["power": "Off", "vcpus": 2, "vcpus/maximum": 2],
            after: ["power": "Off", "vcpus": 4, "vcpus/maximum": 4], expected: [.none, .none], steps: [.update]),
        DisruptionCase(
            name: "a new disk where devices can be plugged", before: ["power": "On"],
            after: ["power": "On", "disks/data/source": "default/data", "disks/data/bus": "virtio"],
            expected: [.live, .live], steps: [.update, .updateLive]),
        DisruptionCase(
            name: "a new disk where they cannot", before: ["power": "On"],
            after: ["power": "On", "disks/data/source": "default/data"], features: [], expected: [.restart],
            steps: [.update]),
        DisruptionCase(
            name: "a new disk on a bus that takes none", before: ["power": "On"],
            after: ["power": "On", "disks/data/source": "default/data", "disks/data/bus": "sata"],
            expected: [.restart, .restart], steps: [.update]),
        DisruptionCase(
            name: "a disk less on a bus that gives none",
            before: ["power": "On", "disks/data/source": "default/data", "disks/data/bus": "ide"],
            after: ["power": "On"], expected: [.restart], steps: [.update]),
        DisruptionCase(
            name: "cache mode of a disk", before: ["power": "On", "disks/data/source": "default/data"],
            after: ["power": "On", "disks/data/source": "default/data", "disks/data/cache": "none"],
            expected: [.restart], steps: [.update]),
        DisruptionCase(
            name: "power on", before: ["power": "Off"], after: ["power": "On"], expected: [.live], steps: [.start]),
        DisruptionCase(
            name: "power off", before: ["power": "On"], after: ["power": "Off"], expected: [.live], steps: [.stop]),
        DisruptionCase(
            name: "changed and powered off at once", before: ["power": "On", "memory/maximum": 1024],
            after: ["power": "Off", "memory/maximum": 2048], expected: [.live, .nextBoot], steps: [.update, .stop]),
        DisruptionCase(
            name: "a disk less, and powered off at once", before: ["power": "On", "disks/data/source": "default/data"],
            after: ["power": "Off"], expected: [.live, .nextBoot], steps: [.update, .stop]),
        DisruptionCase(
            name: "a disk less of a paused guest", before: ["power": "Paused", "disks/data/source": "default/data"],
            after: ["power": "On"], expected: [.live, .live], steps: [.update, .start, .updateLive]),
    ])
    func domain(_ test: DisruptionCase) {
        let plan = planned(
            from: [Lab.resource("VirtualMachine/web", test.before)],
            to: [Lab.resource("VirtualMachine/web", test.after)],
            features: test.features)
        #expect(plan.changes.first?.fieldDisruptions == test.expected)
        #expect(plan.steps.map(\.operation.verb) == test.steps)
        #expect(plan.changes.first?.refusal == nil)
    }

    @Test func leaveToRestartRestarts() {
        let before = Lab.resource("VirtualMachine/web", ["power": "On", "memory/maximum": 1024])
        let after = Lab.resource("VirtualMachine/web", ["power": "On", "memory/maximum": 2048])
        let gentle = planned(from: [before], to: [after])
        #expect(gentle.changes.map(\.leavesPendingRestart) == [true])
        let allowed = planned(from: [before], to: [after], policy: Policy(allowed: [.restart]))
        #expect(allowed.steps.map(\.operation.verb) == [.update, .stop, .start])
        #expect(allowed.steps.first { $0.operation.verb == .stop }?.operation.force == false)
    }

    @Test func whatRunsAsWantedIsNotRestarted() {
        let web = Lab.resource("VirtualMachine/web", ["power": "On", "features/pae": true])
        var host = Lab.observedHost([Lab.resource("VirtualMachine/web", ["power": "On", "features/pae": false])])
        host.objects[Lab.id("web")]?.running = Lab.attributes(["power": "On", "features/pae": true])
        let changes = diff(
            desired: Lab.desired([web]), recorded: Lab.recorded([web]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let plan = plan(
            changes, desired: Lab.desired([web]), recorded: Lab.recorded([web]), hosts: [HostStatus(Lab.host)],
            policy: Policy(allowed: [.restart]))
        #expect(plan.changes.map(\.disruption) == [.none])
        #expect(text(of: plan.steps) == ["1 update VirtualMachine/web"])
    }

    @Test func whatIsTurnedOffIsNotRestartedToo() {
        let off = Lab.resource("VirtualMachine/web", ["power": "Off", "features/pae": true])
        var host = Lab.observedHost([Lab.resource("VirtualMachine/web", ["power": "On", "features/pae": true])])
        host.objects[Lab.id("web")]?.running = Lab.attributes(["power": "On", "features/pae": false])
        let changes = diff(
            desired: Lab.desired([off]), recorded: Lab.recorded([off]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let plan = plan(
            changes, desired: Lab.desired([off]), recorded: Lab.recorded([off]), hosts: [HostStatus(Lab.host)],
            policy: Policy(allowed: [.restart]))
        #expect(text(of: plan.steps) == ["1 stop VirtualMachine/web"])
    }

    /// A paused guest is restarted by the leave that it has, whether for a change or for what was pending.
    @Test(arguments: [(true, [Operation.Verb.update, .stop, .start]), (false, [.stop, .start])])
    func aPausedGuestIsRestarted(_ isChanged: Bool, _ steps: [Operation.Verb]) {
        let web = Lab.resource("VirtualMachine/web", ["power": "On", "features/pae": true])
        let found = Lab.resource("VirtualMachine/web", ["power": "Paused", "features/pae": .bool(!isChanged)])
        var host = Lab.observedHost([found])
        host.objects[Lab.id("web")]?.running = Lab.attributes(["power": "Paused", "features/pae": false])
        let changes = diff(
            desired: Lab.desired([web]), recorded: Lab.recorded([web]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let plan = plan(
            changes, desired: Lab.desired([web]), recorded: Lab.recorded([web]), hosts: [HostStatus(Lab.host)],
            policy: Policy(allowed: [.restart]))
        #expect(plan.steps.map(\.operation.verb) == steps)
        #expect(plan.steps.last?.effect == (.put(Record(of: web))))
    }

    @Test func aDiskInUseGrowsThroughItsDomain() {
        let web = Lab.resource("VirtualMachine/web", ["power": "On"], needs: ["VirtualMachine/web/disk/root"])
        func disk(_ size: Int64) -> Resource {
            Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": .integer(size)])
        }
        let plan = planned(from: [web, disk(1024)], to: [web, disk(2048)])
        #expect(plan.steps.map(\.operation.verb) == [.updateLive])
        #expect(plan.steps.first?.operation.object == web.object)
        #expect(plan.steps.first?.operation.set == Lab.attributes(["disks/root/capacity": 2048]))
        let atRest = planned(from: [disk(1024)], to: [disk(2048)])
        #expect(atRest.steps.map(\.operation.verb) == [.update])
    }

    @Test func aStampIsWrittenIntoNewDomains() {
        let plan = planned(from: [], to: [Lab.resource("VirtualMachine/web", ["power": "Off"])])
        #expect(
            plan.steps.map(\.operation.stamp) == [
                Stamp(lineage: Lab.lineage, address: Lab.address("VirtualMachine/web"))
            ])
        #expect(plan.steps.map(\.operation.verb) == [.create])
    }
}
