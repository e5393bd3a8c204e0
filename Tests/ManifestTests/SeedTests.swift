import Manifest
import Model
import Testing

private let base =
    document("Provider", "h", "type: libvirt\nendpoint: \"qemu:///system\"")
    + document("VMClass", "c", "cpu: 1\nmemory: 1Gi")
private let templated = document(
    "VMImage", "i", "source: {path: /i}\ncloudInit: {userDataTemplate: \"#cloud-config\\n\"}")
private let secret =
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {user-data: from-secret, other: x}\n"

private func machine(_ more: String, metadata: String = "") -> String {
    document("VirtualMachine", "m", "classRef: c\n\(more)", metadata: metadata)
}

private func seed(_ text: String) -> SeedSource? { load(base + text).desired?.seeds.first }
private func texts(_ parts: [SeedSource.Part]?) -> [String]? {
    parts?.map { $0.text.reveal { String(decoding: $0, as: UTF8.self) } }
}

@Suite struct SeedTests {
    @Test(arguments: [
        ("", false), ("userData: {cloudInit: {inline: x}}", true), ("metaData: {cloudInit: {inline: x}}", true),
        ("networks: [{name: default}]", false),
        ("networks: [{name: default, staticIP: {address: 192.0.2.9/24}}]", true),
    ])
    func whoIsToldSomethingHasOne(_ more: String, _ has: Bool) { #expect((seed(machine(more)) != nil) == has) }

    @Test func theImagesTemplateIsForThoseWithoutTheirOwn() {
        #expect(texts(seed(templated + machine("imageRef: i"))?.userData) == ["#cloud-config\n"])
        #expect(
            texts(seed(templated + machine("imageRef: i\nuserData: {cloudInit: {inline: own}}"))?.userData) == ["own"])
        let without = templated.replacing("cloudInit: {", with: "cloudInit: {enabled: false, ")
        #expect(seed(without + machine("imageRef: i")) == nil)
    }

    @Test func textsOfBothPlaces() {
        let both = seed(secret + machine("userData: {cloudInit: {inline: a, secretRef: {name: s}}}"))
        #expect(texts(both?.userData) == ["a", "from-secret"])
        #expect(both?.userData.map(\.isPublic) == [true, false])
        let keyed = seed(secret + machine("userData: {cloudInit: {secretRef: {name: s, key: other}}}"))
        #expect(texts(keyed?.userData) == ["x"])
    }

    @Test func aBlocksTextBeginsWhereItIsWritten() {
        let text = "userData:\n  cloudInit:\n    inline: |\n\n      #cloud-config\n      a: b\n"
        let origin = seed(machine(text))?.userData.first?.origin
        let lines = (base + machine(text)).split(separator: "\n", omittingEmptySubsequences: false)
        let line = (lines.firstIndex { $0.contains("#cloud-config") } ?? 0) + 1
        #expect(origin?.line == Int32(line) && origin?.column == 9)
    }

    @Test(arguments: [
        ("staticIP: {address: 192.0.2.9/24, gateway: 192.0.2.1, dns: [9.9.9.9]}", ["192.0.2.9/24"], ["192.0.2.1"]),
        ("ipAddress: 192.0.2.9, prefix: 24, gateway: 192.0.2.1", ["192.0.2.9/24"], ["192.0.2.1"]),
        ("ipAddress: \"2001:db8::9\", prefix: 64, gateway: \"2001:db8::1\"", ["2001:db8::9/64"], ["2001:db8::1"]),
        ("staticIP: {address: 192.0.2.9, prefix: 24}", ["192.0.2.9/24"], []),
        ("staticIP: {prefix: 24, address: 192.0.2.9}", ["192.0.2.9/24"], []),
        ("ipAddress: \"\", dns: [9.9.9.9]", [], []),
    ])
    func addresses(_ item: String, _ addresses: [String], _ gateways: [String]) {
        let network = seed(machine("networks: [{name: default, \(item)}]"))?.networks.first
        #expect(network?.addresses == addresses && network?.gateways == gateways)
    }

