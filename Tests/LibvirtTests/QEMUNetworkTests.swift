import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Networks as libvirtd has them: what changes while they serve, and from one mode to another. Each on a host of its own, since
/// libvirt chooses bridges that are free at that moment.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUNetworkTests {
    private static let first = "52:54:00:00:00:01"
    private static let second = "52:54:00:00:00:02"
    private static let ranges = AttributePath.of(.dhcpRanges, "192.0.2.1")
    private static func host(_ ip: String, _ name: String? = nil) -> Value {
        .map(["ip": .string(ip)].merging(name.map { ["name": .string($0)] } ?? [:]) { $1 })
    }

    struct Move: Sendable, CustomTestStringConvertible {
        let name: String
        let before: [AttributePath: Value]
        let after: [AttributePath: Value]
        var testDescription: String { name }
    }

    /// An address or a name goes from one to another; each is whose it was until all that goes has gone.
    @Test(arguments: [
        Move(
            name: "an address to a new host", before: [.of(.dhcpHost, second): host("192.0.2.60")],
            after: [.of(.dhcpHost, first): host("192.0.2.60"), .of(.dhcpHost, second): .null]),
        Move(
            name: "two addresses",
            before: [.of(.dhcpHost, first): host("192.0.2.60", "a"), .of(.dhcpHost, second): host("192.0.2.61", "b")],
            after: [.of(.dhcpHost, first): host("192.0.2.61", "a"), .of(.dhcpHost, second): host("192.0.2.60", "b")]),
        Move(
            name: "two names", before: [.of(.dnsHost, "192.0.2.5"): ["a"], .of(.dnsHost, "192.0.2.6"): ["b", "c"]],
            after: [.of(.dnsHost, "192.0.2.5"): ["b"], .of(.dnsHost, "192.0.2.6"): ["a", "c"]]),
        Move(
            name: "a name to a lower address", before: [.of(.dnsHost, "192.0.2.6"): ["a"]],
            after: [.of(.dnsHost, "192.0.2.5"): ["a"], .of(.dnsHost, "192.0.2.6"): .null]),
        Move(
            name: "one name of two addresses",
            before: [.of(.dnsHost, "192.0.2.5"): ["a"], .of(.dnsHost, "192.0.2.6"): ["a"]],
            after: [.of(.dnsHost, "192.0.2.5"): ["b"]]),
        Move(name: "first ranges", before: [:], after: [ranges: ["192.0.2.10-192.0.2.20", "192.0.2.30-192.0.2.40"]]),
        Move(
            name: "other ranges", before: [ranges: ["192.0.2.10-192.0.2.20", "192.0.2.30-192.0.2.40"]],
            after: [ranges: ["192.0.2.10-192.0.2.20", "192.0.2.30-192.0.2.45"]]),
        Move(
            name: "no ranges", before: [ranges: ["192.0.2.10-192.0.2.20"], .of(.dhcpHost, first): host("192.0.2.60")],
            after: [ranges: .null]),
        // Of two subnets libvirt would take the first that gives out addresses.
        Move(
            name: "of two kinds",
            before: [
                ranges: ["192.0.2.10-192.0.2.20"], .of(.addressPrefix, "2001:db8::1"): 64,
                .of(.dhcpRanges, "2001:db8::1"): ["2001:db8::10-2001:db8::20"],
            ],
            after: [
                ranges: .null, .of(.dhcpHost, first): host("192.0.2.60"),
                .of(.dhcpRanges, "2001:db8::1"): ["2001:db8::10-2001:db8::30"],
            ]),
    ])
    func isHandedOverWhileItServes(_ move: Move) async throws {
        let target = try ContractHosts.qemu(on: await PrivateLibvirt.start())
        let network = target.reference(.network, "handed-over")
        try await target.perform(
            .create, network,
            [(.of(.forwardMode), "none"), (.of(.addressPrefix, "192.0.2.1"), 24)] + move.before.map { ($0, $1) })
        for verb in [Operation.Verb.update, .updateLive] {
            try await target.perform(verb, network, move.after.map { ($0, $1) })
        }
        let found = try #require(try await target.observe(network))
        for (path, value) in move.before.merging(move.after, uniquingKeysWith: { $1 }) {
            #expect(found.running?[path] ?? .null == value, "running: \(path)")
            #expect(found.attributes[path] ?? .null == value, "defined: \(path)")
        }
        try await target.perform(.delete, network)
    }

    /// From every mode to every other: what libvirt says of a bridge of its own stands nowhere else.
    @Test func modesFollowEachOther() async throws {
        let target = try ContractHosts.qemu(on: await PrivateLibvirt.start())
        let network = target.reference(.network, "modes")
        let subnet = AttributePath.of(.addressPrefix, "198.51.100.1")
        let own: [(AttributePath, Value)] = [(subnet, 24), (.of(.bridge), .null), (.of(.forwardDevice), .null)]
        let modes: [(String, [(AttributePath, Value)])] = [
            ("nat", own), ("route", own), ("none", own), ("open", own),
            ("bridge", [(subnet, .null), (.of(.bridge), "br0"), (.of(.forwardDevice), .null)]),
            ("bridge", [(subnet, .null), (.of(.bridge), .null), (.of(.forwardDevice), "br0")]),
        ]
        try await target.perform(.create, network, [(.of(.forwardMode), "nat"), (subnet, 24)])
        for next in modes + modes.reversed() + [modes[0], modes[4], modes[0], modes[5], modes[2]] {
            try await target.perform(.stop, network)
            try await target.perform(.update, network, [(.of(.forwardMode), .string(next.0))] + next.1)
            try await target.perform(.start, network)
            let found = try #require(try await target.observe(network))
            #expect(found.attributes[.forwardMode] == .string(next.0))
            #expect(found.attributes[.active] == true)
        }
        try await target.perform(.delete, network)
    }

    enum Connection: String, CaseIterable { case network, bridge }

    /// Who is on a network by its bridge alone loses it likewise.
    @Test(arguments: Connection.allCases)
    func itIsNotStoppedUnderItsGuests(_ connection: Connection) async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let network = target.reference(.network, "busy")
        try await target.perform(
            .create, network,
            [(.of(.forwardMode), "none"), (.of(.addressPrefix, "192.0.2.1"), 24), (.of(.bridge), "rbr7")])
        let source = connection == .network ? "network='busy'" : "bridge='rbr7'"
        let xml = """
            <domain type='qemu'><name>foreign</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>
            <devices><interface type='\(connection)'><source \(source)/></interface></devices></domain>
            """
        try await daemon.virsh("create", target.scratch.write(xml, to: "foreign.xml"))
        #expect(try await target.observe(network)?.connections == (connection == .network ? 1 : 0))
        for verb in [Operation.Verb.stop, .delete] {
            let error = await #expect(throws: HostError.self) { try await target.perform(verb, network) }
            #expect(error?.reason == .inUse)
            #expect(error?.detail.contains("would be cut off: `foreign`.") == true, "\(String(describing: error))")
            #expect(error?.command == "virsh -c '\(daemon.uri)' domiflist foreign")
        }
        #expect(try await target.observe(network)?.attributes[.active] == true)
        try await daemon.virsh("destroy", "foreign")
        try await target.perform(.stop, network)
        try await target.perform(.delete, network)
        #expect(try await target.observe(network) == nil)
    }

    /// A bridge of the host's stays, and so do those who are on it.
    @Test func aBridgeOfTheHostsStays() async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let network = target.reference(.network, "bridged")
        try await target.perform(.create, network, [(.of(.forwardMode), "bridge"), (.of(.bridge), "br0")])
        let xml = """
            <domain type='qemu'><name>foreign</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>
            <devices><interface type='network'><source network='bridged'/></interface></devices></domain>
            """
        try await daemon.virsh("create", target.scratch.write(xml, to: "foreign.xml"))
        #expect(try await target.observe(network)?.connections == 0)
        try await target.perform(.stop, network)
        try await daemon.virsh("destroy", "foreign")
        try await target.perform(.delete, network)
    }

    /// Libvirt calls unsupported what contradicts itself, which is no fault of its driver's.
    @Test func aDefinitionThatIsNotTaken() async throws {
        let target = try ContractHosts.qemu(on: await PrivateLibvirt.start())
        let error = await #expect(throws: HostError.self) {
            try await target.perform(
                .create, target.reference(.network, "twice"),
                [
                    (.of(.forwardMode), "none"), (.of(.addressPrefix, "192.0.2.1"), 24),
                    (Self.ranges, ["192.0.2.10-192.0.2.20"]),
                    (.of(.addressPrefix, "198.51.100.1"), 24),
                    (.of(.dhcpRanges, "198.51.100.1"), ["198.51.100.10-198.51.100.20"]),
                ])
        }
        #expect(error?.detail.contains("Multiple IPv4 dhcp sections") == true)
        #expect(error?.detail.hasSuffix("The host takes no such definition.") == true, "\(String(describing: error))")
    }
}
