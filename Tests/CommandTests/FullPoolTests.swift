import Glibc
import TestSupport
import Testing

/// A pool in which there is no room: what could not be made there has left nothing, and nothing is said of it later.
@Suite(.needsPrivateLibvirt, .needs("qemu-img")) struct FullPoolTests {
    @Test(arguments: ["raw", "qcow2"])
    func whatFailedHasLeftNothing(_ format: String) async throws {
        let stack = try TestStack()
        let directory = stack.scratch.path("pool")
        try stack.scratch.write([], to: "pool/below")
        // Before the host, which sees no mount that comes after it.
        #expect(mount("none", directory, "tmpfs", 0, "size=8m") == 0)
        defer { umount2(directory, Int32(MNT_DETACH)) }
        let host = try await PrivateLibvirt.start()
        try await host.virsh("pool-create-as", "small", "dir", "--target", directory)
        func write(_ name: String, _ length: Int, seed: UInt64) throws {
            let path = try stack.scratch.write(randomBytes(length, seed: seed), to: name)
            let image = """
                apiVersion: infra.virtrigaud.io/v1beta1
                kind: VMImage
                metadata: {name: pic}
                spec:
                  source: {libvirt: {url: "file://\(path)", storagePool: small}}
                  format: \(format)

                """
            try stack.scratch.write(
                Manifests.stream(
                    Manifests.provider("sim", host.uri), Manifests.vmClass(), image,
                    Manifests.machine(
                        "m", power: "Off", disks: "[{name: root, size: 32Mi}]", more: "  imageRef: {name: pic}\n")),
                to: "lab.yaml")
        }
        try write("large.img", 24 << 20, seed: 1)
        let failed = try await stack.rigaud("apply", "--yes")
        #expect(failed.exitStatus == 4 && failed.standardError.contains("df -h"), "\(failed)")
        #expect(try filesIn(directory).isEmpty)

        try write("little.img", 2 << 20, seed: 2)
        let plan = try await stack.rigaud("plan")
        #expect(plan.exitStatus == 0 && !plan.standardOutput.contains("delete"), "\(plan)")
        let apply = try await stack.rigaud("apply", "--yes")
        #expect(apply.exitStatus == 0 && !apply.standardError.contains("Found out"), "\(apply)")
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }
}