    @Test func anAttachmentGivesWhatTheMachineDoesNot() {
        let attachment = document(
            "VMNetworkAttachment", "n",
            "network: {libvirt: {networkName: lan}}\nipAllocation:\n  type: Static\n  staticConfig: {address: 192.0.2.9/24, gateway: 192.0.2.1, routes: [{destination: 10.0.0.0/8, gateway: 192.0.2.2, metric: 5}]}\n  dnsConfig: {servers: [9.9.9.9], searchDomains: [lab]}"
        )
        let plain = seed(attachment + machine("networks: [{name: a, networkRef: n}]"))?.networks.first
        #expect(plain?.addresses == ["192.0.2.9/24"] && plain?.gateways == ["192.0.2.1"])
        #expect(plain?.nameServers == ["9.9.9.9"] && plain?.searchDomains == ["lab"])
        #expect(plain?.routes == [.init(to: "10.0.0.0/8", via: "192.0.2.2", metric: 5)])
        let own = seed(attachment + machine("networks: [{name: a, networkRef: n, ipAddress: 192.0.2.7, prefix: 24}]"))
        #expect(own?.networks.first?.addresses == ["192.0.2.7/24"] && own?.networks.first?.gateways == ["192.0.2.1"])
    }

    @Test func anImagesTemplateThatNoMachineUsesIsKept() {
        let loaded = load(base + templated + machine(""))
        #expect(loaded.desired?.unusedTemplates.map(\.machine.text) == ["VMImage/default/i"])
        #expect(load(base + templated + machine("imageRef: i")).desired?.unusedTemplates.isEmpty == true)
    }

    @Test(arguments: [
        ("missing-field", "networks: [{name: a, ipAddress: 192.0.2.7}]"),
        ("missing-field", "networks: [{name: a, staticIP: {address: 192.0.2.7}}]"),
        ("conflicting-fields", "networks: [{name: a, ipPolicy: Static}]"),
        ("conflicting-fields", "networks: [{name: a, ipPolicy: Pool}]"),
        ("conflicting-fields", "networks: [{name: a, ipPolicy: dhcp, ipAddress: 192.0.2.7, prefix: 24}]"),
        ("missing-reference", "userData: {cloudInit: {secretRef: {name: nowhere}}}"),
        (
            "conflicting-fields",
            #"userData: {cloudInit: {inline: a}, ignition: {inline: '{"ignition": {"version": "3"}}'}}"#
        ),
    ])
    func mistakes(_ code: String, _ more: String) { #expect(load(base + machine(more)).errors.map(\.code) == [code]) }

    @Test(
        arguments: [
            ("variant: fcos", "not JSON: in line 1"), ("{\\n \\\"a\\\": }", "in line 2"), ("{}", "its version"),
            ("[1]", "its version"),
        ])
    func ignitionIsJSON(text: String, words: String) {
        let errors = load(base + machine("userData: {ignition: {inline: \"\(text)\"}}")).errors.map(\.detail)
        #expect(errors.count == 1 && errors[0].contains(words) && errors[0].contains("butane --strict"), "\(errors)")
    }

    /// A machine with Ignition has no seed, so that what only a seed tells is said to be lost.
    @Test(
        arguments: [
            ("networks: [{name: lan, ipAddress: 192.0.2.7, prefix: 24}]", "addresses of `lan`"),
            ("networks: [{name: lan, ipPolicy: None}]", "addresses of `lan`"),
            ("metaData: {cloudInit: {inline: 'a: b'}}", "its metadata"), ("networks: [{name: lan}]", nil),
        ] as [(String, String?)])
    func whatIgnitionDoesNotTell(_ more: String, _ lost: String?) {
        let ignition = #"userData: {ignition: {inline: '{"ignition": {"version": "3.3.0"}}'}}"#
        let loaded = load(base + machine(ignition + "\n" + more))
        let said = loaded.diagnostics.filter { $0.detail.contains("has an Ignition configuration") }
        #expect(loaded.errors.isEmpty && loaded.desired?.seeds.isEmpty == true, "\(loaded.report)")
        #expect(said.map(\.severity) == (lost == nil ? [] : [.warning]) && said.allSatisfy { $0.location != nil })
        #expect(said.first?.detail.contains(lost ?? "") != false, "\(loaded.report)")
    }

    @Test func anInterfaceThatIsToBeLeftAloneIsTold() {
        #expect(seed(machine("networks: [{name: a, ipPolicy: None}]"))?.networks.first?.isUnconfigured == true)
    }

    /// Routers of IPv6 announce themselves by the address of the link.
    @Test(arguments: [
        ("2001:db8::7", 64, "fe80::1", 0), ("2001:db8::7", 64, "2001:db8:1::1", 1), ("192.0.2.7", 24, "192.0.3.1", 1),
    ])
    func gatewaysOfTheLink(_ address: String, _ prefix: Int, _ gateway: String, _ warnings: Int) {
        let loaded = load(
            base
                + machine(
                    "networks: [{name: a, ipAddress: \"\(address)\", prefix: \(prefix), gateway: \"\(gateway)\"}]"))
        #expect(loaded.diagnostics.count { $0.detail.contains("The gateway") } == warnings, "\(loaded.report)")
    }

    @Test func dependenciesInACircle() {
        func machine(_ name: String, after others: String) -> String {
            "---\napiVersion: infra.virtrigaud.io/v1beta1\nkind: VirtualMachine\n"
                + "metadata: {name: \(name), annotations: {rigaud.io/depends-on: \"\(others)\"}}\n"
                + "spec: {providerRef: h, classRef: c}\n"
        }
        let errors = load(
            base + machine("a", after: "b") + machine("b", after: "c d") + machine("c", after: "a")
                + machine("d", after: "c")
        ).errors
        #expect(errors.map(\.code) == ["cycle"])
        #expect(errors.first?.location != nil)
        #expect(
            errors.first?.detail.contains(
                "VirtualMachine/a depends on VirtualMachine/b depends on VirtualMachine/c depends on VirtualMachine/a")
                == true,
            "\(errors)")
    }

