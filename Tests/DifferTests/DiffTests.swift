import Differ
import Model
import TestSupport
import Testing

/// One attribute in three places, and what the differ makes of it.
struct FieldCase: Sendable, CustomTestStringConvertible {
    let name: String
    let path: String
    let wanted: Value?
    let applied: Value?
    let found: Value?
    let expected: FieldChange?

    init(
        _ name: String, _ path: String, wanted: Value?, applied: Value?, found: Value?,
        gives expected: (Value, Value, Cause)? = nil
    ) {
        self.name = name
        self.path = path
        self.wanted = wanted
        self.applied = applied
        self.found = found
        self.expected = expected.flatMap { before, after, cause in
            AttributePath(path).map { FieldChange($0, before: before, after: after, cause: cause) }
        }
    }

    var testDescription: String { name }
}

@Suite struct DiffFieldTests {
    @Test(arguments: [
        FieldCase("same everywhere", "vcpus", wanted: 2, applied: 2, found: 2),
        FieldCase("manifest changed", "vcpus", wanted: 4, applied: 2, found: 2, gives: (2, 4, .config)),
        FieldCase("host changed", "vcpus", wanted: 2, applied: 2, found: 3, gives: (3, 2, .drift)),
        FieldCase("both changed", "vcpus", wanted: 4, applied: 2, found: 3, gives: (3, 4, .both)),
        FieldCase("host already has what the manifest now wants", "vcpus", wanted: 4, applied: 2, found: 4),
        FieldCase(
            "never applied", "description", wanted: "web", applied: nil, found: nil, gives: (.null, "web", .config)),
        FieldCase("not managed", "description", wanted: nil, applied: nil, found: "by hand"),
        FieldCase(
            "left the manifest, has a default", "autostart", wanted: nil, applied: true, found: true,
            gives: (true, false, .config)),
        FieldCase(
            "left the manifest, is taken out", "description", wanted: nil, applied: "web", found: "web",
            gives: ("web", .null, .config)),
        FieldCase("left the manifest, stays as it is", "machine", wanted: nil, applied: "q35", found: "pc-q35-7.2"),
        FieldCase(
            "ACPI that left it is on again", "features/acpi", wanted: nil, applied: false, found: false,
            gives: (false, true, .config)),
        FieldCase(
            "a display that left it", "video/model", wanted: nil, applied: "vga", found: "vga",
            gives: ("vga", "virtio", .config)),
        FieldCase("left the manifest, already gone", "description", wanted: nil, applied: "web", found: nil),
        FieldCase("machine alias", "machine", wanted: "q35", applied: "q35", found: "pc-q35-7.2"),
        FieldCase(
            "machine alias of the other family", "machine", wanted: "q35", applied: "q35", found: "pc-i440fx-7.2",
            gives: ("pc-i440fx-7.2", "q35", .drift)),
        FieldCase(
            "MAC in capitals", "networks/lan/mac", wanted: "52:54:00:AB:CD:EF", applied: nil, found: "52:54:00:ab:cd:ef"
        ),
        FieldCase(
            "volume by name, found by path", "disks/root/source", wanted: "default/db.qcow2",
            applied: "default/db.qcow2", found: "/images/db.qcow2"),
        FieldCase(
            "another volume", "disks/root/source", wanted: "default/db.qcow2", applied: "default/db.qcow2",
            found: "/images/other.qcow2", gives: ("default/other.qcow2", "default/db.qcow2", .drift)),
        FieldCase(
            "a volume of a pool that is not there", "disks/root/source", wanted: "lost/db.qcow2",
            applied: "lost/db.qcow2", found: "/srv/db.qcow2"),
        FieldCase(
            "another volume than that of a pool that is not there", "disks/root/source", wanted: "lost/db.qcow2",
            applied: "lost/db.qcow2", found: "/srv/other.qcow2", gives: ("/srv/other.qcow2", "lost/db.qcow2", .drift)),
        FieldCase(
            "a disk pulled by hand", "disks/root/source", wanted: "default/db.qcow2", applied: "default/db.qcow2",
            found: nil, gives: (.null, "default/db.qcow2", .drift)),
        FieldCase(
            "a disk that left the manifest", "disks/old/source", wanted: nil, applied: "default/old.qcow2",
            found: "/images/old.qcow2", gives: ("default/old.qcow2", .null, .config)),
        FieldCase(
            "a cache that is the default and not said", "disks/root/cache", wanted: "default", applied: "default",
            found: nil),
        FieldCase(
            "powered off by hand", "power", wanted: "On", applied: "On", found: "Off", gives: ("Off", "On", .drift)),
        FieldCase("paused", "power", wanted: "On", applied: "On", found: "Paused", gives: ("Paused", "On", .drift)),
        FieldCase(
            "ranges in another order", "addresses/192.0.2.1/dhcp", wanted: ["a-b", "c-d"], applied: nil,
            found: ["c-d", "a-b"]),
    ])
    func field(_ test: FieldCase) {
        func resource(_ value: Value?) -> Resource {
            Lab.resource("VirtualMachine/db", value.map { [test.path: $0] } ?? [:])
        }
        let observed = Lab.observed([resource(test.found)])
        let changes = diff(
            desired: Lab.desired([resource(test.wanted)]), recorded: Lab.recorded([resource(test.applied)]),
            observed: observed)
        let fields = changes.changes.first?.fields.map {
            FieldChange($0.path, before: $0.before, after: $0.after, cause: $0.cause)
        }
        #expect(fields == test.expected.map { [$0] })
        #expect(changes.unchanged == (test.expected == nil ? 1 : 0))
        #expect(changes.changes.allSatisfy { $0.action == .update })
    }
}

