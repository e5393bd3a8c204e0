import Manifest
import Model
import Testing

private let host = document("Provider", "h", "type: libvirt\nendpoint: test:///default")
private let small = document("VMClass", "c", "cpu: 2\nmemory: 1Gi")
private let image = document("VMImage", "i", "source: {disk: /i.qcow2}")

/// A field and what becomes of it.
struct AttributeCase: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: [String: Value]
    var testDescription: String { "\(expected.keys.sorted())" }

    init(machine: String, _ expected: [String: Value]) {
        text = host + small + image + document("VirtualMachine", "m", "classRef: c\n\(machine)")
        self.expected = expected
    }

    init(
        class spec: String, machine: String = "disks: [{name: root, size: 1Gi}]\nnetworks: [{name: default}]",
        _ expected: [String: Value]
    ) {
        text =
            host + image + document("VMClass", "c", spec) + document("VirtualMachine", "m", "classRef: c\n\(machine)")
        self.expected = expected
    }

    static let all: [AttributeCase] = [
        .init(
            machine: "",
            [
                "power": "On", "vcpus": 2, "vcpus/maximum": 2, "memory": 1_073_741_824, "memory/maximum": 1_073_741_824,
                "disks/root/source": .null,
            ]),
        .init(machine: "powerState: OffGraceful", ["power": "Off"]),
        .init(machine: "resources: {cpu: 3, memory: 1500M}", ["vcpus": 3, "memory": 1_500_512_256]),
        .init(
            machine: "networks: [{name: nat}]",
            ["networks/nat/source": "network/default", "networks/nat/model": "virtio"]),
        .init(machine: "networks: [{name: bridge}]", ["networks/bridge/source": "network/br0"]),
        .init(machine: "networks: [{name: br0}]", ["networks/br0/source": "network/br0"]),
        .init(machine: "networks: [{name: isolated}]", ["networks/isolated/source": "network/isolated"]),
        .init(machine: "networks: [{name: lan}]", ["networks/lan/source": "network/lan", "networks/lan/mac": .null]),
        .init(machine: "networks: [{name: a, bridge: br7}]", ["networks/a/source": "bridge/br7"]),
        .init(
            machine:
                "networks: [{name: lan}, {name: a}]\ndisks: [{name: z, size: 1Gi}, {name: root, size: 1Gi}, {name: b, size: 1Gi}]",
            ["networks/order": ["lan", "a"], "disks/order": ["z", "b"]]),
        .init(
            machine: "networks: [{name: a}, {name: lan}]\ndisks: [{name: root, size: 1Gi}, {name: b, size: 1Gi}]",
            ["networks/order": .null, "disks/order": .null]),
        .init(
            machine: "imageRef: i",
            ["disks/root/source": "default/m-root.qcow2", "disks/root/device": "disk", "disks/root/bus": "virtio"]),
        .init(
            machine: "importedDisk: {diskID: old}",
            ["disks/root/source": "/var/lib/libvirt/images/old.qcow2", "disks/root/format": "qcow2"]),
        .init(
            machine: "disks: [{name: data, size: 1Gi, storageClass: p}]",
            ["disks/data/source": "p/m-data.qcow2", "disks/root/source": .null]),
        .init(
            class: "cpu: 2\nmemory: 1Gi\nperformanceProfile: {cpuHotAddEnabled: true}",
            ["vcpus": 2, "vcpus/maximum": 8]),
        .init(class: "cpu: 32\nmemory: 1Gi\nperformanceProfile: {cpuHotAddEnabled: true}", ["vcpus/maximum": 64]),
        .init(
            class: "cpu: 2\nmemory: 1Gi\nperformanceProfile: {memoryHotAddEnabled: true}",
            ["memory/maximum": 4_294_967_296]),
        .init(
            class:
                "cpu: 2\nmemory: 1Gi\nperformanceProfile: {cpuHotAddEnabled: true}\nspec: {cpu: {topology: {cores: 2}}}",
            ["cpu/topology/sockets": 4, "cpu/topology/cores": 2, "cpu/topology/threads": 1]),
        .init(class: "cpu: 2\nmemory: 1Gi\nextraConfig: {autostart: \"true\"}", ["autostart": true]),
        .init(
            class: "cpu: 2\nmemory: 1Gi\nspec: {storage: {pool: p, format: raw}}",
            ["disks/root/source": "p/m-root.raw", "disks/root/format": "raw"]),
        .init(
            class:
                "cpu: 2\nmemory: 1Gi\nspec: {storage: {cache: writeback}, devices: {disk: {bus: scsi, cache: none, io: native}}}",
            ["disks/root/cache": "none", "disks/root/io": "native", "disks/root/bus": "scsi"]),
        .init(
            class:
                "cpu: 2\nmemory: 1Gi\nspec: {machine: q35, cpu: {mode: host-passthrough}, features: {pae: no}, devices: {network: {model: e1000}, video: {model: vga}}}",
            [
                "machine": "q35", "cpu/mode": "host-passthrough", "features/pae": false,
                "networks/default/model": "e1000", "video/model": "vga",
            ]),
        .init(
            class: "cpu: 2\nmemory: 1Gi\nspec: {clock: {offset: utc, timers: {rtc: catchup, hpet: false}}}",
            ["clock/offset": "utc", "clock/timers/rtc": "catchup", "clock/timers/hpet": false]),
    ]
}

