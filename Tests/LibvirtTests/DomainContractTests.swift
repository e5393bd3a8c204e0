import Hypervisor
import Libvirt
import Model
import Testing

/// What every host does with domains, simulated or real.
@Suite struct DomainContractTests {
    static let small: [(AttributePath, Value)] = [
        (.of(.vcpus), 1), (.of(.memory), .integer(64 << 20)), (.of(.machine), "q35"), (.of(.acpi), true),
        (.of(.apic), true),
    ]

    /// Each attribute with a first value and another.
    static let values: [(AttributePath, Value, Value)] = [
        (.of(.autostart), true, false),
        (.of(.description), "A <web> server & more", "Another"),
        (.of(.cpuMode), "host-model", "maximum"),
        (.of(.pae), true, false),
        (.of(.ignition), "/srv/a.ign", "/srv/b.ign"),
        (.of(.clockOffset), "utc", "localtime"),
        (.of(.timer, "rtc"), "catchup", "delay"),
        (.of(.timer, "hpet"), false, true),
        (.of(.videoModel), "vga", "virtio"),
        (.of(.nicSource, "lan"), "user", "bridge/br7"),
        (.of(.nicMAC, "lan"), "52:54:00:aa:bb:01", "52:54:00:aa:bb:02"),
        (.of(.nicModel, "lan"), "virtio", "e1000"),
        (.of(.diskSource, "root"), "/srv/a.img", "/srv/b.img"),
        (.of(.diskDevice, "root"), "disk", "disk"),
        (.of(.diskFormat, "root"), "raw", "qcow2"),
        (.of(.diskBus, "root"), "virtio", "sata"),
        (.of(.diskCache, "root"), "none", "writeback"),
        (.of(.diskIO, "root"), "native", "threads"),
        (.of(.diskSource, "seed"), "/srv/seed.iso", "/srv/other.iso"),
        (.of(.diskDevice, "seed"), "cdrom", "cdrom"),
        (.of(.diskBus, "seed"), "scsi", "virtio"),
        (.of(.diskSource, "media"), "/srv/media.iso", "/srv/media.iso"),
        (.of(.diskDevice, "media"), "cdrom", "cdrom"),
        (.of(.diskBus, "media"), "virtio", "sata"),
    ]

