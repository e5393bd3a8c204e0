import TestSupport
import Testing

/// What somebody else has from a stack is not taken from them.
@Suite struct ForeignerTests {
    private static let domain = """
        <domain type='test'><name>foreign</name><memory unit='MiB'>64</memory><os><type arch='i686'>hvm</type></os>
        <devices><disk type='file' device='disk'><source file='/var/lib/libvirt/images/%'/><target dev='vda' bus='virtio'/></disk>
        </devices></domain>
        """

    private static func volume(_ name: String, _ size: String) -> String {
        """
        apiVersion: rigaud.io/v1alpha1
        kind: Volume
        metadata: {name: \(name)}
        spec: {providerRef: {name: sim}, name: \(name).qcow2, size: \(size)}

        """
    }

    enum Way: String, CaseIterable { case removed, shrunk, destroyed }

    /// Its machine is off or on; who else has its disk is in the way in any case.
    @Test(arguments: Way.allCases, ["data.qcow2", "web-root.qcow2"])
    func aVolumeOfTheirs(_ way: Way, _ name: String) async throws {
        func lab(_ size: String) -> String {
            Manifests.stream(
                Manifests.vmClass(), Manifests.machine("web", disks: "[{name: root, size: \(size)}]"),
                Self.volume("data", size))
        }
        let rest = Manifests.stream(Manifests.simulatedProvider, Self.volume("other", "1Gi"))
        let stack = try TestStack(["rest.yaml": rest, "lab.yaml": lab("2Gi")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(
            Self.domain.replacing("%", with: name), to: ".rigaud/hosts/default.sim/domains/foreign.xml")
        switch way {
        case .removed: try removeFile(stack.scratch.path("lab.yaml"))
        case .shrunk: try stack.scratch.write(lab("1Gi"), to: "lab.yaml")
        case .destroyed: break
        }
        let arguments = [way == .destroyed ? "destroy" : "apply", "--yes", "--allow", "delete-data"]
        let refused = try await stack.run(arguments)
        #expect(refused.exitStatus == 4, "\(refused)")
        #expect(refused.standardError.contains("domblklist foreign"), "\(refused)")
        let file = stack.scratch.path(".rigaud/hosts/default.sim/pools/default/volumes/\(name).xml")
        let size = "2147483648</capacity>"
        #expect(try String(decoding: readFile(file), as: UTF8.self).contains(size))
        try removeFile(stack.scratch.path(".rigaud/hosts/default.sim/domains/foreign.xml"))
        let done = try await stack.run(arguments)
        #expect(done.exitStatus == 0, "\(done)")
        #expect((try? String(decoding: readFile(file), as: UTF8.self))?.contains(size) != true)
    }
}
