import Glibc
import TestSupport
import Testing

/// Raw disks and raw images that look like something else: what is on a disk is no drift.
@Suite(.serialized, .needsPrivateLibvirt, .needs("qemu-img")) struct RawDiskTests {
    private func writeBytes(_ bytes: [UInt8], at offset: Int = 0, to path: String) throws {
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        try #require(pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count)
    }

    /// An ISO 9660 image from which a machine starts as from a disk: there is a boot sector before it.
    private func hybrid(at path: String) throws {
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        bytes.replaceSubrange(510..<512, with: [0x55, 0xAA])
        bytes.replaceSubrange(32768..<32774, with: [1] + Array("CD001".utf8))
        try writeFile(bytes, to: path)
    }

    @Test func whatAGuestWritesIsNoDrift() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack()
        func write(_ size: String, power: String = "Off") throws {
            let disks = "[{name: a, size: \(size)}, {name: b, size: \(size)}]"
            try stack.scratch.write(
                Manifests.stream(
                    Manifests.provider("sim", host.uri), Manifests.vmClass(more: ", spec: {storage: {format: raw}}"),
                    Manifests.machine("m", power: power, disks: disks)), to: "lab.yaml")
        }
        try write("40Mi")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let image = stack.scratch.path("guests.qcow2")
        #expect(try await runProcess("qemu-img", ["create", "-q", "-f", "qcow2", image, "10M"]).exitStatus == 0)
        let (a, b) = ("\(host.imagesDirectory)/m-a.raw", "\(host.imagesDirectory)/m-b.raw")
        try writeBytes(readFile(image), to: a)
        try writeBytes(Array("CD001".utf8), at: 32769, to: b)
        try await host.virsh("pool-refresh", "default")
        let before = [try readFile(a), try readFile(b)]
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
        try await stack.rigaud("drift", expecting: 0)

        // It is made larger as what it is.
        try write("60Mi")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(plan.contains("40 MiB -> 60 MiB") && !plan.contains("format"), "\(plan)")
        try await stack.rigaud("plan", "--out", stack.scratch.path("saved.plan"), expecting: 0)
        try await stack.rigaud("apply", stack.scratch.path("saved.plan"), "--yes", expecting: 0)
        for (path, content) in zip([a, b], before) {
            let grown = try readFile(path)
            #expect(grown.count == 60 << 20 && Array(grown.prefix(content.count)) == content)
        }
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try await host.virsh("dumpxml", "m").components("type='raw'") == 2)

        // And while the guest has it.
        try write("60Mi", power: "On")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try write("80Mi", power: "On")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        for (path, content) in zip([a, b], before) {
            let grown = try readFile(path)
            #expect(grown.count == 80 << 20 && Array(grown.prefix(content.count)) == content)
        }
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try await host.virsh("destroy", "m")
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
    }

    @Test func aRawImageThatIsAnISOTooStaysWhatItIs() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack()
        let path = stack.scratch.path("hybrid.iso")
        try hybrid(at: path)
        try stack.scratch.write(
            Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(),
                Manifests.vmClass("raw", more: ", spec: {storage: {format: raw}}"),
                ImageStackTests.image(
                    "hybrid", "file://\(path)", try await ImageStackTests.digest(of: path), more: "  format: raw\n"),
                Manifests.machine(
                    "overlay", power: "Off", disks: "[{name: root, size: 1Mi}]", more: "  imageRef: {name: hybrid}\n"),
                Manifests.machine(
                    "copy", vmClass: "raw", power: "Off", disks: "[{name: root, size: 8Mi}]",
                    more: "  imageRef: {name: hybrid}\n", annotations: "rigaud.io/disk-copy: \"true\"")),
            to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let plan = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(plan.contains("No changes"), "\(plan)")
        try await host.virsh("pool-refresh", "default")
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try readFile("\(host.imagesDirectory)/copy-root.raw").count == 8 << 20)
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).isEmpty)
    }
}

extension String {
    fileprivate func components(_ part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