    @Test(arguments: HostKind.available)
    func whatIsSetIsSeen(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-set")
        let first = Self.small + Self.values.map { ($0.0, $0.1) }
        try await target.perform(.create, domain, first)
        let created = try #require(try await target.observe(domain))
        for (path, value) in first where path.attribute != .machine {
            #expect(created.attributes[path] == value, "after create: \(path)")
        }
        #expect(created.attributes[.machine]?.text?.contains("q35") == true)
        #expect(created.attributes[.power] == "Off")
        #expect(created.running == nil)

        let second = Self.values.map { ($0.0, $0.2) }
        // Native I/O wants a cache of none: both change together here.
        try await target.perform(.update, domain, second)
        let updated = try #require(try await target.observe(domain))
        for (path, value) in second { #expect(updated.attributes[path] == value, "after update: \(path)") }

        try await target.perform(.delete, domain)
        #expect(try await target.observe(domain) == nil)
        try await target.perform(.delete, domain)
    }

    /// Guests count their devices in the order of the definition, whatever these are called. What comes later stands last.
    @Test(arguments: HostKind.available)
    func devicesComeInTheirOrder(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-order")
        let disks = ["b": 1, "c": 2, "root": 0, "a": 3].map { name, _ in
            (AttributePath.of(.diskSource, name), Value.string("/srv/\(name).img"))
        }
        let interfaces = ["lan", "dmz"].map { (AttributePath.of(.nicSource, $0), Value.string("user")) }
        try await target.perform(
            .create, domain,
            Self.small + disks + interfaces + [
                (.of(.diskOrder), ["c", "a", "b"]), (.of(.nicOrder), ["wan", "lan", "dmz"]),
                (.of(.nicSource, "wan"), "user"),
            ])
        try await target.perform(.update, domain, [(.of(.nicSource, "admin"), "user")])
        let xml = try await target.xml(of: domain)
        let aliases = xml.split(separator: "ua-").dropFirst().map { $0.prefix { $0 != "'" } }
        #expect(aliases == ["disk-root", "disk-c", "disk-a", "disk-b", "nic-wan", "nic-lan", "nic-dmz", "nic-admin"])
        #expect(try await target.observe(domain)?.attributes[.nicOrder] == nil)
        try await target.perform(.delete, domain)
    }

    @Test(arguments: HostKind.available)
    func itemsComeAndGo(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-items")
        try await target.perform(
            .create, domain,
            Self.small + [(.of(.diskSource, "root"), "/srv/a.img"), (.of(.nicSource, "lan"), "user")])
        try await target.perform(
            .update, domain,
            [
                (.of(.diskSource, "data"), "/srv/data.img"), (.of(.diskBus, "data"), "virtio"),
                (.of(.diskSource, "root"), .null), (.of(.nicSource, "lan"), .null), (.of(.nicSource, "wan"), "user"),
            ])
        let found = try #require(try await target.observe(domain)).attributes
        #expect(found.items(of: .diskSource) == ["data"])
        #expect(found.items(of: .nicSource) == ["wan"])
        try await target.perform(.update, domain, [(.of(.description), "x")])
        try await target.perform(.update, domain, [(.of(.description), .null)])
        #expect(try #require(try await target.observe(domain)).attributes[.description] == nil)
        try await target.perform(.delete, domain)
    }

    @Test(arguments: HostKind.available)
    func powerGoesOnAndOff(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-power")
        try await target.perform(.create, domain, Self.small)
        try await target.perform(.start, domain)
        try await target.perform(.start, domain)
        let running = try #require(try await target.observe(domain))
        #expect(running.attributes[.power] == "On")
        #expect(running.running?[.memory] == .integer(64 << 20))
        try await target.perform(.stop, domain, timeout: 0, force: true)
        try await target.perform(.stop, domain, timeout: 0, force: true)
        #expect(try #require(try await target.observe(domain)).attributes[.power] == "Off")
        try await target.perform(.delete, domain)
    }

    @Test(arguments: HostKind.available)
    func aChangeThatIsNotLiveIsPending(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-pending")
        try await target.perform(.create, domain, Self.small)
        try await target.perform(.start, domain)
        try await target.perform(.update, domain, [(.of(.vcpus), 2), (.of(.maximumVCPUs), 4)])
        let found = try #require(try await target.observe(domain))
        #expect(found.attributes[.vcpus] == 2)
        #expect(found.attributes[.maximumVCPUs] == 4)
        #expect(found.running?[.vcpus] == 1)
        try await target.perform(.stop, domain, force: true)
        try await target.perform(.start, domain)
        #expect(try #require(try await target.observe(domain)).running?[.vcpus] == 2)
        try await target.perform(.delete, domain)
    }

    @Test(arguments: HostKind.available)
    func memoryAndProcessorsChangeLive(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-live")
        try await target.perform(
            .create, domain,
            Self.small + [(.of(.maximumVCPUs), 4), (.of(.maximumMemory), .integer(128 << 20))])
        try await target.perform(.start, domain)
        let set: [(AttributePath, Value)] = [(.of(.vcpus), 2), (.of(.description), "live")]
        // Real memory needs a guest that hears: see QEMUGuestTests.
        let memory: [(AttributePath, Value)] = target.isSimulated ? [(.of(.memory), .integer(96 << 20))] : []
        try await target.perform(.update, domain, set + memory)
        try await target.perform(.updateLive, domain, set + memory)
        let found = try #require(try await target.observe(domain))
        for (path, value) in set + memory {
            #expect(found.running?[path] == value)
            #expect(found.attributes[path] == value)
        }
        #expect(found.running?[.maximumVCPUs] == 4)
        try await target.perform(.delete, domain)
    }

    @Test(arguments: HostKind.available)
    func whatIsNotNamedStays(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-stays")
        let lineage = ObjectID.random()
        let stamp = Stamp(lineage: lineage, address: Address(kind: "VirtualMachine", name: "contract-stays"))
        try await target.perform(
            .create, domain,
            Self.small + [(.of(.timer, "rtc"), "catchup"), (.of(.diskSource, "root"), "/srv/a.img")], stamp: stamp)
        let before = try #require(try await target.observe(domain))
        #expect(before.stamp == stamp)
        try await target.perform(.update, domain, [(.of(.description), "changed")])
        let after = try #require(try await target.observe(domain))
        var expected = before
        expected.attributes[.description] = "changed"
        #expect(after == expected)
        // Once more, as after an interrupted apply.
        try await target.perform(.create, domain, Self.small + [(.of(.description), "changed")], stamp: stamp)
        #expect(try await target.observe(domain) == expected)
        try await target.perform(.delete, domain)
    }

    @Test(arguments: HostKind.available)
    func statusTellsWhatRuns(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-status")
        try await target.perform(.create, domain, Self.small)
        try await target.perform(.start, domain)
        let reader = try await target.hypervisor.reader(for: target.host)
        let gone = target.reference(.domain, "contract-gone")
        let status = try await reader.status(of: [domain, gone])
        #expect(status.count == 1)
        #expect(status.first?.power == .on)
        #expect(status.first?.vcpus == 1)
        #expect(status.first?.maximumMemory == 64 << 20)
        try await target.perform(.delete, domain)
    }
}