/// Documents that cannot hold together.
struct Contradiction: Sendable, CustomTestStringConvertible {
    let code: String
    let text: String
    var testDescription: String { code }

    init(_ code: String, _ documents: String...) {
        self.code = code
        text = documents.joined()
    }

    static let all: [Contradiction] = [
        .init("duplicate-document", host, host),
        .init("missing-reference", document("VirtualMachine", "m", "providerRef: h")),
        .init(
            "ambiguous-provider", host, document("Provider", "g", "type: libvirt"), small,
            document("VirtualMachine", "m", "classRef: c")),
        .init(
            "unsupported-image", host, document("VMImage", "u", "source: \"https://example.com/i.ova\"\nformat: ova"),
            small,
            document("VirtualMachine", "m", "classRef: c\nimageRef: u")),
        .init(
            "conflicting-fields", host, small, image,
            document("VirtualMachine", "m", "classRef: c\nimageRef: i\nimportedDisk: {diskID: d}")),
        .init("missing-field", host, small, document("VirtualMachine", "m", "classRef: c\ndisks: [{name: data}]")),
        .init("invalid-value", host, own("Volume", "v", "size: 20")),
        .init(
            "duplicate-name", host, small,
            document("VirtualMachine", "m", "classRef: c\ndisks: [{name: a, size: 1Gi}, {name: a, size: 1Gi}]")),
        .init(
            "topology-mismatch", host,
            document("VMClass", "c", "cpu: 3\nmemory: 1Gi\nspec: {cpu: {topology: {cores: 2}}}"),
            document("VirtualMachine", "m", "classRef: c")),
        .init(
            "name-taken", host, document("Provider", "g", "type: libvirt\nendpoint: test:///default"),
            own("Network", "a", "providerRef: h\nname: n\nmode: isolated"),
            own("Network", "b", "providerRef: g\nname: n\nmode: isolated")),
        .init(
            "claimed-twice", host, own("StoragePool", "a", "target: /p/"), own("StoragePool", "b", "target: /p")),
        .init(
            "claimed-twice", host, own("Network", "a", "mode: isolated\nbridge: virbr5"),
            own("Network", "b", "mode: isolated\nbridge: virbr5")),
        .init("claimed-twice", host, net("a", "192.0.2.1/24"), net("b", "192.0.2.1/24")),
        .init("claimed-twice", host, net("a", "192.0.2.129/25"), net("b", "192.0.2.1/24")),
        .init("claimed-twice", host, net("a", "10.0.0.1/8"), net("b", "10.200.7.1/24"), net("c", "192.0.2.1/24")),
        .init("claimed-twice", host, net("a", "2001:db8::1/48"), net("b", "2001:db8:0:7::1/64")),
        .init(
            "invalid-network", host,
            own(
                "Network", "a",
                "mode: isolated\naddresses: [{address: 192.0.2.1/24}]\ndhcp: {hosts: [{mac: \"52:54:00:00:00:01\", ip: 192.0.2.7}, {mac: \"52:54:00:00:00:02\", ip: 192.0.2.7}]}"
            )),
        .init(
            "claimed-twice", host, small,
            document("VirtualMachine", "m", "classRef: c\nnetworks: [{name: lan, mac: \"52:54:00:aa:00:01\"}]"),
            document("VirtualMachine", "n", "classRef: c\nnetworks: [{name: lan, mac: \"52:54:00:AA:00:01\"}]")),
        .init(
            "claimed-twice", host, small,
            document(
                "VirtualMachine", "m", "classRef: c\nnetworks: [{name: lan, ipAddress: 192.0.2.7, prefix: 24}]"),
            document(
                "VirtualMachine", "n", "classRef: c\nnetworks: [{name: lan, ipAddress: 192.0.2.7, prefix: 24}]")),
        .init(
            "claimed-twice", host, small,
            document("VirtualMachine", "m", "classRef: c\nimportedDisk: {path: /srv/old.qcow2}"),
            document("VirtualMachine", "n", "classRef: c\nimportedDisk: {path: /srv//old.qcow2}")),
        .init(
            "missing-reference",
            document("Provider", "r", "type: libvirt\nendpoint: qemu+ssh://u@h/system\ncredentialSecretRef: s")),
    ]
}

