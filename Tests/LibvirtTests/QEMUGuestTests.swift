import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Guests that hear what is asked of them, on both chipsets.
@Suite(.needsPrivateLibvirt, .needsTestGuest) struct QEMUGuestTests {
    @Test(arguments: ["q35", "pc"])
    func aGuestIsChangedWhileItRunsAndShutsDown(_ machine: String) async throws {
        let target = try await ContractHosts.qemu()
        let root = target.reference(.volume, "guest-\(machine).qcow2", pool: target.pool)
        let data = target.reference(.volume, "data-\(machine).raw", pool: target.pool)
        let network = target.reference(.network, "guest-\(machine)")
        let domain = target.reference(.domain, "guest-\(machine)")
        let image = try await TestGuest.image()
        try await target.perform(
            .create, root,
            [
                (.of(.capacity), .integer(64 << 20)), (.of(.volumeFormat), "qcow2"), (.of(.backing), .string(image)),
                (.of(.backingFormat), "qcow2"),
            ])
        try await target.perform(.create, data, [(.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "raw")])
        try await target.perform(.create, network, [(.of(.forwardMode), "none")])
        // Nothing is said of ACPI: a PC has it.
        try await target.perform(
            .create, domain,
            [
                (.of(.vcpus), 2), (.of(.maximumVCPUs), 4), (.of(.memory), .integer(160 << 20)),
                (.of(.maximumMemory), .integer(192 << 20)), (.of(.machine), .string(machine)),
                (.of(.diskSource, "root"), .string("\(target.pool)/\(root.name)")),
                (.of(.diskFormat, "root"), "qcow2"), (.of(.diskBus, "root"), "virtio"),
                (.of(.nicSource, "lan"), "network/default"), (.of(.nicModel, "lan"), "virtio"),
            ])
        let console = try await target.log(consoleOf: domain)
        try await target.perform(.start, domain)
        #expect(try await TestGuest.console(console, until: "guest: ready").contains("guest: cpus 2"))

        let more: [(AttributePath, Value)] = [
            (.of(.vcpus), 3), (.of(.memory), .integer(128 << 20)), (.of(.description), "in use"),
            (.of(.diskSource, "data"), .string("\(target.poolDirectory)/\(data.name)")),
            (.of(.diskFormat, "data"), "raw"), (.of(.diskBus, "data"), "virtio"), (.of(.nicSource, "wan"), "user"),
            (.of(.nicMAC, "wan"), "52:54:00:aa:00:01"), (.of(.nicModel, "wan"), "virtio"),
            (.of(.nicSource, "lan"), .string("network/\(network.name)")),
        ]
        try await change(domain, more, on: target)
        // An interrupted apply does it again.
        try await change(domain, more, on: target)

        try await target.perform(.updateLive, domain, [(.of(.diskCapacity, "root"), .integer(128 << 20))])
        try await target.perform(.updateLive, domain, [(.of(.diskCapacity, "root"), .integer(128 << 20))])
        #expect(try await target.observe(root)?.attributes[.capacity] == .integer(128 << 20))
        let shrunk = await #expect(throws: HostError.self) {
            try await target.perform(.updateLive, domain, [(.of(.diskCapacity, "root"), .integer(1 << 20))])
        }
        #expect(shrunk?.reason == .unsupported)

        try await change(domain, [(.of(.diskSource, "data"), .null), (.of(.nicSource, "wan"), .null)], on: target)
        // The guest hears the power button, or this fails.
        try await target.perform(.stop, domain, timeout: 300)
        #expect(try await target.observe(domain)?.attributes[.power] == "Off")

        // What is off has no disks but their volumes.
        try await target.perform(.updateLive, domain, [(.of(.diskCapacity, "root"), .integer(256 << 20))])
        #expect(try await target.observe(root)?.attributes[.capacity] == .integer(256 << 20))
        for object in [domain, network, root, data] { try await target.perform(.delete, object) }
    }

    /// Changes the definition and the running guest, and expects to see it in both.
    private func change(
        _ domain: ObjectReference, _ set: [(AttributePath, Value)], on target: ContractHost
    ) async throws {
        try await target.perform(.update, domain, set)
        try await target.perform(.updateLive, domain, set)
        let found = try #require(try await target.observe(domain))
        for (path, value) in set {
            let expected: Value? = value.isNull ? Value?.none : value
            #expect(found.attributes[path] == expected, "defined: \(path)")
            #expect(found.running?[path] == expected, "running: \(path)")
        }
        #expect(found.running == found.attributes)
    }
}