@Suite struct DiffObjectTests {
    let web = Lab.resource("VirtualMachine/web", ["power": "On", "vcpus": 2])
    let disk = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": 1024])

    @Test func newObjectsAreCreated() {
        let changes = diff(desired: Lab.desired([web, disk]), recorded: .init(), observed: Lab.observed([]))
        #expect(changes.changes.map(\.action) == [.create, .create])
        #expect(changes.changes.map(\.cause) == [.config, .config])
    }

    @Test func aVanishedObjectIsCreatedAgainAndIsDrift() {
        let changes = diff(desired: Lab.desired([web]), recorded: Lab.recorded([web]), observed: Lab.observed([]))
        #expect(changes.changes.map(\.action) == [.create])
        #expect(changes.changes.first?.cause == .drift)
    }

    @Test func unknownIsNotGone() {
        let error = HostError(.unreachable, "A host cannot be reached", "It does not answer.")
        let observed = ObservedState(hosts: [Lab.host.address: .unknown(error)])
        let changes = diff(desired: Lab.desired([web]), recorded: Lab.recorded([web, disk]), observed: observed)
        #expect(changes.changes.isEmpty)
        #expect(changes.unknown == [web.address, disk.address])
    }

    @Test(arguments: ResourceKind.allCases)
    func aNameThatIsNotOursIsAnError(kind: ResourceKind) {
        var foreign = Lab.resource("Thing/web", kind, pool: kind == .volume ? "default" : nil)
        let ours = foreign
        foreign.object.id = kind == .volume ? nil : Lab.id("somebody else's")
        let changes = diff(desired: Lab.desired([ours]), recorded: .init(), observed: Lab.observed([foreign]))
        #expect(changes.changes.isEmpty)
        #expect(changes.diagnostics.map(\.code) == ["name-taken"])
    }

    /// It would be lost where it is, and what somebody else has would be taken for it there.
    @Test(arguments: ResourceKind.allCases)
    func nothingMovesOntoSomebodyElses(kind: ResourceKind) {
        let pool = kind == .volume ? "default" : nil
        var moved = Lab.resource("Thing/web", kind, pool: pool)
        let before = moved
        let other = Address(kind: "Provider", name: "other")
        moved.object = ObjectReference(kind, host: other, name: moved.object.name, pool: pool, id: moved.object.id)
        var foreign = moved
        foreign.object.id = kind == .volume ? nil : Lab.id("somebody else's")
        for (found, codes) in [([foreign], ["name-taken"]), ([], [])] {
            let changes = diff(
                desired: Lab.desired([moved]), recorded: Lab.recorded([before]),
                observed: ObservedState(hosts: [
                    Lab.host.address: .read(Lab.observedHost([before])), other: .read(Lab.observedHost(found)),
                ]))
            #expect(changes.diagnostics.map(\.code) == codes)
            #expect(changes.changes.map(\.action) == (codes.isEmpty ? [.replace] : []))
        }
    }

