import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// How disks and interfaces are known again, on every host.
@Suite struct DeviceContractTests {
    /// All that a name may have. Libvirt drops an alias with a dot, so that one has another letter for it.
    @Test(arguments: HostKind.available)
    func namesAreKept(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-names")
        let names = ["data", "d.1", "d-1", "v1.2-rc.3"]
        let devices = names.flatMap { name -> [(AttributePath, Value)] in
            [(.of(.diskSource, name), .string("/srv/\(name).img")), (.of(.nicSource, name), "user")]
        }
        try await target.perform(.create, domain, DomainContractTests.small + devices)
        // Once more, as after an interrupted apply.
        try await target.perform(.update, domain, devices)
        let found = try #require(try await target.observe(domain)).attributes
        #expect(found.items(of: .diskSource) == names.sorted())
        #expect(found.items(of: .nicSource) == names.sorted())
        for (path, value) in devices { #expect(found[path] == value, "\(path)") }
        let xml = try await target.xml(of: domain)
        #expect(xml.contains("'ua-disk-data'") && xml.contains("'ua-nic-d-1'") && xml.contains("'ua-disk-v1_2-rc_3'"))
        try await target.perform(
            .update, domain, [(.of(.diskSource, "d.1"), .null), (.of(.nicSource, "d.1"), .null)])
        let rest = try #require(try await target.observe(domain)).attributes
        #expect(rest.items(of: .diskSource) == names.sorted().filter { $0 != "d.1" })
        try await target.perform(.delete, domain)
    }

    private static let devices: [(AttributePath, Value)] = [
        (.of(.diskSource, "data"), "/srv/data.img"), (.of(.diskDevice, "data"), "disk"),
        (.of(.diskFormat, "data"), "raw"), (.of(.diskBus, "data"), "virtio"), (.of(.diskCache, "data"), "none"),
        (.of(.nicSource, "lan"), "user"), (.of(.nicMAC, "lan"), "52:54:00:ab:cd:01"), (.of(.nicModel, "lan"), "virtio"),
    ]

    /// Taken out and put back by hand: the same disk, the same interface, and no name.
    @Test(arguments: HostKind.available)
    func whatWasPutBackByHandIsNotAddedTwice(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-put-back")
        let other: [(AttributePath, Value)] = [
            (.of(.diskSource, "other"), "/srv/other.img"), (.of(.nicSource, "x"), "user"),
        ]
        try await target.perform(.create, domain, DomainContractTests.small + Self.devices + other)
        try await target.redefine(domain) { xml in
            for name in ["disk-data", "nic-lan", "disk-other", "nic-x"] {
                xml = xml.replacing("<alias name='ua-\(name)'/>", with: "")
            }
            xml = xml.replacing(" cache='none'", with: "")
        }
        let before = try #require(try await target.observe(domain)).attributes
        #expect(before[.diskSource, "data"] == nil && before[.nicSource, "lan"] == nil)
        try await target.perform(.update, domain, Self.devices)
        let found = try #require(try await target.observe(domain)).attributes
        for (path, value) in Self.devices { #expect(found[path] == value, "\(path)") }
        #expect(found.items(of: .diskSource).count == 2 && found.items(of: .nicSource).count == 2)
        #expect(found[.diskSource, "other"] == nil, "what is not asked for stays as it is")
        // What has no name goes by the one that it shows.
        let shown = found.items(of: .diskSource).filter { $0 != "data" }
        try await target.perform(.update, domain, shown.map { (.of(.diskSource, $0), .null) })
        #expect(try await target.observe(domain)?.attributes.items(of: .diskSource) == ["data"])
        try await target.perform(.delete, domain)
    }
}

/// What belongs to a model or a bus goes with it: libvirt refuses it beside another one, or makes another thing of it.
extension DeviceContractTests {
    static let before: [(AttributePath, Value)] = [
        (.of(.diskSource, "data"), "/srv/data.img"), (.of(.diskFormat, "data"), "raw"),
        (.of(.diskBus, "data"), "virtio"), (.of(.nicSource, "lan"), "user"), (.of(.nicModel, "lan"), "virtio"),
        (.of(.videoModel), "qxl"), (.of(.clockOffset), "utc"),
    ]

    @Test(arguments: HostKind.available, ["virtio", "vga", "cirrus", "none"])
    func whatBelongsToAModelGoesWithIt(_ kind: HostKind, _ video: String) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "contract-model-\(video)")
        try await target.perform(.create, domain, DomainContractTests.small + Self.before)
        try await target.redefine(domain) { xml in
            xml = xml.replacing("<clock offset='utc'", with: "<clock offset='variable' adjustment='3600' basis='utc'")
            xml = xml.replacing("type='raw'", with: "type='raw' queues='2'")
            xml = xml.replacing(
                "<model type='virtio'/>", with: "<model type='virtio'/><driver name='qemu' rx_queue_size='512'/>")
        }
        let after: [(AttributePath, Value)] = [
            (.of(.videoModel), .string(video)), (.of(.clockOffset), "localtime"), (.of(.diskBus, "data"), "sata"),
            (.of(.nicModel, "lan"), "e1000"),
        ]
        try await target.perform(.update, domain, after)
        let found = try #require(try await target.observe(domain)).attributes
        for (path, value) in after { #expect(found[path] == value, "\(path)") }
        let xml = try await target.xml(of: domain)
        #expect(!xml.contains(" ram="), "libvirt gives it to a qxl: \(xml)")
        for word in ["adjustment='3600'", "rx_queue_size", "queues="] { #expect(!xml.contains(word), "\(xml)") }
        try await target.perform(.update, domain, [(.of(.videoModel), "qxl")])
        #expect(try await target.observe(domain)?.attributes[.videoModel] == "qxl")
        try await target.perform(.delete, domain)
    }
}

extension ContractHost {
    /// Writes a domain's definition anew, by hand.
    func redefine(_ domain: ObjectReference, _ change: (inout String) -> Void) async throws {
        var xml = try await xml(of: domain)
        change(&xml)
        guard let daemon else {
            try scratch.write(xml, to: "default.lab/domains/\(domain.name).xml")
            return
        }
        try await daemon.virsh("define", scratch.write(xml, to: "domain.xml"))
    }
}
