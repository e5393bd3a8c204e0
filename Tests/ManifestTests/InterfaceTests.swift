import Manifest
import Model
import Testing

private let base =
    document("Provider", "h", "type: libvirt\nendpoint: \"qemu:///system\"")
    + document("VMClass", "c", "cpu: 1\nmemory: 1Gi")

private func machine(_ networks: String) -> String {
    document("VirtualMachine", "m", "classRef: c\nnetworks: [\(networks)]")
}

/// What a guest's interfaces cannot have.
@Suite struct InterfaceTests {
    @Test(arguments: [
        ("192.0.2.0", 24, "of its network itself"), ("192.0.2.255", 24, "of everybody in its network"),
        ("192.0.2.127", 25, "of everybody in its network"), ("0.0.0.0", 8, "of nobody"), ("127.0.0.1", 8, "to itself"),
        ("224.0.0.5", 24, "of a group"), ("255.255.255.255", 32, "of everybody"), ("::", 64, "of nobody"),
        ("::1", 128, "to itself"), ("ff02::1", 64, "of a group"), ("192.0.2.0", 31, nil), ("192.0.2.0", 32, nil),
        ("192.0.2.0", 23, "of its network itself"), ("192.0.3.0", 23, nil), ("2001:db8::", 64, nil),
        ("fe80::1", 64, nil), ("192.0.2.1", 24, nil),
    ])
    func addressesThatNobodyHas(_ address: String, _ prefix: Int, _ fault: String?) {
        let loaded = load(base + machine("{name: a, ipAddress: \"\(address)\", prefix: \(prefix)}"))
        #expect(loaded.errors.map(\.code) == (fault == nil ? [] : ["invalid-network"]), "\(loaded.report)")
        #expect(loaded.errors.first?.detail.contains(fault ?? "") != false, "\(loaded.report)")
    }

    @Test(arguments: [
        ("macAddress: 52:54:00:00:00:01", "macAddress: 52-54-00-00-00-01", "the MAC `52:54:00:00:00:01`"),
        ("ipAddress: 192.0.2.7, prefix: 24", "staticIP: {address: 192.0.2.7/24}", "the address `192.0.2.7`"),
    ])
    func whatTwoOfThemCannotBothHave(_ first: String, _ second: String, _ words: String) {
        for networks in [
            "{name: a, \(first)}, {name: b, \(second)}",
            "{name: a, bridge: x, \(first)}, {name: b, bridge: x, \(second)}",
        ] {
            let loaded = load(base + machine(networks))
            #expect(loaded.errors.map(\.code) == ["conflicting-fields"], "\(loaded.report)")
            #expect(loaded.errors.first?.detail.contains(words) == true, "\(loaded.report)")
        }
    }

    @Test func aMachineIsNotItsOwnGateway() {
        let loaded = load(base + machine("{name: a, ipAddress: 192.0.2.7, prefix: 24, gateway: 192.0.2.7}"))
        #expect(loaded.errors.map(\.code) == ["invalid-network"], "\(loaded.report)")
        #expect(loaded.errors.first?.detail.contains("its own address") == true)
    }

    /// Said once, of what was written.
    @Test(arguments: ["192.0.2.4/255.255.255.0", "192.0.2.4/33", "192.0.2", "web"])
    func anAddressThatIsNone(_ address: String) {
        let loaded = load(base + machine("{name: a, staticIP: {address: \"\(address)\"}}"))
        #expect(loaded.errors.map(\.code) == ["invalid-value"], "\(loaded.report)")
        let detail = loaded.errors.first?.detail ?? ""
        #expect(detail.contains("the length of its prefix as in 192.0.2.1/24") && detail.contains(address), "\(detail)")
    }

    @Test func twoPrefixesDisagree() {
        let loaded = load(base + machine("{name: a, staticIP: {address: 192.0.2.4/24, prefix: 25}}"))
        #expect(loaded.errors.map(\.code) == ["conflicting-spellings"], "\(loaded.report)")
    }
}
