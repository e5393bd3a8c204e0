import Manifest
import Model
import Testing

/// What libvirt and QEMU never accept is said at once and with its place, and not by a failed step of an apply.
@Suite struct RefusedByLibvirtTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        /// `code line:column` of each error.
        let expected: [String]
        let says: String
        var testDescription: String { name }

        /// A network, whose `spec` begins in line 7.
        init(_ name: String, network: String, _ expected: String..., says: String) {
            self.init(name, own("Network", "n", network), expected, says: says)
        }

        /// The class of a machine, whose `spec.spec` is in line 9.
        init(_ name: String, class spec: String, machine: String = "classRef: c", _ expected: String..., says: String) {
            let text =
                document("VMClass", "c", "cpu: 1\nmemory: 1Gi\nspec: {\(spec)}")
                + document("VirtualMachine", "m", machine)
            self.init(name, text, expected, says: says)
        }

        private init(_ name: String, _ text: String, _ expected: [String], says: String) {
            let host = document("Provider", "h", "type: libvirt\nendpoint: test:///default")
            (self.name, self.text, self.expected, self.says) = (name, text + host, expected, says)
        }
    }

    private static let subnet = "addresses: [{address: 192.0.2.1/24}]"
    private static func subnets(_ items: String...) -> String { "addresses: [\(items.joined(separator: ", "))]" }

    static let networks: [Case] = [
        .init(
            "nat, unsaid", network: "autostart: true", "invalid-network 7:3", says: "In the mode `nat` the host leads"),
        .init("nat", network: "mode: nat", "invalid-network 7:9", says: "such as `[{address: 192.0.2.1/24}]`"),
        .init("route", network: "mode: route\naddresses: []", "invalid-network 7:9", says: "or say `mode: isolated`"),
        .init("open", network: "mode: open", "invalid-network 7:9", says: "In the mode `open`"),
        .init(
            "a device in open", network: "mode: open\ndevice: eth0\n\(subnet)", "invalid-network 8:11",
            says: "or say `mode: route`"),
        .init(
            "a domain on a bridge", network: "mode: bridge\nbridge: br0\ndomain: lab", "invalid-network 9:11",
            says: "leave out `spec.domain`"),
        .init(
            "names on a bridge", network: "mode: bridge\nbridge: br0\ndns: {hosts: [{ip: 192.0.2.1, names: [a]}]}",
            "invalid-network 9:17", says: "leave out `spec.dns.hosts`"),
        .init(
            "a bridge and a device", network: "mode: bridge\nbridge: br0\ndevice: eth0", "invalid-network 9:11",
            says: "Keep one of them"),
        .init(
            "DHCP twice",
            network: subnets(
                "{address: 192.0.2.1/24, dhcp: {ranges: [{start: 192.0.2.9, end: 192.0.2.10}]}}",
                "{address: 198.51.100.1/24, dhcp: {ranges: [{start: 198.51.100.9, end: 198.51.100.10}]}}"),
            "invalid-network 7:138", says: "198.51.100.1/24 is another"),
        .init(
            "DHCP for hosts of another network",
            network: subnets(
                "{address: 192.0.2.1/24, dhcp: {ranges: [{start: 192.0.2.9, end: 192.0.2.10}]}}",
                "{address: 198.51.100.1/24}")
                + "\ndhcp: {hosts: [{mac: \"52:54:00:00:00:01\", ip: 198.51.100.9}, {mac: \"52:54:00:00:00:02\", ip: 198.51.100.8}]}",
            "invalid-network 8:49", says: "leave out its `dhcp`"),
        .init(
            "IPv6 by a MAC",
            network: "addresses: [{address: \"fd00::1/64\"}]\n"
                + "dhcp: {hosts: [{mac: \"52:54:00:00:00:01\", ip: \"fd00::9\"}]}",
            "invalid-network 8:49", says: "`ipAddress` of the VirtualMachine's interface"),
    ]

    static let classes: [Case] = [
        .init(
            "native I/O", class: "storage: {io: native}", "conflicting-fields 9:24", says: "here it is `default`"),
        .init(
            "native I/O with a cache", class: "storage: {io: native, cache: writeback}", "conflicting-fields 9:24",
            says: "here it is `writeback`"),
        .init(
            "IDE on q35", class: "machine: pc-q35-7.2, devices: {disk: {bus: ide}}", "conflicting-fields 9:53",
            says: "has no IDE"),
        .init(
            "five disks on IDE", class: "devices: {disk: {bus: ide}}",
            machine: "classRef: c\ndisks:\n"
                + ["root", "a", "b", "c", "d"].map { "  - {name: \($0), size: 1Gi}" }.joined(separator: "\n"),
            "conflicting-fields 22:7", says: "has 5"),
        .init(
            "policies", class: "clock: {timers: {rtc: discard, pit: merge, kvmclock: delay, hpet: merge}}",
            "invalid-value 9:32", "invalid-value 9:46", "invalid-value 9:63", says: "is `true` or `false`."),
        .init(
            "a timer of another hypervisor", class: "clock: {timers: {platform: true}}", "unknown-field 9:37",
            says: "There is no timer `platform`."),
    ]

    @Test(arguments: networks + classes)
    func isAnError(_ test: Case) {
        let errors = load(test.text).errors
        #expect(
            errors.map { "\($0.code) \($0.location?.line ?? 0):\($0.location?.column ?? 0)" } == test.expected,
            "\(errors)")
        #expect(errors.contains { $0.detail.contains(test.says) }, "\(errors.map(\.detail))")
    }

    @Test(arguments: [
        "mode: isolated", "mode: bridge\ndevice: eth0", "mode: route\ndevice: eth0\n\(subnet)", "mode: open\n\(subnet)",
        subnets(
            "{address: 192.0.2.1/24, dhcp: {ranges: [{start: 192.0.2.9, end: 192.0.2.10}]}}",
            "{address: \"fd00::1/64\", dhcp: {ranges: [{start: \"fd00::9\", end: \"fd00::10\"}]}}"),
    ])
    func isNone(_ network: String) {
        #expect(load(Case("", network: network, says: "").text).errors.map(\.detail) == [])
    }

    /// A number alone that was meant in bytes.
    @Test func noMachineHasThatMuchMemory() {
        let errors = load(
            Case("", class: "", machine: "classRef: c\nresources: {memory: 2147483648}", says: "").text
        ).errors
        #expect(errors.map(\.code) == ["invalid-value"])
        #expect(errors.first?.detail.contains("say which, as in `4Gi`") == true, "\(errors)")
    }
}