    @Test func aNameOfAnotherResourceOfOurs() {
        let lan = Lab.resource("Network/lan", .network)
        var renamed = Lab.resource("Network/wan", .network)
        renamed.object = ObjectReference(.network, host: Lab.host.address, name: "lan", id: Lab.id("wan"))
        let changes = diff(
            desired: Lab.desired([renamed]), recorded: Lab.recorded([lan]), observed: Lab.observed([lan]))
        #expect(changes.diagnostics.map(\.code) == ["name-in-use"])
        #expect(changes.diagnostics.allSatisfy { $0.detail.contains("Network/lan") })
    }

    /// Somebody who makes an object of ours anew under its name gives it another UUID.
    @Test(arguments: [ResourceKind.domain, .network, .pool])
    func anObjectThatWasMadeAnewByHandIsNotOurs(kind: ResourceKind) {
        let ours = Lab.resource("Thing/web", kind)
        var foreign = ours
        foreign.object.id = Lab.id("somebody else's")
        let changes = diff(
            desired: Lab.desired([ours]), recorded: Lab.recorded([ours]), observed: Lab.observed([foreign]))
        #expect(changes.changes.isEmpty && changes.diagnostics.map(\.code) == ["name-taken"])
    }

    @Test func volumesOfAPoolThatIsNotActiveAreUnknown() {
        var host = Lab.observedHost([web])
        host.inactivePools = ["default"]
        let observed = ObservedState(hosts: [Lab.host.address: .read(host)])
        let changes = diff(desired: Lab.desired([web]), recorded: Lab.recorded([web, disk]), observed: observed)
        #expect(changes.changes.isEmpty && changes.unknown == [disk.address])
    }

    @Test func volumesOfAPoolThatIsNotThereAreUnknown() {
        let pool = Lab.resource("StoragePool/fast", .pool, ["active": true])
        let disk = Lab.resource("Volume/data", .volume, pool: "fast", ["capacity": 1024])
        let new = Lab.resource("Volume/new", .volume, pool: "fast", ["capacity": 1024])
        let changes = diff(
            desired: Lab.desired([pool, disk, new]), recorded: Lab.recorded([pool, disk]), observed: Lab.observed([]))
        #expect(changes.changes.map(\.address) == [pool.address, new.address])
        #expect(changes.unknown == [disk.address])
    }

    /// Its files may well be there: forgotten, they would be lost.
    @Test func volumesOfAPoolThatIsNotThereAreNotForgotten() {
        let pool = Lab.resource("StoragePool/fast", .pool, ["active": true])
        let disk = Lab.resource("Volume/data", .volume, pool: "fast", ["capacity": 1024])
        let changes = diff(
            desired: Lab.desired([]), recorded: Lab.recorded([pool, disk, self.disk]), observed: Lab.observed([]))
        #expect(changes.changes.map(\.address) == [pool.address, self.disk.address], "its pool is there")
        #expect(changes.changes.allSatisfy { $0.action == .forget })
        #expect(changes.unknown == [disk.address])
        #expect(changes.diagnostics.map(\.code) == ["pool-gone"])
    }

    /// What a disk starts from is of any length, and a disk of whole KiB or extents.
    @Test(
        arguments: [
            (3_000_000_000, 3_000_000_512, true), (3_000_000_000, 3_000_000_000, true),
            (3_000_000_000, 2_999_999_999, false), (3_000_000_000, 3_100_000_000, false),
        ] as [(Int64, Int64, Bool)])
    func aDiskIsRoundedUpFromWhatItLiesOn(base: Int64, found: Int64, isRight: Bool) {
        let image = Lab.resource("VMImage/deb", .volume, pool: "default", ["capacity": .integer(base)])
        func disk(_ capacity: Int64) -> Resource {
            Lab.resource(
                "VirtualMachine/web/disk/root", .volume, pool: "default",
                ["capacity": .integer(capacity), "backing": .string("default/\(image.object.name)")])
        }
        let changes = diff(
            desired: Lab.desired([image, disk(1 << 30)]), recorded: Lab.recorded([image, disk(1 << 30)]),
            observed: Lab.observed([image, disk(found)]))
        #expect(changes.changes.isEmpty == isRight, "\(changes.changes)")
    }