/// A network of the host `h`, with an address.
private func net(_ name: String, _ address: String, on host: String = "h") -> String {
    own("Network", name, "providerRef: \(host)\nmode: isolated\naddresses: [{address: \"\(address)\"}]")
}

@Suite struct ResolveTests {
    @Test(arguments: AttributeCase.all)
    func fieldsBecomeAttributes(_ item: AttributeCase) throws {
        let loaded = load(item.text)
        #expect(loaded.errors.map(\.detail) == [])
        let machine = try #require(loaded.resource("VirtualMachine/default/m"))
        for (name, value) in item.expected {
            let path = try #require(AttributePath(name))
            #expect(machine.attributes[path]?.value ?? .null == value, "\(name)")
        }
    }

    /// A bridge of the host's own may have several networks, a lab's copy the same MACs on another one, a machine that is off
    /// those of another, each link the addresses of its own, and another host anything.
    @Test func whatMayBeTheSameTwice() {
        let loaded = load(
            host + document("Provider", "g", "type: libvirt\nendpoint: qemu+ssh://g/system")
                + own("Network", "a", "providerRef: h\nmode: bridge\nbridge: br0")
                + own("Network", "b", "providerRef: h\nmode: bridge\nbridge: br0")
                + net("one", "192.0.2.1/24") + net("other", "192.0.2.1/24", on: "g") + net("next", "192.0.3.1/24")
                + net("link", "fe80::1/64") + net("link-too", "fe80::1/64")
                + own("StoragePool", "a", "providerRef: h\ntarget: /p")
                + own("StoragePool", "b", "providerRef: g\ntarget: /p") + small
                + document(
                    "VirtualMachine", "m",
                    "providerRef: h\nclassRef: c\nnetworks: [{name: a, mac: \"52:54:00:aa:00:01\"}]")
                + document(
                    "VirtualMachine", "n",
                    "providerRef: h\nclassRef: c\nnetworks: [{name: default, mac: \"52:54:00:aa:00:01\"}]")
                + document(
                    "VirtualMachine", "off",
                    "providerRef: h\nclassRef: c\npowerState: Off\nnetworks: [{name: default, mac: \"52:54:00:aa:00:01\"}]\nimportedDisk: {path: /srv/a.qcow2}"
                )
                + document(
                    "VirtualMachine", "on", "providerRef: h\nclassRef: c\nimportedDisk: {path: /srv/a.qcow2}"))
        #expect(loaded.errors.map(\.detail) == [])
    }

    @Test(
        arguments: [
            ("imageRef: i", 20 << 30), ("imageRef: i\ndisks: [{name: root, size: 50Gi}]", 50 << 30),
            ("disks: [{name: root, sizeGiB: 3}]", 3 << 30), ("disks: [{name: root, size: 3}]", 3 << 30),
            ("disks: [{name: root, sizeGiB: 3Mi}]", 3 << 20),
        ] as [(String, Int64)])
    func theRootDisksSize(_ spec: String, _ expected: Int64) throws {
        let loaded = load(host + small + image + document("VirtualMachine", "m", "classRef: c\n\(spec)"))
        let volume = try #require(loaded.resource("VirtualMachine/default/m/disk/root"))
        #expect(volume.attributes[.capacity]?.value == .integer(expected))
        #expect(volume.attributes[.backing]?.value.text == (spec.contains("imageRef") ? "/i.qcow2" : nil))
    }

    /// What the host would round up by itself, and would then show otherwise than it was asked for.
    @Test(
        arguments: [
            ("target: /p", "1G", 1_000_000_512), ("target: /p", "2000.001k", 2_000_896),
            ("target: /p", "1Gi", 1 << 30), ("type: logical", "1G", 1_002_438_656),
            ("type: logical", "1Gi", 1 << 30), ("target: /p", "9223372036854775.807k", .max),
        ] as [(String, String, Int64)])
    func sizesAreWhatTheHostCanMake(_ pool: String, _ size: String, _ expected: Int64) {
        let loaded = load(
            host + small + own("StoragePool", "p", pool) + own("Volume", "v", "pool: p\nsize: \(size)")
                + document("VirtualMachine", "m", "classRef: c\ndisks: [{name: d, size: \(size), storageClass: p}]"))
        #expect(loaded.errors.map(\.detail) == [])
        for address in ["Volume/default/v", "VirtualMachine/default/m/disk/d"] {
            #expect(loaded.resource(address)?.attributes[.capacity]?.value == .integer(expected))
        }
    }

