import Glibc
import Hypervisor
import Libvirt
import Model
import Synchronization
import TestSupport
import Testing

/// Images that go into volumes of a real host.
@Suite(.needsPrivateLibvirt) struct QEMUFillTests {
    /// Raw images: shorter than a header, with holes everywhere, full, and all hole.
    @Test(
        arguments: [
            ("tiny", 1536, [(0, 1536)]),
            ("small", 100_000, [(0, 100_000)]),
            ("sparse", 8 << 20, [(1 << 20, 4096), (3 << 20, 700_000)]),
            ("holeinheader", 4 << 20, [(4096, 512), (32 << 10, 512), (2 << 20, 4096)]),
            ("full", 3 << 20, [(0, 3 << 20)]),
            ("empty", 1 << 20, []),
        ] as [(String, Int, [(Int, Int)])])
    func aRawImageArrivesAsItIs(_ name: String, _ length: Int, _ parts: [(Int, Int)]) async throws {
        let target = try await ContractHosts.qemu()
        let image = try TestImages.raw(
            "\(name).raw", length: length, parts: parts.map { (offset: $0.0, count: $0.1) }, in: target.scratch)
        let volume = target.reference(.volume, "fill-\(name).raw", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        let sent = Mutex<[Int64]>([])
        try await target.fill(volume, with: image, [(.of(.volumeFormat), "raw")]) { count in
            sent.withLock { $0.append(count) }
        }
        #expect(try readFile(path) == readFile(image.path))
        #expect(try TestImages.status(of: path).allocated <= TestImages.status(of: image.path).allocated + 192 << 10)
        let steps = sent.withLock { $0 }
        #expect(steps == steps.sorted() && steps.last == image.length)
        let found = try #require(try await target.observe(volume)).attributes
        #expect(found[.volumeFormat] == "raw")
        #expect(found[.capacity] == .integer(Int64(length)))
        try await target.perform(.delete, volume)
        #expect(access(path, F_OK) != 0)
    }

    /// What comes in one format and is wanted in another; nothing is left beside it.
    @Test(
        arguments: [
            (ImageFormat.qcow2, "qcow2", nil), (.qcow2, "raw", nil), (.raw, "qcow2", nil), (.vmdk, "qcow2", nil),
            (.vmdk, "qcow2", "subformat=streamOptimized"), (.vdi, "raw", nil), (.vpc, "qcow2", "force_size=on"),
            (.vpc, "raw", "subformat=fixed,force_size=on"), (.vmdk, "vmdk", nil),
        ] as [(ImageFormat, String, String?)])
    func theHostConverts(_ format: ImageFormat, _ wanted: String, _ options: String?) async throws {
        let target = try await ContractHosts.qemu()
        let disk = try TestImages.raw(
            "disk", length: 8 << 20, parts: [(0, 4096), (5 << 20, 300_000)], in: target.scratch)
        let image =
            format == .raw
            ? disk : try await TestImages.converted(disk, to: format, options: options, in: target.scratch)
        let volume = target.reference(
            .volume, "convert-\(format)-\(options?.prefix(14).suffix(5) ?? "").\(wanted)", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        let set: [(AttributePath, Value)] = [(.of(.volumeFormat), .string(wanted))]
        try await target.fill(volume, with: image, set)
        #expect(try await TestImages.areSame(disk, path, wanted))
        let found = try #require(try await target.observe(volume)).attributes
        #expect(found[.volumeFormat] == .string(wanted))
        #expect(found[.capacity] == .integer(8 << 20))
        #expect(access(path + ".upload", F_OK) != 0)

        // Once more is nothing, as the file shows.
        let before = try TestImages.status(of: path)
        target.hypervisor.calls.reset()
        try await target.fill(volume, with: image, set)
        #expect(try TestImages.status(of: path) == before)
        #expect(target.hypervisor.calls.counts["virStorageVolUpload"] == nil)
        try await target.perform(.delete, volume)
    }

    @Test func aSeedIsForItsOwnerAlone() async throws {
        let target = try await ContractHosts.qemu()
        let image = try await TestImages.seed(["user-data": "#cloud-config\n", "meta-data": ""], in: target.scratch)
        let volume = target.reference(.volume, "seed-0123.iso", pool: target.pool)
        try await target.fill(volume, with: image, [(.of(.volumeFormat), "iso")])
        let path = "\(target.poolDirectory)/\(volume.name)"
        #expect(try TestImages.status(of: path).mode == 0o600)
        #expect(try readFile(path) == readFile(image.path))
        #expect(try await target.observe(volume)?.attributes[.volumeFormat] == "iso")
        try await target.perform(.delete, volume)
    }

    /// A volume of that name that is another one is made anew, and one that is wanted larger is grown.
    @Test func anImageIsGrownAndMadeAnew() async throws {
        let target = try await ContractHosts.qemu()
        let disk = try TestImages.raw("disk", length: 4 << 20, parts: [(0, 4096)], in: target.scratch)
        let image = try await TestImages.converted(disk, to: .qcow2, in: target.scratch)
        let volume = target.reference(.volume, "grown.qcow2", pool: target.pool)
        try await target.perform(
            .create, volume, [(.of(.volumeFormat), "qcow2"), (.of(.capacity), .integer(1 << 20))])
        let set: [(AttributePath, Value)] = [
            (.of(.volumeFormat), "qcow2"), (.of(.capacity), .integer(16 << 20)),
        ]
        for _ in 0..<2 {
            target.hypervisor.calls.reset()
            try await target.fill(volume, with: image, set)
            #expect(try await target.observe(volume)?.attributes[.capacity] == .integer(16 << 20))
        }
        #expect(target.hypervisor.calls.counts["virStorageVolUpload"] == nil)
        #expect(try await TestImages.areSame(disk, "\(target.poolDirectory)/grown.qcow2", "qcow2"))
        try await target.perform(.delete, volume)
    }

    @Test func whatCannotBeAnImage() async throws {
        let target = try await ContractHosts.qemu()
        let disk = try TestImages.raw("disk", length: 1 << 20, parts: [(0, 4096)], in: target.scratch)
        let whole = try await TestImages.converted(disk, to: .qcow2, in: target.scratch)
        let overlay = target.scratch.path("overlay.qcow2")
        try await TestImages.run(
            "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", overlay, "1M"])
        let images: [(LocalImage, HostError.Reason, String)] = [
            (.init(path: disk.path, format: .vhdx, length: disk.length, capacity: disk.length), .unsupported, "VHDX"),
            (.init(path: disk.path, format: .iso, length: disk.length, capacity: disk.length), .unsupported, "medium"),
            (
                .init(path: overlay, format: .qcow2, length: try TestImages.length(of: overlay), capacity: 1 << 20),
                .invalid, "lies on another file"
            ),
            (.init(path: whole.path, format: .qcow2, length: whole.length, capacity: 2 << 20), .failed, "damaged"),
            (.init(path: disk.path, format: .qcow2, length: disk.length, capacity: 1 << 20), .failed, "damaged"),
            (.init(path: disk.path, format: .raw, length: 5, capacity: 5), .failed, "a moment ago"),
            (.init(path: "/nonexistent", format: .raw, length: 5, capacity: 5), .failed, "No such file"),
        ]
        for (image, reason, words) in images {
            let volume = target.reference(.volume, "never.qcow2", pool: target.pool)
            let error = await #expect(throws: HostError.self) {
                try await target.fill(volume, with: image, [(.of(.volumeFormat), "qcow2")])
            }
            #expect(error?.reason == reason, "\(String(describing: error))")
            #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
            #expect(error?.command != nil || ["a moment ago", "medium"].contains(words))
            #expect(try await target.observe(volume) == nil)
            #expect(access("\(target.poolDirectory)/never.qcow2", F_OK) != 0)
            #expect(access("\(target.poolDirectory)/never.qcow2.upload", F_OK) != 0)
        }
    }
}