    @Test func ignitionIsAVolumeOfItsOwn() throws {
        let loaded = load(base + machine(#"userData: {ignition: {inline: '{"ignition": {"version": "3.3.0"}}'}}"#))
        let volume = try #require(loaded.resource("VirtualMachine/default/m/ignition/new"))
        #expect(loaded.desired?.contents[volume.address] == .ignition(Secret(#"{"ignition": {"version": "3.3.0"}}"#)))
        let machine = try #require(loaded.resource("VirtualMachine/default/m"))
        #expect(machine.attributes[.ignition]?.value == "default/m-ignition.json")
        #expect(machine.needs.contains(volume.address))
    }
}

@Suite struct AnnotationTests {
    private func annotated(_ key: String, _ value: String) -> Loaded {
        let spec = "networks: [{name: default}]\nuserData: {cloudInit: {inline: x}}"
        return load(base + machine(spec, metadata: "  annotations: {rigaud.io/\(key): \"\(value)\"}\n"))
    }

    @Test(arguments: ["address", "agent", "cloud-init", "tcp:22"])
    func readiness(_ ready: String) {
        let machine = annotated("ready", ready).resource("VirtualMachine/default/m")
        #expect(machine?.attributes[.ready]?.value == .string(ready))
    }

    /// What can never come is not waited for.
    @Test(arguments: [
        ("address", "", 1), ("tcp:22", "", 1), ("agent", "", 0), ("address", "networks: [{name: default}]", 0),
        ("tcp:22", "powerState: Off", 0), ("cloud-init", "networks: [{name: default}]", 1),
        ("cloud-init", "userData: {cloudInit: {inline: x}}", 0),
        ("cloud-init", #"userData: {ignition: {inline: '{"ignition": {"version": "3"}}'}}"#, 1),
    ])
    func waitsInVain(_ ready: String, _ more: String, _ errors: Int) {
        let loaded = load(base + machine(more, metadata: "  annotations: {rigaud.io/ready: \"\(ready)\"}\n"))
        #expect(loaded.errors.count { $0.detail.contains("waited for in vain") } == errors, "\(loaded.report)")
        #expect(loaded.errors.count == errors && loaded.errors.allSatisfy { $0.location != nil })
    }

    @Test func aPortIsTriedAtTheMachinesAddresses() {
        let networks = "networks: [{name: a, ipAddress: 192.0.2.7, prefix: 24}, {name: b}]"
        let machine = load(base + machine(networks)).resource("VirtualMachine/default/m")
        #expect(machine?.fixedAddresses == ["192.0.2.7"])
    }

    @Test func ignoringASeedIsTheMachines() {
        #expect(annotated("seed-change", "ignore").resource("VirtualMachine/default/m")?.keepsSeed == true)
        #expect(annotated("seed-change", "next-boot").resource("VirtualMachine/default/m")?.keepsSeed == false)
    }

    @Test(arguments: ["seed-change: replace", "seed-bus: sata"]) func seedsOfIgnition(_ annotation: String) {
        let loaded = load(
            base
                + machine(
                    #"userData: {ignition: {inline: '{"ignition": {"version": "3"}}'}}"#,
                    metadata: "  annotations: {rigaud.io/\(annotation)}\n"))
        #expect(loaded.codes.filter { $0.hasPrefix("warning conflicting-fields") }.count == 1, "\(loaded.report)")
    }

    @Test(arguments: [("q35", 1), ("pc", 0)]) func aDriveOnIDE(_ type: String, _ errors: Int) {
        let more = document("VMClass", "other", "cpu: 1\nmemory: 1Gi\nspec: {machine: \(type)}")
        let spec = "classRef: other\nuserData: {cloudInit: {inline: x}}"
        let loaded = load(
            base + more
                + document(
                    "VirtualMachine", "m", spec, metadata: "  annotations: {rigaud.io/seed-bus: ide}\n"))
        #expect(loaded.errors.count { $0.detail.contains("has no IDE") } == errors, "\(loaded.report)")
    }

    @Test func keysMayHaveCommentsBetweenThem() {
        let keys = "\n    rigaud.io/ssh-public-keys: |\n      # ops\n        ssh-rsa AAAA a  \n\n      ssh-rsa BBBB b\n"
        let loaded = load(base + machine("", metadata: "  annotations:\(keys)"))
        #expect(loaded.desired?.seeds.first?.sshPublicKeys == ["ssh-rsa AAAA a", "ssh-rsa BBBB b"])
        #expect(loaded.diagnostics.allSatisfy { $0.severity == .notice }, "\(loaded.report)")
    }

    @Test func runningNeedsNoWaiting() {
        #expect(annotated("ready", "running").resource("VirtualMachine/default/m")?.attributes[.ready] == nil)
    }

    @Test(arguments: [
        ("ready", "soon"), ("ready", "tcp:0"), ("ready-timeout", "never"), ("seed-change", "maybe"),
        ("seed-bus", "virtio"), ("disk-copy", "perhaps"), ("protect", "x"),
    ])
    func mistakes(_ key: String, _ value: String) {
        #expect(annotated(key, value).errors.map(\.code) == ["invalid-value"])
    }

    @Test func machinesDependOnEachOther() {
        let db = document("VirtualMachine", "db", "classRef: c")
        let loaded = load(base + db + machine("", metadata: "  annotations: {rigaud.io/depends-on: db}\n"))
        #expect(loaded.resource("VirtualMachine/default/m")?.needs.map(\.text) == ["VirtualMachine/default/db"])
        let off = load(
            base + document("VirtualMachine", "db", "classRef: c\npowerState: OffGraceful")
                + machine("", metadata: "  annotations: {rigaud.io/depends-on: db}\n"))
        #expect(
            off.errors.isEmpty && off.codes.contains { $0.hasPrefix("warning conflicting-fields") }, "\(off.report)")
        #expect(annotated("depends-on", "dp").errors.map(\.code) == ["missing-reference"])
        #expect(annotated("depends-on", "m").errors.map(\.code) == ["cycle"])
    }
}