    @Test func namespacesAreInNamesOfDomainsAndVolumes() throws {
        let loaded = load(
            host + small
                + document(
                    "VirtualMachine", "m",
                    "classRef: {name: c, namespace: default}\nproviderRef: {name: h, namespace: default}\ndisks: [{name: root, size: 1Gi}]",
                    metadata: "  namespace: prod\n"))
        let machine = try #require(loaded.resource("VirtualMachine/prod/m"))
        #expect(machine.object.name == "prod.m")
        #expect(machine.attributes[.diskSource, "root"]?.value == "default/prod.m-root.qcow2")
        #expect(machine.needs == [Address(kind: "VirtualMachine", namespace: "prod", name: "m", part: "disk/root")])
    }

    @Test func settingsRememberWhereTheyComeFrom() throws {
        let loaded = load(small + document("VirtualMachine", "m", "classRef: c\npowerState: Off"))
        let machine = try #require(loaded.resource("VirtualMachine/default/m"))
        #expect(machine.attributes[.vcpus]?.origin?.description == "stack.yaml:7:8")
        #expect(machine.attributes[.power]?.origin?.description == "stack.yaml:16:15")
        #expect(machine.origin?.description == "stack.yaml:13:9")
    }

    @Test func withoutAProviderTheFallbackIsTheHost() throws {
        let loaded = load(document("VirtualMachine", "m", ""), LoadOptions(fallbackURI: "test:///x"))
        #expect(loaded.desired?.hosts.map(\.uri) == ["test:///x"])
        #expect(loaded.desired?.hosts.map(\.address.text) == ["Provider/default/local"])
        #expect(loaded.codes == ["notice defaulted 5:9"])
        #expect(load(small).desired?.hosts.isEmpty == true)
    }

    @Test(
        arguments: [
            ("resources: {cpu: 2}", ["VirtualMachine/m names no class. It gets 1Gi of memory."]),
            ("resources: {cpu: 2, memory: 1Gi}", []),
        ] as [(String, [String])])
    func onlyDefaultsThatWereTakenAreTold(spec: String, details: [String]) {
        #expect(load(host + document("VirtualMachine", "m", spec)).diagnostics.map(\.detail) == details)
    }

    @Test func protectionAndDescription() throws {
        let notes =
            "  annotations: {rigaud.io/protect: \"true\", rigaud.io/description: hello, rigaud.io/autostart: yes}\n"
        let loaded = load(
            host + small
                + document(
                    "VirtualMachine", "m",
                    "classRef: c\ndisks: [{name: root, size: 1Gi}]\nlifecycle: {gracefulShutdownTimeout: 2m}",
                    metadata: notes))
        let machine = try #require(loaded.resource("VirtualMachine/default/m"))
        #expect(machine.isProtected && loaded.resource("VirtualMachine/default/m/disk/root")?.isProtected == true)
        #expect(machine.attributes[.description]?.value == "hello")
        #expect(machine.attributes[.autostart]?.value == true)
        #expect(machine.shutdownTimeout == 120)
    }

    @Test func whatIsOnTheHostByAManifestIsNeeded() throws {
        let loaded = load(
            host + small + own("StoragePool", "p", "target: /p")
                + own("Network", "lan", "addresses: [{address: 192.0.2.1/24}]")
                + own("Volume", "base", "pool: p\nsize: 1Gi\nname: base.qcow2")
                + document("VMImage", "i", "source: {pool: p, volume: base.qcow2}")
                + document(
                    "VirtualMachine", "m",
                    "classRef: c\nimageRef: i\ndisks: [{name: root, storageClass: p}]\nnetworks: [{name: lan}]"))
        #expect(loaded.errors.map(\.detail) == [])
        let disk = try #require(loaded.resource("VirtualMachine/default/m/disk/root"))
        #expect(disk.needs.map(\.text) == ["StoragePool/default/p", "Volume/default/base"])
        #expect(
            loaded.resource("VirtualMachine/default/m")?.needs.map(\.text) == [
                "VirtualMachine/default/m/disk/root", "Network/default/lan",
            ])
        #expect(loaded.resource("Volume/default/base")?.needs.map(\.text) == ["StoragePool/default/p"])
    }

    @Test(arguments: Contradiction.all)
    func contradictionsAreErrors(_ item: Contradiction) { #expect(load(item.text).errors.map(\.code) == [item.code]) }

    @Test func aLocalHostNeedsNoSecret() {
        #expect(
            load(document("Provider", "r", "type: libvirt\ncredentialSecretRef: s")).codes == [
                "warning missing-reference 8:24"
            ])
    }
}
