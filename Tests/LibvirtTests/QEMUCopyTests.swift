import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Copies that have something in them, and space that is allocated beforehand.
@Suite(.needsPrivateLibvirt) struct QEMUCopyTests {
    @Test(arguments: ["raw", "qcow2"])
    func aCopyHasItAll(_ format: String) async throws {
        let target = try await ContractHosts.qemu()
        let disk = try TestImages.raw("disk", length: 8 << 20, parts: [(0, 4096), (5 << 20, 1000)], in: target.scratch)
        let image = try await TestImages.converted(disk, to: .qcow2, in: target.scratch)
        // A file that libvirt has not seen: it is looked for.
        let source = "\(target.poolDirectory)/byhand-\(format).qcow2"
        try writeFile(readFile(image.path), to: source)
        let copy = target.reference(.volume, "byhand-copy.\(format)", pool: target.pool)
        let path = "\(target.poolDirectory)/\(copy.name)"
        try await target.perform(
            .create, copy,
            [(.of(.copy), .string(source)), (.of(.volumeFormat), .string(format)), (.of(.capacity), .integer(9 << 20))])
        #expect(try await TestImages.areSame(disk, path, format))
        #expect(try await target.observe(copy)?.attributes[.capacity] == .integer(9 << 20))
        #expect(access(path + ".upload", F_OK) != 0)
        try await target.perform(.delete, copy)
        try await target.perform(.delete, target.reference(.volume, "byhand-\(format).qcow2", pool: target.pool))
    }

    @Test func thickAndThin() async throws {
        let target = try await ContractHosts.qemu()
        for (format, allocation) in [("raw", "thin"), ("raw", "thick"), ("qcow2", "thin"), ("qcow2", "thick")] {
            let volume = target.reference(.volume, "\(allocation).\(format)", pool: target.pool)
            let path = "\(target.poolDirectory)/\(volume.name)"
            try await target.perform(
                .create, volume,
                [
                    (.of(.capacity), .integer(8 << 20)), (.of(.volumeFormat), .string(format)),
                    (.of(.allocation), .string(allocation)),
                ])
            let status = try TestImages.status(of: path)
            switch (format, allocation) {
            case ("raw", "thick"): #expect(status.allocated >= 8 << 20)
            // Its tables are there, and refer to room behind them.
            case ("qcow2", "thick"): #expect(status.length >= 8 << 20)
            case ("qcow2", _): #expect(status.length < 1 << 20)
            default: #expect(status.allocated < 1 << 20)
            }
            try await target.perform(.delete, volume)
        }
    }

    /// A conversion leaves holes; filled, they are what they were.
    @Test(arguments: ["raw", "qcow2"])
    func aThickCopyIsAllocated(_ format: String) async throws {
        let target = try await ContractHosts.qemu()
        let disk = try TestImages.raw("disk", length: 8 << 20, parts: [(0, 4096), (5 << 20, 1000)], in: target.scratch)
        let image = try await TestImages.converted(disk, to: .qcow2, in: target.scratch)
        let source = target.reference(.volume, "thick-source-\(format).qcow2", pool: target.pool)
        try await target.fill(source, with: image, [(.of(.volumeFormat), "qcow2")])
        let copy = target.reference(.volume, "thick-copy.\(format)", pool: target.pool)
        let path = "\(target.poolDirectory)/\(copy.name)"
        try await target.perform(
            .create, copy,
            [
                (.of(.copy), .string("\(target.pool)/\(source.name)")), (.of(.volumeFormat), .string(format)),
                (.of(.capacity), .integer(12 << 20)), (.of(.allocation), "thick"),
            ])
        #expect(try await TestImages.areSame(disk, path, format))
        let status = try TestImages.status(of: path)
        #expect(format == "raw" ? status.allocated >= 12 << 20 : status.length >= 8 << 20, "\(status)")
        for volume in [copy, source] { try await target.perform(.delete, volume) }
    }

    /// A copy that an interrupted run left, as whole as it may look.
    @Test func aHalfCopyIsMadeAnew() async throws {
        let target = try await ContractHosts.qemu()
        let daemon = try #require(target.daemon)
        let disk = try TestImages.raw("disk", length: 4 << 20, parts: [(0, 4 << 20)], in: target.scratch)
        let source = target.reference(.volume, "half-source.raw", pool: target.pool)
        try await target.fill(source, with: disk, [(.of(.volumeFormat), "raw")])
        try await daemon.virsh("vol-create-as", target.pool, "half.raw", "4M", "--format", "raw")
        try await daemon.virsh("vol-create-as", target.pool, "half.raw.upload", "0")
        let copy = target.reference(.volume, "half.raw", pool: target.pool)
        let half = try #require(try await target.observe(copy))
        #expect(half.attributes.isEmpty, "nothing that it says of itself is so yet")
        try await target.perform(
            .create, copy,
            [(.of(.copy), .string("\(target.pool)/\(source.name)")), (.of(.volumeFormat), "raw")])
        #expect(try readFile("\(target.poolDirectory)/half.raw") == readFile(disk.path))
        #expect(access("\(target.poolDirectory)/half.raw.upload", F_OK) != 0)
        try await daemon.virsh("vol-create-as", target.pool, "half.raw.upload", "0")
        for volume in [copy, source] { try await target.perform(.delete, volume) }
        #expect(access("\(target.poolDirectory)/half.raw.upload", F_OK) != 0)
    }
}
