import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Devices of a running guest that somebody else had in hand.
@Suite(.needsPrivateLibvirt) struct QEMUDeviceTests {
    private func disk(_ name: String, on target: ContractHost) async throws -> [(AttributePath, Value)] {
        let volume = target.reference(.volume, "\(name).raw", pool: target.pool)
        try await target.perform(.create, volume, [(.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "raw")])
        let item = String(name.split(separator: "-").last ?? "")
        return [
            (.of(.diskSource, item), .string("\(target.pool)/\(volume.name)")), (.of(.diskDevice, item), "disk"),
            (.of(.diskFormat, item), "raw"), (.of(.diskBus, item), "virtio"), (.of(.diskCache, item), "none"),
        ]
    }

    private let interface: [(AttributePath, Value)] = [
        (.of(.nicSource, "lan"), "network/default"), (.of(.nicMAC, "lan"), "52:54:00:ab:cd:77"),
        (.of(.nicModel, "lan"), "virtio"),
    ]

    /// Only the definition has lost its names: what runs has them still.
    @Test func theDefinitionHasItsNamesAgain() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "renamed")
        let devices = try await disk("renamed-data", on: target) + interface
        try await target.perform(.create, domain, DomainContractTests.small + devices)
        try await target.perform(.start, domain)
        try await target.redefine(domain) { xml in
            xml = xml.replacing("<alias name='ua-disk-data'/>", with: "").replacing(
                "<alias name='ua-nic-lan'/>", with: "")
        }
        try await target.perform(.update, domain, devices)
        try await expectOnce(domain, on: target)
        try await target.perform(.delete, domain)
    }

    /// Neither knows the names: the definition gets them, and the guest, whose devices libvirt does not rename, is known by it.
    @Test func whatWasPluggedInByHandIsNotPluggedInTwice() async throws {
        let target = try await ContractHosts.qemu()
        let daemon = try #require(target.daemon)
        let domain = target.reference(.domain, "plugged")
        let devices = try await disk("plugged-data", on: target) + interface
        try await target.perform(.create, domain, DomainContractTests.small)
        try await target.perform(.start, domain)
        try await daemon.virsh(
            "attach-disk", "plugged", "\(target.poolDirectory)/plugged-data.raw", "vdb", "--subdriver", "raw", "--live",
            "--config")
        try await daemon.virsh(
            "attach-interface", "plugged", "network", "default", "--mac", "52:54:00:AB:CD:77", "--model", "virtio",
            "--live", "--config")
        for _ in 1...2 {
            try await target.perform(.update, domain, devices)
            try await target.perform(.updateLive, domain, devices)
            try await expectOnce(domain, on: target)
        }
        // It is moved, and made larger, as one with a name is.
        let moved: [(AttributePath, Value)] = [(.of(.nicSource, "lan"), "bridge/br0")]
        try await target.perform(.update, domain, moved)
        try await target.perform(.updateLive, domain, moved + [(.of(.diskCapacity, "data"), .integer(2 << 20))])
        let found = try #require(try await target.observe(domain))
        #expect(found.running?[.nicSource, "lan"] == "bridge/br0")
        #expect(try await daemon.virsh("domblkinfo", "plugged", "vdb").contains("\(2 << 20)"))
        try await target.perform(.stop, domain, force: true)
        try await target.perform(.start, domain)
        #expect(try await target.observe(domain)?.running?[.diskCache, "data"] == "none", "since the next start")
        try await target.perform(.delete, domain)
    }

    /// Both the definition and what runs have each device once, under its name.
    private func expectOnce(_ domain: ObjectReference, on target: ContractHost) async throws {
        let found = try #require(try await target.observe(domain))
        for attributes in [found.attributes, try #require(found.running)] {
            #expect(attributes.items(of: .diskSource) == ["data"])
            #expect(attributes.items(of: .nicSource) == ["lan"])
            #expect(attributes[.nicMAC, "lan"] == "52:54:00:ab:cd:77")
        }
    }

    /// A disk of somebody else's, in the running guest alone, has a target.
    @Test func aTargetThatIsFreeInBoth() async throws {
        let target = try await ContractHosts.qemu()
        let daemon = try #require(target.daemon)
        let domain = target.reference(.domain, "targets")
        _ = try await disk("targets-foreign", on: target)
        let data = try await disk("targets-data", on: target)
        try await target.perform(.create, domain, DomainContractTests.small)
        try await target.perform(.start, domain)
        try await daemon.virsh(
            "attach-disk", "targets", "\(target.poolDirectory)/targets-foreign.raw", "vda", "--live")
        try await target.perform(.update, domain, data)
        try await target.perform(.updateLive, domain, data)
        let found = try #require(try await target.observe(domain))
        #expect(found.running?.items(of: .diskSource) == ["data", "vda"])
        #expect(try await daemon.virsh("domblklist", "targets", "--inactive").contains("vdb"))
        try await target.perform(.delete, domain)
    }
}
