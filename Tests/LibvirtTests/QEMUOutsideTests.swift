import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Volumes made of files that are in no pool, or that their pool does not know.
@Suite(.serialized, .needsPrivateLibvirt, .needs("qemu-img")) struct QEMUOutsideTests {
    /// With nobody else's looks into directories.
    private static let daemon = Task { try await PrivateLibvirt.start() }

    enum Place: String, CaseIterable, CustomTestStringConvertible {
        case outside, unseen
        var testDescription: String { rawValue }

        /// A disk of 32 MiB that libvirt does not know of.
        func disk(_ name: String, _ format: ImageFormat, on target: ContractHost) async throws -> (
            disk: LocalImage, path: String
        ) {
            let disk = try TestImages.raw(
                "\(name).disk", length: 32 << 20, parts: [(0, 4096), (30 << 20, 100_000)], in: target.scratch)
            let image = format == .raw ? disk : try await TestImages.converted(disk, to: format, in: target.scratch)
            guard self == .unseen else { return (disk, image.path) }
            let path = "\(target.poolDirectory)/\(name).\(format)"
            try await TestImages.run("cp", ["--sparse=always", image.path, path])
            return (disk, path)
        }
    }

    private func purge(_ path: String, _ place: Place) {
        if place == .unseen { unlink(path) }
    }

    @Test(arguments: Place.allCases, [ImageFormat.qcow2, .raw])
    func anOverlayIsNoSmaller(_ place: Place, _ format: ImageFormat) async throws {
        let target = try ContractHosts.qemu(on: await Self.daemon.value)
        let (disk, path) = try await place.disk("outside-\(place)", format, on: target)
        defer { purge(path, place) }
        for (size, expected) in [(8, 32), (64, 64), (nil, 32)] as [(Int64?, Int64)] {
            let overlay = target.reference(.volume, "outside-\(place)-\(format)-\(size ?? 0).qcow2", pool: target.pool)
            let set: [(AttributePath, Value)] = [
                (.of(.volumeFormat), "qcow2"), (.of(.backing), .string(path)),
                (.of(.backingFormat), .string(format.rawValue)),
            ]
            let sized = size.map { set + [(.of(.capacity), .integer($0 << 20))] } ?? set
            try await target.perform(.create, overlay, sized)
            #expect(try await target.observe(overlay)?.attributes[.capacity] == .integer(expected << 20))
            #expect(try await TestImages.areSame(disk, "\(target.poolDirectory)/\(overlay.name)", "qcow2"))
            // Once more is nothing.
            try await target.perform(.create, overlay, sized)
            try await target.perform(.delete, overlay)
        }
        #expect(try await looks(on: target).isEmpty)
    }

    @Test(arguments: Place.allCases)
    func aCopyHasItAll(_ place: Place) async throws {
        let target = try ContractHosts.qemu(on: await Self.daemon.value)
        let (disk, path) = try await place.disk("copied-\(place)", .qcow2, on: target)
        defer { purge(path, place) }
        let copy = target.reference(.volume, "copied-\(place)-copy.raw", pool: target.pool)
        try await target.perform(
            .create, copy,
            [(.of(.copy), .string(path)), (.of(.volumeFormat), "raw"), (.of(.capacity), .integer(8 << 20))])
        #expect(try await target.observe(copy)?.attributes[.capacity] == .integer(32 << 20))
        #expect(try await TestImages.areSame(disk, "\(target.poolDirectory)/\(copy.name)", "raw"))
        try await target.perform(.delete, copy)
        #expect(try await looks(on: target).isEmpty)
    }

    @Test(arguments: [Attribute.backing, .copy])
    func whatIsNotThere(_ attribute: Attribute) async throws {
        let target = try ContractHosts.qemu(on: await Self.daemon.value)
        let volume = target.reference(.volume, "nowhere-\(attribute).qcow2", pool: target.pool)
        for path in [target.scratch.path("nothing"), "/nowhere/at/all", "/dev/nothing", "/nothing"] {
            let error = await #expect(throws: HostError.self) {
                try await target.perform(
                    .create, volume,
                    [
                        (.of(attribute), .string(path)), (.of(.volumeFormat), "qcow2"),
                        (.of(.capacity), .integer(1 << 20)),
                    ] + (attribute == .backing ? [(.of(.backingFormat), "qcow2")] : []))
            }
            #expect(error?.detail.contains(path) == true, "\(String(describing: error))")
            #expect(try await target.observe(volume) == nil)
        }
        #expect(try await looks(on: target).isEmpty)
    }

    /// What is in no pool is waited for as well, and not longer than it takes.
    @Test func itIsWaitedFor() async throws {
        let target = try ContractHosts.qemu(on: await Self.daemon.value)
        let image = try await TestImages.converted(
            TestImages.raw("late", length: 4 << 20, parts: [(0, 4096)], in: target.scratch), to: .qcow2,
            in: target.scratch)
        let path = target.scratch.path("later/late.qcow2")
        let volume = target.reference(.volume, "late-disk.qcow2", pool: target.pool)
        let set: [(AttributePath, Value)] = [
            (.of(.volumeFormat), "qcow2"), (.of(.backing), .string(path)), (.of(.backingFormat), "qcow2"),
        ]
        let error = await #expect(throws: HostError.self) {
            try await target.perform(.create, volume, set, timeout: 1)
        }
        #expect(error?.reason == .timedOut)
        async let made: Void = target.perform(.create, volume, set, timeout: 600)
        try await Task.sleep(for: .seconds(1))
        try target.scratch.write([], to: "later/other")
        #expect(rename(image.path, path) == 0)
        try await made
        #expect(try await target.observe(volume)?.attributes[.capacity] == .integer(4 << 20))
        try await target.perform(.delete, volume)
    }

    /// The looks that were not ended.
    private func looks(on target: ContractHost) async throws -> [Substring] {
        let pools = try await #require(target.daemon).virsh("pool-list", "--name")
        return pools.split(separator: "\n").filter { $0.hasPrefix("rigaud-look-") }
    }
}
