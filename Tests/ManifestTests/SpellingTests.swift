import Model
import Testing

@testable import Manifest

/// A field as the schema spells it, and as the documentation does: the same resources.
struct SpellingCase: Sendable, CustomTestStringConvertible {
    let kind: String
    let canonical: String
    let other: String
    var testDescription: String { "\(kind): \(other)" }

    init(_ kind: String, _ canonical: String, _ other: String) {
        self.kind = kind
        self.canonical = canonical
        self.other = other
    }

    static let all: [SpellingCase] = [
        .init("VMClass", "cpu: 2\nmemory: 4Gi", "cpus: 2\nmemory: 4Gi"),
        .init("VMClass", "cpu: 2\nmemory: 4Gi", "cpu: 2\nmemoryMiB: 4096"),
        .init(
            "VMClass", "cpu: 2\nmemory: 4Gi\ndiskDefaults: {size: 50Gi}",
            "cpu: 2\nmemory: 4096Mi\ndiskDefaults: {sizeGiB: 50}"),
        .init(
            "VMClass", "cpu: 2\nmemory: 4Gi\ndiskDefaults: {size: 50Gi}",
            "cpu: 2\nmemory: 4Gi\ndiskDefaults: {size: 50}"),
        .init(
            "VMClass", "cpu: 2\nmemory: 4Gi\ndiskDefaults: {size: 5Gi}\nspec: {storage: {format: qcow2}}",
            "cpu: \"2\"\nmemory: 4294967296\ndiskDefaults: {size: 5Gi, type: qcow2}"),
        .init(
            "VMClass",
            "cpu: 2\nmemory: 4Gi\ndiskDefaults: {size: 5Gi}\nspec: {devices: {disk: {cache: none, io: native}}}",
            "cpu: 2\nmemory: 4Gi\ndiskDefaults: {size: 5Gi}\nspec: {storage: {cache: none, io: native}}"),
        .init("VMImage", "source: {libvirt: {path: /i.qcow2}}", "source: {disk: /i.qcow2}"),
        .init("VMImage", "source: {libvirt: {path: /i.qcow2, format: raw}}", "source: {disk: /i.qcow2}\nformat: raw"),
        .init("VMImage", "source: {libvirt: {path: /i.qcow2}}", "libvirt: {path: /i.qcow2}"),
        .init("VMImage", "source: {libvirt: {storagePool: p, volume: v}}", "source: {pool: p, volume: v}"),
        .init("VMImage", "source: {libvirt: {volume: debian-12}}", "source: debian-12"),
        .init(
            "VMImage", "source: {libvirt: {url: \"https://h/i.qcow2\"}}", "source: \"https://h/i.qcow2\""),
        .init("VirtualMachine", "classRef: {name: c}\nimageRef: {name: i}", "vmClassRef: c\nvmImageRef: i"),
        .init("VirtualMachine", "classRef: {name: c}", "classRef: c"),
        .init("VirtualMachine", "classRef: {name: c}\npowerState: \"On\"", "classRef: {name: c}\npowerState: On"),
        .init("VirtualMachine", "classRef: {name: c}\npowerState: \"Off\"", "classRef: {name: c}\npowerState: off"),
        .init(
            "VirtualMachine", "classRef: {name: c}\npowerState: \"Off\"", "classRef: {name: c}\npowerState: OffGraceful"
        ),
        .init(
            "VirtualMachine", "classRef: {name: c}\npowerState: \"On\"", "classRef: {name: c}\npowerState: PoweredOn"),
        .init("VirtualMachine", "disks: [{name: root, sizeGiB: 50}]", "disks: [{name: root, size: 50Gi}]"),
        .init("VirtualMachine", "networks: [{name: default}]", "networks: [{name: default, networkRef: {name: n}}]"),
        .init(
            "VirtualMachine", "networks: [{name: a, macAddress: \"52:54:00:00:00:0A\"}]",
            "networks: [{name: a, mac: 52-54-00-00-00-0a}]"),
        .init(
            "VirtualMachine",
            "networks: [{name: a, ipAddress: 1.2.3.4, prefix: 24, gateway: 1.2.3.1, dns: \"8.8.8.8, 1.1.1.1\"}]",
            "networks: [{name: a, staticIP: {address: 1.2.3.4/24, gateway: 1.2.3.1, dns: [8.8.8.8, 1.1.1.1]}}]"),
        .init("VirtualMachine", "resources: {memoryMiB: 4096}", "resources: {memory: 4Gi}"),
        .init("VirtualMachine", "resources: {memoryMiB: 4096}", "resources: {memory: 4096}"),
        .init("VirtualMachine", "disks: [{name: root, sizeGiB: 50}]", "disks: [{name: root, size: 50}]"),
        .init("VirtualMachine", "metaData: {cloudInit: {inline: x}}", "metaData: {inline: x}"),
        .init("VMNetworkAttachment", "network: {libvirt: {networkName: default}}", "libvirt: {networkName: default}"),
        .init(
            "VMNetworkAttachment", "network: {libvirt: {bridge: {name: b}, model: e1000}}",
            "libvirt: {bridge: {name: b}, model: e1000}"),
        .init(
            "Provider", "type: libvirt\ndefaults: {storagePool: p}", "type: libvirt\ndefaults: {defaultStoragePool: p}"),
        .init("Provider", "type: libvirt\nendpoint: qemu:///system", "type: libvirt"),
    ]
}