    /// A disk that is larger than was said, since its image is, was made so by nobody's hand.
    @Test(
        arguments: [
            // MiB applied, wanted, found and to be, on an image of 4096
            (1024, 8192, 4096, 8192, .config), (1024, 1024, 8192, 4096, .drift), (1024, 2048, 8192, 4096, .drift),
            (1024, 6144, 8192, 6144, .both),
        ] as [(Int64, Int64, Int64, Int64, Cause)])
    func aDiskAsLargeAsItsImage(applied: Int64, wanted: Int64, found: Int64, becomes: Int64, cause: Cause) {
        let image = Lab.resource("VMImage/deb", .volume, pool: "default", ["capacity": .integer(4096 << 20)])
        func disk(_ mebibytes: Int64) -> Resource {
            Lab.resource(
                "VirtualMachine/web/disk/root", .volume, pool: "default",
                ["capacity": .integer(mebibytes << 20), "backing": .string("default/\(image.object.name)")])
        }
        let changes = diff(
            desired: Lab.desired([image, disk(wanted)]), recorded: Lab.recorded([image, disk(applied)]),
            observed: Lab.observed([image, disk(found)]))
        let fields = changes.changes.flatMap(\.fields)
        #expect(fields.map(\.after) == [.integer(becomes << 20)] && fields.map(\.cause) == [cause], "\(fields)")
    }

    /// The plan says how large it will be.
    @Test func aNewDiskIsAsLargeAsItsImage() {
        let image = Lab.resource("VMImage/deb", .volume, pool: "default", ["capacity": 4096])
        func disk(_ capacity: Int64) -> Resource {
            Lab.resource(
                "VirtualMachine/web/disk/root", .volume, pool: "default",
                ["capacity": .integer(capacity), "backing": .string("default/\(image.object.name)")])
        }
        for (asked, made) in [(1024, 4096), (8192, 8192)] as [(Int64, Int64)] {
            let changes = diff(
                desired: Lab.desired([image, disk(asked)]), recorded: Lab.recorded([image]),
                observed: Lab.observed([image]))
            let capacity = changes.changes.first?.fields.first { $0.path.attribute == .capacity }
            #expect(capacity?.after == .integer(made) && capacity?.isLeast == false)
            let unread = diff(
                desired: Lab.desired([disk(asked)]), recorded: .init(),
                observed: Lab.observed([], features: [.upload]))
            let least = unread.changes.first?.fields.first { $0.path.attribute == .capacity }
            #expect(least?.after == .integer(asked) && least?.isLeast == true)
        }
    }

