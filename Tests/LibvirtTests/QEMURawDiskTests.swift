import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Raw disks on which a guest has written what libvirt takes for an image.
@Suite(.serialized, .needsPrivateLibvirt, .needs("qemu-img")) struct QEMURawDiskTests {
    /// One of their own, whose pool is busy with nothing else when it is refreshed.
    private static let daemon = Task { try await PrivateLibvirt.start() }

    private static let size: Int64 = 40 << 20

    /// The beginning of an image, and where it is written.
    private func header(_ format: String, in scratch: ScratchDirectory) async throws -> (bytes: [UInt8], offset: Int) {
        if format == "iso" { return (Array("CD001".utf8), 32769) }
        let path = scratch.path("guests.\(format)")
        let secret = format == "luks" ? ["--object", "secret,id=s,data=abc", "-o", "key-secret=s,iter-time=10"] : []
        try await TestImages.run("qemu-img", ["create", "-q", "-f", format] + secret + [path, "10M"])
        return (try readFile(path), 0)
    }

    private func write(_ content: (bytes: [UInt8], offset: Int), to path: String) throws {
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        let count = pwrite(descriptor, content.bytes, content.bytes.count, off_t(content.offset))
        try #require(count == content.bytes.count)
    }

    @Test(arguments: ["iso", "qcow2", "vdi", "vmdk", "luks"])
    func itIsRawAndGrowsAsThat(_ format: String) async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let volume = target.reference(.volume, "guests-\(format).raw", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        let size: (AttributePath, Value) = (.of(.capacity), .integer(Self.size))
        try await target.perform(.create, volume, [size, (.of(.volumeFormat), "raw")])
        try write(try await header(format, in: target.scratch), to: path)
        try await daemon.virsh("pool-refresh", target.pool)
        #expect(try await daemon.virsh("vol-dumpxml", volume.name, target.pool).contains(format))
        func found() async throws -> Attributes? {
            var interest = Interest(volumes: [target.pool: [volume.name]], pools: [target.pool])
            interest.raw = interest.volumes
            let host = try await target.hypervisor.reader(for: target.host).observe(interest)
            return host.volumes[VolumeReference(pool: target.pool, name: volume.name)]?.attributes
        }
        let raw = try await found()
        #expect(raw?[.volumeFormat] == "raw" && raw?[.capacity] == .integer(Self.size))

        let content = try readFile(path)
        let larger: (AttributePath, Value) = (.of(.capacity), .integer(Self.size + 20 << 20))
        try await target.perform(.update, volume, [larger, (.of(.volumeFormat), "raw")])
        let grown = try readFile(path)
        #expect(grown.count == Int(Self.size + 20 << 20))
        #expect(Array(grown.prefix(content.count)) == content, "what the guest has is as it was")
        #expect(!grown.dropFirst(content.count).contains { $0 != 0 })
        #expect(try TestImages.status(of: path).allocated < Self.size)
        #expect(try await found()?[.capacity] == larger.1)
        // Smaller would cut off what the guest has, of which libvirt sees less.
        await #expect(throws: HostError.self) {
            try await target.perform(
                .update, volume, [(.of(.capacity), .integer(20 << 20)), (.of(.volumeFormat), "raw")])
        }
        #expect(try readFile(path) == grown)
        try await target.perform(.delete, volume)
    }

    /// Nothing of a guest's raw disk is built on what a guest says there: no image stays for it.
    @Test func itLiesOnNothing() async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let base = target.reference(.volume, "lain-on.qcow2", pool: target.pool)
        let disk = target.reference(.volume, "lies.raw", pool: target.pool)
        let capacity: (AttributePath, Value) = (.of(.capacity), .integer(8 << 20))
        try await target.perform(.create, base, [capacity, (.of(.volumeFormat), "qcow2")])
        try await target.perform(.create, disk, [capacity, (.of(.volumeFormat), "raw")])
        let overlay = target.scratch.path("overlay.qcow2")
        let path = "\(target.poolDirectory)/\(base.name)"
        try await TestImages.run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", path, "-F", "qcow2", overlay])
        try write((try readFile(overlay), 0), to: "\(target.poolDirectory)/\(disk.name)")
        let xml = """
            <domain type='qemu'><name>lies</name><memory>65536</memory><os><type>hvm</type></os><devices>
            <disk type='file' device='disk'><driver name='qemu' type='raw'/><target dev='vda' bus='virtio'/>
            <source file='\(target.poolDirectory)/\(disk.name)'/></disk></devices></domain>
            """
        try await daemon.virsh("define", target.scratch.write(xml, to: "lies.xml"))
        try await target.perform(.delete, base)
        #expect(access(path, F_OK) != 0)
        try await daemon.virsh("undefine", "lies")
        try await target.perform(.delete, disk)
    }
}
