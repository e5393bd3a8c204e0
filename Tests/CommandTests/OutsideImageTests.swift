import Glibc
import TestSupport
import Testing

/// Images that others put on a host, in no pool or behind its back; and images of ours that went in the same way.
@Suite(.serialized, .needsPrivateLibvirt, .needs("qemu-img")) struct OutsideImageTests {
    private func image(_ path: String, format: String = "qcow2", more: String = "") -> String {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: VMImage
        metadata: {name: pic}
        spec: {source: {libvirt: {path: \(path), format: \(format)}}\(more)}

        """
    }

    private func machine(_ name: String, size: String, annotations: String = "") -> String {
        Manifests.machine(
            name, power: "Off", disks: "[{name: root, size: \(size)}]", more: "  imageRef: {name: pic}\n",
            annotations: annotations)
    }

    private func makeImage(_ path: String) async throws {
        try writeFile(randomBytes(32 << 20), to: "\(path).raw")
        try await ImageStackTests.convert("\(path).raw", to: "qcow2", at: path)
    }

    @Test func disksAreAsLargeAsAnImageInNoPool() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack()
        let path = stack.scratch.path("pic.qcow2")
        try await makeImage(path)
        func write(_ size: String) throws {
            let volume = """
                apiVersion: rigaud.io/v1alpha1
                kind: Volume
                metadata: {name: clone}
                spec: {providerRef: {name: sim}, name: clone.qcow2, size: \(size), backing: \(path)}

                """
            try stack.scratch.write(
                Manifests.stream(
                    Manifests.provider("sim", host.uri), Manifests.vmClass(), image(path), machine("m", size: size),
                    machine("copy", size: size, annotations: "rigaud.io/disk-copy: \"true\""), volume), to: "lab.yaml")
        }
        let disks = ["clone", "copy-root", "m-root"].map { "\(host.imagesDirectory)/\($0).qcow2" }
        try write("8Mi")
        let plan = try await stack.rigaud("plan")
        #expect(plan.exitStatus == 0 && plan.standardError.contains("\(path) is in no active pool"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        for disk in disks {
            let compared = try await runProcess("qemu-img", ["compare", "-s", path, disk])
            #expect(compared.exitStatus == 0, "\(compared)")
        }
        // Neither is it noise, nor as long as the size fits, nor when it is made larger.
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try write("16Mi")
        #expect(!(try await stack.rigaud("plan", expecting: 0).contains("replace")))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try write("48Mi")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        for disk in disks {
            #expect(try await runProcess("qemu-img", ["info", disk]).standardOutput.contains("48 MiB"))
        }
        // To be smaller than was asked for it has to be another one.
        try write("40Mi")
        #expect(try await stack.rigaud("plan", expecting: 0).contains("refused: --allow delete-data"))
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(access(path, F_OK) == 0)
    }

    /// Where a path is in a pool, a plan sees whether it is there; the pool need not be one that anything else is in.
    @Test func aPathInAPoolIsMissed() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack()
        let directory = stack.scratch.path("golden")
        try stack.scratch.write([], to: "golden/other")
        try await host.virsh("pool-create-as", "golden", "dir", "--target", directory)
        for (format, policy) in [("qcow2", "Fail"), ("qcow2", "Import"), ("iso", "Fail")] {
            try stack.scratch.write(
                Manifests.stream(
                    Manifests.provider("sim", host.uri), Manifests.vmClass(),
                    image("\(directory)/pic", format: format, more: ", prepare: {onMissing: \(policy)}"),
                    machine("m", size: "1Gi")), to: "lab.yaml")
            let plan = try await stack.rigaud("plan")
            #expect(plan.exitStatus == 1 && plan.standardError.contains("\(directory)/pic"), "\(plan)")
            #expect(plan.standardError.contains("virsh pool-refresh golden"), "\(plan)")
        }
        try await makeImage("\(directory)/pic")
        try await host.virsh("pool-refresh", "golden")
        try stack.scratch.write(
            Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(), image("\(directory)/pic"),
                machine("m", size: "8Mi")), to: "lab.yaml")
        let plan = try await stack.rigaud("plan")
        #expect(plan.exitStatus == 0 && plan.standardOutput.contains("32 MiB"), "\(plan)")
        #expect(!plan.standardError.contains("in no active pool"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// A file that was removed beside libvirt is still in its list: what was there is made again all the same.
    @Test func whatWasRemovedByHandIsMadeAgain() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack()
        let path = stack.scratch.path("pic.qcow2")
        try await makeImage(path)
        try stack.scratch.write(
            Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(),
                ImageStackTests.image("pic", "file://\(path)", try await ImageStackTests.digest(of: path)),
                machine("m", size: "64Mi"),
                machine("copy", size: "64Mi", annotations: "rigaud.io/disk-copy: \"true\"")), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let volumes = try filesIn(host.imagesDirectory)
        let image = try #require(volumes.first { $0.hasPrefix("pic-") })
        for gone in [image, "copy-root.qcow2", "m-root.qcow2"] {
            #expect(unlink("\(host.imagesDirectory)/\(gone)") == 0)
            try await stack.rigaud("apply", "--yes", expecting: 0)
            #expect(try filesIn(host.imagesDirectory) == volumes)
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        }
        #expect(
            try await runProcess("qemu-img", ["compare", path, "\(host.imagesDirectory)/\(image)"]).exitStatus == 0)
    }
}
