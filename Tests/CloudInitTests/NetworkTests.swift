import CloudInit
import Model
import TestSupport
import Testing

func expectSeed(
    _ testCase: SeedCase, _ golden: String, file: String = #filePath, sourceLocation: SourceLocation_ = #_sourceLocation
) throws {
    let seed = try #require(testCase.seed, "\(testCase.render().diagnostics)", sourceLocation: sourceLocation)
    try expectGolden(seed.allFiles, golden, file: file, sourceLocation: sourceLocation)
}

/// The place of a test; `Model` has one of manifests.
typealias SourceLocation_ = Testing.SourceLocation

/// User data with a network, and what is left of it.
struct NetworkCase: Sendable, CustomTestStringConvertible {
    let text: String
    let rest: String
    var line = 11
    var column = 9
    var testDescription: String { text }

    static let all: [NetworkCase] = [
        .init(
            text: "#cloud-config\nnetwork:\n  version: 2\n  ethernets: {a: {dhcp4: true}}\n", rest: "#cloud-config\n"),
        .init(
            text:
                "#cloud-config\na: 1\n\n# Before.\nnetwork: # Here.\n  # Within.\n  version: 2\n  ethernets:\n    a:\n      dhcp4: true\n  # Last.\n\n# After.\nb: |\n  network: x\n",
            rest: "#cloud-config\na: 1\n\n# Before.\n\n# After.\nb: |\n  network: x\n", line: 14),
        .init(
            text: "#cloud-config\n---\nnetwork:\n    version: 2\n    ethernets:\n        a: {dhcp4: yes}\n...\n# end",
            rest: "#cloud-config\n---\n...\n# end", line: 12),
        .init(
            text: "#cloud-config\nnetwork: {version: 2,\n  ethernets: {a: {dhcp4: true}}\n}\nb: 1",
            rest: "#cloud-config\nb: 1"),
        .init(
            text: "#cloud-config\n{a: 1, network: {version: 2, ethernets: {a: {dhcp4: true}}}, b: 2}\n",
            rest: "#cloud-config\n{a: 1, b: 2}\n", column: 16),
        .init(
            text: "#cloud-config\n{a: 1, network: {version: 2, ethernets: {a: {dhcp4: true}}}}\n",
            rest: "#cloud-config\n{a: 1, }\n", column: 16),
        .init(
            text: "#cloud-config\r\n'network':\r\n  version: 2\r\n  ethernets: {a: {dhcp4: true}}\r\nb: 1\r\n",
            rest: "#cloud-config\r\nb: 1\r\n"),
        .init(
            text: "#cloud-config\nx: &x {dhcp4: true}\nnetwork:\n  ethernets: {a: *x}\n",
            rest: "#cloud-config\nx: &x {dhcp4: true}\n", line: 12),
        .init(
            text: "#cloud-config\n{{ if true }}\n{{ end }}network: {ethernets: {a: {dhcp4: true}}}",
            rest: "#cloud-config\n\n", line: 12, column: 18),
    ]
}

@Suite struct NetworkTests {
    @Test(arguments: NetworkCase.all)
    func userDataIsLeftAsItWas(_ testCase: NetworkCase) throws {
        let seedCase = SeedCase(testCase.text, networks: [.dhcp])
        #expect(seedCase.codes == ["notice seed-network-moved \(testCase.line):\(testCase.column)"])
        let seed = try #require(seedCase.seed)
        #expect(seed.file("user-data") == testCase.rest)
        #expect(
            ["true", "yes"].contains {
                seed.file("network-config") == "version: 2\nethernets:\n  a:\n    dhcp4: \($0)\n"
            }, "\(seed.file("network-config") ?? "")")
    }

    /// A bare MAC address would be a number to cloud-init's reader, and a netplan file begins with a `network` of its
    /// own.
    @Test(arguments: [
        (
            "network: {version: 1, config: [{type: physical, name: eth0, mac_address: 52:54:00:12:34:56}]}",
            "version: 1\nconfig:\n  - type: physical\n    name: eth0\n    mac_address: \"52:54:00:12:34:56\"\n"
        ),
        (
            "network:\n  network:\n    version: 2\n    ethernets: {a: {dhcp4: true}}",
            "version: 2\nethernets:\n  a:\n    dhcp4: true\n"
        ),
        ("network: {network: {ethernets: {a: {dhcp4: true}}}}", "version: 2\nethernets:\n  a:\n    dhcp4: true\n"),
    ])
    func whatIsMovedIsWhatItMeans(_ text: String, _ expected: String) {
        #expect(SeedCase("#cloud-config\n\(text)\n").seed?.file("network-config") == expected)
    }

    @Test func whatIsNoNetworkStays() {
        for text in [
            "#cloud-config\nnetwork:\n", "#cloud-config\na: {network: {version: 2}}\n",
            "#cloud-config\na: |\n  network: 1\n",
        ] {
            let testCase = SeedCase(text)
            #expect(testCase.codes == [])
            #expect(testCase.seed?.file("user-data") == text)
            #expect(testCase.seed?.file("network-config") == nil)
        }
    }

    @Test func twoPlacesAreAConflict() {
        let text = "#cloud-config\nnetwork: {version: 2}\n"
        let testCase = SeedCase(text, networks: [.lan, .dhcp])
        #expect(testCase.codes == ["error seed-network-conflict 11:9"])
        #expect(testCase.details.contains("`lan`") && !testCase.details.contains("`nat`"))
        var twice = SeedCase(text)
        twice.add(text)
        #expect(twice.codes == ["notice seed-network-moved 11:9", "error seed-network-conflict 11:9"])
    }

    /// The documentation's own example, with a gateway as it is no longer written, and a default route that not every renderer knows.
    @Test func theDocumentationsNetwork() throws {
        try expectSeed(
            SeedCase(
                """
                #cloud-config
                hostname: {{"{{ .Name }}"}}

                # Network configuration (if not using DHCP)
                network:
                  version: 2
                  ethernets:
                    ens3:
                      addresses: [192.168.1.100/24, "2001:db8::5/64"]
                      gateway4: 192.168.1.1
                      gateway6: 2001:db8::1
                      routes: [{to: default, via: 192.168.1.2, metric: 100}]
                      nameservers:
                        addresses: [8.8.8.8, 1.1.1.1]
                      match: {macaddress: 52:54:00:12:34:56}
                      mtu: 1400

                # Package installation
                packages:
                  - qemu-guest-agent  # Enable guest agent
                """), "documentation.txt")
    }

    @Test func staticAddresses() throws {
        try expectSeed(
            SeedCase(
                "#cloud-config\n",
                networks: [
                    .lan, .dhcp, SeedNetwork(item: "raw", mac: "52:54:00:00:00:03", isUnconfigured: true),
                    SeedNetwork(item: "named", mac: "52:54:00:00:00:04", nameServers: ["192.0.2.53"]),
                    SeedNetwork(
                        item: "v6", mac: "52:54:00:00:00:05", addresses: ["2001:db8:1::2/64"],
                        gateways: ["2001:db8:1::1"], routes: [.init(to: "default", via: "2001:db8:1::9")]),
                    SeedNetwork(item: "unknown"),
                ]), "network.txt")
    }

    @Test func withoutAddressesOfInterfacesThereIsNoFile() {
        #expect(SeedCase("#cloud-config\n", networks: [SeedNetwork(item: "nat")]).seed?.file("network-config") == nil)
        #expect(SeedCase("#cloud-config\n").seed?.file("network-config") == nil)
    }
}