    /// A volume is told as manifests name it, on both sides.
    @Test func aVolumeIsNotToldByItsPath() {
        func machine(_ source: String) -> Resource {
            Lab.resource("VirtualMachine/web", ["power": "Off", "disks/root/source": .string(source)])
        }
        var host = Lab.observedHost([machine("/pool/b.qcow2")])
        host.poolTargets = ["default": "/pool"]
        let changes = diff(
            desired: Lab.desired([machine("default/a.qcow2")]), recorded: Lab.recorded([machine("default/a.qcow2")]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        #expect(changes.changes.first?.fields.first?.before == "default/b.qcow2")
    }

    @Test func aRenamedDomainIsTold() throws {
        let object = ObjectReference(.domain, host: Lab.host.address, name: "web2", id: web.object.id)
        var host = Lab.observedHost([web])
        let id = try #require(web.object.id)
        host.objects[id] = ObservedObject(object, attributes: web.attributes.mapValues(\.value))
        let changes = diff(
            desired: Lab.desired([web]), recorded: Lab.recorded([web]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        #expect(changes.diagnostics.map(\.code) == ["renamed"])
        #expect(changes.diagnostics.first?.command?.contains("domrename web2") == true)
    }

    @Test func aLogicalVolumeIsRawWithoutSayingSo() {
        let raw = Lab.resource("Volume/data", .volume, pool: "vg", ["capacity": 1024, "format": "raw"])
        let found = Lab.resource("Volume/data", .volume, pool: "vg", ["capacity": 1024])
        let changes = diff(desired: Lab.desired([raw]), recorded: Lab.recorded([raw]), observed: Lab.observed([found]))
        #expect(changes.changes.isEmpty && changes.unchanged == 1)
    }

    @Test func whatLeftTheManifestsIsDeleted() {
        let changes = diff(desired: Lab.desired([]), recorded: Lab.recorded([web]), observed: Lab.observed([web]))
        #expect(changes.changes.map(\.action) == [.delete])
        #expect(changes.changes.first?.isRunning == true)
    }

    @Test func whatLeftTheManifestsAndTheHostIsForgotten() {
        let changes = diff(desired: Lab.desired([]), recorded: Lab.recorded([web]), observed: Lab.observed([]))
        #expect(changes.changes.map(\.action) == [.forget])
    }

    @Test func anUnrecordedObjectOfOursIsRecordedAndLeftAlone() {
        let changes = diff(desired: Lab.desired([web]), recorded: .init(), observed: Lab.observed([web]))
        #expect(changes.changes.isEmpty)
        #expect(changes.unrecorded == [Record(of: web)])
    }

    @Test func aVolumeInAnotherPoolIsReplaced() {
        let moved = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "fast", ["capacity": 1024])
        let changes = diff(
            desired: Lab.desired([moved]), recorded: Lab.recorded([disk]), observed: Lab.observed([disk]))
        #expect(changes.changes.map(\.action) == [.replace])
    }

    @Test func anInterruptedVolumeIsReplaced() {
        var recorded = Lab.recorded([disk])
        recorded.records[disk.address]?.isPartial = true
        let changes = diff(desired: Lab.desired([disk]), recorded: recorded, observed: Lab.observed([disk]))
        #expect(changes.changes.map(\.action) == [.replace])
    }

    @Test func aRunningGuestBehindItsDefinitionIsPending() {
        let wanted = Lab.resource("VirtualMachine/web", ["power": "On", "vcpus": 4, "vcpus/maximum": 4])
        var host = Lab.observedHost([wanted])
        let id = Lab.id("web")
        host.objects[id]?.running = Lab.attributes(["power": "On", "vcpus": 2, "vcpus/maximum": 2])
        let changes = diff(
            desired: Lab.desired([wanted]), recorded: Lab.recorded([wanted]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        #expect(changes.changes.isEmpty)
        #expect(changes.pendingRestarts.map { $0.fields.map(\.path.description) } == [["vcpus", "vcpus/maximum"]])
    }

    /// What is wanted, defined and running of one attribute; what changes, what of it runs already, what is pending.
    @Test(
        arguments: [
            ("pae changed by hand in the definition", "features/pae", true, false, true, ["features/pae"], true, []),
            ("the same, and restarted since", "features/pae", true, false, false, ["features/pae"], false, []),
            ("written down, not restarted", "features/pae", true, true, false, [], false, ["features/pae"]),
            ("left the manifest, not restarted", "features/pae", nil, false, true, [], false, ["features/pae"]),
            ("a timer that left it", "clock/timers/hpet", nil, nil, false, [], false, ["clock/timers/hpet"]),
            ("somebody else's disk", "disks/sdz/cache", nil, nil, "none", [], false, []),
            ("somebody else's model", "cpu/mode", nil, "host-model", "maximum", [], false, []),
            ("a machine type that left it", "machine", nil, "pc-q35-7.2", "pc-i440fx-7.2", [], false, ["machine"]),
            ("ACPI that left it", "features/acpi", nil, true, false, [], false, ["features/acpi"]),
            ("memory that the guest may get by itself", "memory", 4096, 2048, 4096, ["memory"], false, []),
            ("processors plugged in by hand", "vcpus", 2, 2, 3, ["vcpus"], false, []),
            ("processors that nobody manages", "vcpus", nil, 2, 3, [], false, []),
            ("memory that the balloon took", "memory", 2048, 2048, 1024, [], false, []),
        ] as [(String, String, Value?, Value?, Value?, [String], Bool, [String])])
    func whatIsDefinedAndWhatRuns(
        name: String, path: String, wanted: Value?, defined: Value?, runs: Value?, changing: [String],
        runsAlready: Bool, pending: [String]
    ) {
        func machine(_ value: Value?) -> Resource {
            Lab.resource("VirtualMachine/web", ["power": "On"].merging(value.map { [path: $0] } ?? [:]) { $1 })
        }
        var host = Lab.observedHost([machine(defined)])
        host.objects[Lab.id("web")]?.running = machine(runs).attributes.mapValues(\.value)
        let changes = diff(
            desired: Lab.desired([machine(wanted)]), recorded: Lab.recorded([machine(wanted)]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        #expect((changes.changes.first?.fields ?? []).map(\.path.description) == changing, "\(name)")
        #expect((changes.changes.first?.runsAlready.isEmpty == false) == runsAlready, "\(name)")
        #expect(
            changes.pendingRestarts.flatMap(\.fields).map(\.path.description) == pending, "\(name)")
    }

    /// What a running guest is given while it runs: what it has otherwise is somebody's doing, or was never finished.
    @Test(
        arguments: [
            ("moved by hand", "networks/lan/source", "network/a", "network/b", [], "network/b drift"),
            ("taken out by hand", "networks/lan/source", "network/a", nil, [], "null drift"),
            (
                "a change that was not finished", "networks/lan/source", "network/a", "network/b",
                ["networks/lan/source"], "network/b config"
            ),
            ("memory that was not given", "memory", 2048, 1024, ["memory"], "1024 config"),
            ("memory that the balloon took", "memory", 2048, 1024, [], nil),
            (
                "a device that was not let go of", "networks/lan/source", nil, "network/a", ["networks/lan/source"],
                "network/a config"
            ),
            (
                "a disk that was not let go of", "disks/data/source", nil, "/images/data.qcow2", ["disks/data/source"],
                "default/data.qcow2 config"
            ),
            ("somebody else's device", "networks/lan/source", nil, "network/a", [], nil),
            ("finished since", "memory", 2048, 2048, ["memory"], nil),
        ] as [(String, String, Value?, Value?, [String], String?)])
    func whatIsGivenWhileItRuns(
        name: String, path: String, wanted: Value?, runs: Value?, unfinished: [String], change: String?
    ) throws {
        func machine(_ value: Value?) -> Resource {
            var attributes: [String: Value] = ["power": "On", "memory/maximum": 4096, "networks/dmz/source": "user"]
            attributes[path] = value
            if value != nil, path.hasPrefix("networks/") { attributes["networks/lan/mac"] = "52:54:00:00:00:01" }
            if value != nil, path.hasPrefix("disks/") { attributes["disks/data/bus"] = "virtio" }
            return Lab.resource("VirtualMachine/web", attributes)
        }
        var host = Lab.observedHost([machine(wanted)])
        host.features.insert(.hotplug)
        host.objects[Lab.id("web")]?.running = machine(runs).attributes.mapValues(\.value)
        var recorded = Lab.recorded([machine(wanted)])
        recorded.records[machine(wanted).address]?.unfinished = .init(
            unfinished.compactMap(AttributePath.init).map { ($0, .config) })
        let changes = diff(
            desired: Lab.desired([machine(wanted)]), recorded: recorded,
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let fields = (changes.changes.first?.fields ?? [])
        #expect(
            fields.map { "\($0.before.text ?? $0.before.number.map { String($0) } ?? "null") \($0.cause)" }
                == (change.map { [$0] } ?? []), "\(name)")
        #expect(changes.pendingRestarts.isEmpty, "\(name)")
        #expect(changes.changes.first.map { $0.definedAlready == Set($0.fields.map(\.path)) } ?? true, "\(name)")
        // What turns out to be finished is recorded as such.
        #expect(changes.unrecorded.count == (change == nil && !unfinished.isEmpty ? 1 : 0), "\(name)")
    }

    /// A device that was put back by hand has no name of ours, and goes with the one that it was.
    @Test func whatWasPutBackByHandGoesToo() {
        let machine: [String: Value] = [
            "power": "Off", "disks/data/source": "default/data.qcow2", "networks/lan/source": "network/lan",
            "networks/lan/mac": "52:54:00:00:00:01",
        ]
        let found: [String: Value] = [
            "power": "Off", "disks/vdb/source": "/images/data.qcow2", "disks/vdc/source": "/images/other.qcow2",
            "networks/52:54:00:00:00:01/source": "network/default",
            "networks/52:54:00:00:00:01/mac": "52:54:00:00:00:01",
        ]
        let wanted = Lab.resource("VirtualMachine/web", ["power": "Off"])
        let changes = diff(
            desired: Lab.desired([wanted]), recorded: Lab.recorded([Lab.resource("VirtualMachine/web", machine)]),
            observed: Lab.observed([Lab.resource("VirtualMachine/web", found)]))
        #expect(
            changes.changes.first?.fields.map { "\($0.path) \($0.before.text ?? "") -> \($0.after.text ?? "none")" }
                == [
                    "disks/vdb/source default/data.qcow2 -> none",
                    "networks/52:54:00:00:00:01/source network/default -> none",
                ])
    }

    @Test func whatRunsWithoutADefinitionIsDefinedAnew() throws {
        let wanted = Lab.resource("VirtualMachine/web", ["power": "On", "cpu/mode": "host-model"])
        var host = Lab.observedHost([Lab.resource("VirtualMachine/web", ["power": "On", "cpu/mode": "custom"])])
        var found = try #require(host.objects[Lab.id("web")])
        found.attributes[.persistent] = false
        found.running = found.attributes
        host.objects[Lab.id("web")] = found
        let changes = diff(
            desired: Lab.desired([wanted]), recorded: Lab.recorded([wanted]),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        #expect(changes.changes.map(\.cause) == [.drift])
        #expect(changes.changes.first?.fields.map(\.path) == [.init(.persistent), .init(.cpuMode)])
        #expect(changes.changes.first?.runsAlready == [.init(.cpuMode)])
    }

    /// Cores in a socket, sockets and the maximum, wanted and found, each with room above the value.
    @Test(
        arguments: [
            ((2, 4, 8), (2, 4, 8), []), ((2, 4, 8), (2, 2, 4), []),
            ((2, 4, 8), (4, 2, 8), ["cpu/topology/cores", "cpu/topology/sockets"]),
            ((2, 4, 8), (4, 1, 4), ["cpu/topology/cores", "cpu/topology/sockets", "vcpus/maximum"]),
        ] as [((Int64, Int64, Int64), (Int64, Int64, Int64), [String])])
    func aTopologyIsChangedAsAWhole(
        wanted: (Int64, Int64, Int64), found: (Int64, Int64, Int64), changed: [String]
    ) {
        func machine(_ shape: (Int64, Int64, Int64)) -> Resource {
            Lab.resource(
                "VirtualMachine/web",
                [
                    "power": "On", "vcpus": 2, "vcpus/maximum": .integer(shape.2), "cpu/topology/threads": 1,
                    "cpu/topology/cores": .integer(shape.0), "cpu/topology/sockets": .integer(shape.1),
                ])
        }
        let changes = diff(
            desired: Lab.desired([machine(wanted)]), recorded: Lab.recorded([machine(wanted)]),
            observed: Lab.observed([machine(found)]))
        #expect((changes.changes.first?.fields ?? []).map(\.path.description).sorted() == changed)
    }

    @Test(
        arguments: [
            // recorded value and maximum, found maximum, wanted value and maximum, fields that change
            (1, 4, 4, 2, 8, ["vcpus"]),
            (1, 4, 4, 5, 20, ["vcpus", "vcpus/maximum"]),
            (1, 1, 1, 1, 4, ["vcpus/maximum"]),
            (1, 4, 4, 1, 1, ["vcpus/maximum"]),
            (2, 8, 2, 2, 8, []),
            (2, 8, 8, 2, 8, []),
            // What was left as it was is nobody's hand when the room goes.
            (2, 6, 8, 2, 2, ["vcpus/maximum"]),
        ] as [(Int64, Int64, Int64, Int64, Int64, [String])])
    func roomAboveAValueIsLeftAsItIs(
        value: Int64, maximum: Int64, found: Int64, wanted: Int64, wantedMaximum: Int64, changed: [String]
    ) {
        func machine(_ value: Int64, _ maximum: Int64) -> Resource {
            Lab.resource(
                "VirtualMachine/web", ["power": "On", "vcpus": .integer(value), "vcpus/maximum": .integer(maximum)])
        }
        let changes = diff(
            desired: Lab.desired([machine(wanted, wantedMaximum)]), recorded: Lab.recorded([machine(value, maximum)]),
            observed: Lab.observed([machine(value, found)]))
        #expect((changes.changes.first?.fields ?? []).map(\.path.description) == changed)
        #expect(changes.changes.allSatisfy { $0.cause == .config })
    }

    /// What is there was made under another name of the same host.
    @Test func aRenamedProviderIsToldOnce() {
        let other = Host(Address(kind: "Provider", name: "rack"), uri: Lab.host.uri)
        func moved(_ resource: Resource) -> Resource {
            var moved = resource
            let object = resource.object
            moved.object = ObjectReference(object.kind, host: other.address, name: object.name, pool: object.pool)
            return moved
        }
        let disks = ["a", "b"].map {
            Lab.resource("VirtualMachine/\($0)/disk/root", .volume, pool: "default", ["capacity": 1024])
        }
        let desired = DesiredState(stack: StackSettings(name: "lab"), hosts: [other], resources: disks.map(moved))
        let observed = Lab.observedHost(disks)
        let changes = diff(
            desired: desired, recorded: Lab.recorded(disks),
            observed: ObservedState(hosts: [Lab.host.address: .read(observed), other.address: .read(observed)]))
        #expect(changes.diagnostics.map(\.code) == ["host-renamed"])
        #expect(changes.diagnostics.first?.detail.contains("Call it `lab` again") == true)
    }

    @Test func anInSyncHostGivesNothing() {
        let changes = diff(
            desired: Lab.desired([web, disk]), recorded: Lab.recorded([web, disk]), observed: Lab.observed([web, disk]))
        #expect(changes.changes.isEmpty && changes.unrecorded.isEmpty && changes.pendingRestarts.isEmpty)
        #expect(changes.unchanged == 2)
    }
}

/// The addresses of a network are all in its manifest, if any are.
@Suite struct NetworkAddressTests {
    private static func network(_ addresses: String...) -> Resource {
        Lab.resource(
            "Network/lan", .network,
            ["active": true].merging(addresses.map { ("addresses/\($0)/prefix", 24) }) { first, _ in first })
    }

    @Test(arguments: [
        (
            "one by hand", network("192.0.2.1"), network("192.0.2.1"), network("192.0.2.1", "198.51.100.1"),
            ["198.51.100.1 drift"]
        ),
        (
            "renumbered by hand", network("192.0.2.1"), network("192.0.2.1"), network("198.51.100.1"),
            ["192.0.2.1 drift", "198.51.100.1 drift"]
        ),
        (
            "renumbered in the manifest", network("198.51.100.1"), network("192.0.2.1"), network("192.0.2.1"),
            ["192.0.2.1 config", "198.51.100.1 config"]
        ),
        ("none in the manifest", network(), network(), network("198.51.100.1"), []),
    ])
    func addresses(_ name: String, wanted: Resource, applied: Resource, found: Resource, fields: [String]) {
        let changes = diff(
            desired: Lab.desired([wanted]), recorded: Lab.recorded([applied]), observed: Lab.observed([found]))
        #expect(changes.changes.flatMap { $0.fields.map { "\($0.path.item) \($0.cause)" } } == fields, "\(name)")
        #expect(changes.diagnostics.isEmpty)
    }
}