@Suite struct SpellingTests {
    /// A stack with one document of each kind, and the one in question in its place.
    private func stack(_ kind: String, _ spec: String, version: String = "v1beta1") -> Loaded {
        let defaults = [
            ("Provider", "h", "type: libvirt"), ("VMClass", "c", "cpu: 1\nmemory: 1Gi"),
            ("VMImage", "i", "source: {libvirt: {path: /i.qcow2}}"),
            ("VMNetworkAttachment", "n", "network: {libvirt: {networkName: default}}"),
            (
                "VirtualMachine", "m",
                "classRef: {name: c}\nimageRef: {name: i}\nnetworks: [{name: lan, networkRef: {name: n}}]"
            ),
        ]
        return load(
            defaults.map { document($0.0, $0.1, $0.0 == kind ? spec : $0.2, group: "infra.virtrigaud.io/\(version)") }
                .joined())
    }

    @Test(arguments: SpellingCase.all)
    func bothMeanTheSame(_ spelling: SpellingCase) {
        let canonical = stack(spelling.kind, spelling.canonical)
        let other = stack(spelling.kind, spelling.other)
        #expect(canonical.errors.map(\.detail) == [])
        #expect(other.errors.map(\.detail) == [])
        #expect(canonical.attributes == other.attributes)
        #expect(Set(canonical.diagnostics.map(\.code)) == Set(other.diagnostics.map(\.code)))
        #expect(stack(spelling.kind, spelling.other, version: "v1alpha1").attributes == other.attributes)
    }

    @Test(arguments: [
        ("VMClass", "cpu: 2\ncpus: 3\nmemory: 1Gi"), ("VMClass", "cpu: 2\nmemory: 1Gi\nmemoryMiB: 1"),
        ("VMImage", "source: {disk: /a, libvirt: {path: /b}}"),
        ("VirtualMachine", "disks: [{name: root, size: 1Gi, sizeGiB: 2}]"),
        ("VirtualMachine", "networks: [{name: a, staticIP: {address: 1.2.3.4/24}, ipAddress: 1.2.3.5}]"),
        ("VirtualMachine", "networks: [{name: a, networkRef: {name: n}, bridge: br0}]"),
        ("VMNetworkAttachment", "network: {libvirt: {networkName: a}}\nlibvirt: {networkName: b}"),
    ])
    func bothSetAndDifferentIsAnError(_ kind: String, _ spec: String) {
        #expect(stack(kind, spec).errors.map(\.code) == ["conflicting-spellings"])
    }

    @Test(arguments: [
        ("VMClass", "cpu: 2\ncpus: 2\nmemory: 1Gi\nmemoryMiB: 1024"),
        ("VMImage", "source: {disk: /a, libvirt: {path: /a}}"),
    ])
    func bothSetAndEqualIsFine(_ kind: String, _ spec: String) { #expect(stack(kind, spec).errors.isEmpty) }

    /// No row is without a verdict that can be read, and no path or spelling stands for two rows by mistake.
    @Test(arguments: Kind.all.map(\.name))
    func everyRowCanBeReached(_ name: String) throws {
        let kind = try #require(Kind.all.first { $0.name == name })
        var paths: Set<String> = []
        for row in kind.scope.rows {
            #expect(!row.doc.isEmpty && row.doc.hasSuffix("."), "\(row.path)")
            #expect(paths.insert(row.path).inserted, "\(row.path) stands twice")
            var branch: Branch? = kind.scope.root
            for key in row.path.split(separator: ".") { branch = branch?.child(String(key)) }
            #expect(branch?.endings.contains { kind.scope.rows[$0.slot].path == row.path } == true)
        }
    }
}
