import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// What every host does with volumes that are made of something: of an image, or of another volume.
@Suite struct VolumeContractTests {
    @Test(arguments: HostKind.available)
    func anImageBecomesAVolume(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let image = try TestImages.raw("disk", length: 1 << 20, parts: [(0, 4096)], in: target.scratch)
        let volume = target.reference(.volume, "contract-image.raw", pool: target.pool)
        for _ in 0..<2 {
            try await target.fill(volume, with: image, [(.of(.volumeFormat), "raw")])
            let found = try #require(try await target.observe(volume)).attributes
            #expect(found[.volumeFormat] == "raw")
            #expect(found[.capacity] == .integer(1 << 20))
        }
        try await target.perform(.delete, volume)
        #expect(try await target.observe(volume) == nil)
    }

    @Test(arguments: HostKind.available)
    func aVolumeIsCopied(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let original = target.reference(.volume, "contract-original.qcow2", pool: target.pool)
        try await target.perform(
            .create, original, [(.of(.capacity), .integer(16 << 20)), (.of(.volumeFormat), "qcow2")])
        let byName = "\(target.pool)/\(original.name)"
        let cases: [(source: String, format: String, wanted: Int64?, size: Int64)] = [
            (byName, "qcow2", nil, 16 << 20), (byName, "raw", 32 << 20, 32 << 20), (byName, "qcow2", 8 << 20, 16 << 20),
            ("\(target.poolDirectory)/\(original.name)", "qcow2", 64 << 20, 64 << 20),
        ]
        for (source, format, wanted, size) in cases {
            let copy = target.reference(.volume, "contract-copy.\(format)", pool: target.pool)
            let set: [(AttributePath, Value)] =
                [(.of(.copy), .string(source)), (.of(.volumeFormat), .string(format))]
                + (wanted.map { [(.of(.capacity), .integer($0))] } ?? [])
            // A raw file in which something is written may be anybody's.
            for _ in 0..<(kind == .qemu && format == "raw" ? 1 : 2) {
                try await target.perform(.create, copy, set)
                let found = try #require(try await target.observe(copy)).attributes
                #expect(found[.capacity] == .integer(size))
                #expect(found[.volumeFormat] == .string(format))
                #expect(found[.backing] == nil)
            }
            try await target.perform(.update, copy, [(.of(.allocation), "thick")])
            try await target.perform(.delete, copy)
        }
        try await target.perform(.delete, original)
        // A simulated host takes an image to be there.
        guard kind == .qemu else { return }
        let copy = target.reference(.volume, "contract-copy.raw", pool: target.pool)
        let missing = await #expect(throws: HostError.self) {
            try await target.perform(.create, copy, [(.of(.copy), .string("\(target.pool)/nothing"))])
        }
        #expect(missing?.reason == .missing)
        #expect(try await target.observe(copy) == nil)
    }

    @Test(arguments: HostKind.available)
    func anOverlayIsAsLargeAsWhatItLiesOn(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let writer = try await target.hypervisor.writer(for: target.host)
        let base = target.reference(.volume, "contract-base.qcow2", pool: target.pool)
        try await writer.perform(
            target.operation(
                .create, base, [(.of(.capacity), .integer(16 << 20)), (.of(.volumeFormat), "qcow2")]))
        let overlays = (0..<5).map { target.reference(.volume, "contract-overlay\($0).qcow2", pool: target.pool) }
        target.hypervisor.calls.reset()
        for overlay in overlays + overlays {
            try await writer.perform(
                target.operation(
                    .create, overlay,
                    [
                        (.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "qcow2"),
                        (.of(.backing), .string("\(target.pool)/\(base.name)")), (.of(.backingFormat), "qcow2"),
                        (.of(.allocation), "thick"),
                    ]))
        }
        // One for the base, one for each overlay that was there already.
        #expect(target.hypervisor.calls.counts["virStorageVolLookupByName"] == 1 + overlays.count)
        // A simulated host is written down after each besides.
        let saved = target.isSimulated ? 2 * overlays.count : 0
        #expect(target.hypervisor.calls.counts["virStorageVolGetXMLDesc"] == 1 + overlays.count + saved)
        for overlay in overlays {
            #expect(try await target.observe(overlay)?.attributes[.capacity] == .integer(16 << 20))
        }
        for volume in overlays + [base] { try await target.perform(.delete, volume) }
    }

    /// People leave out the end that tells a format, and the one who made the image may not have.
    @Test(arguments: HostKind.available)
    func whatItLiesOnMayBeNamedWithoutItsEnd(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let base = target.reference(.volume, "contract-ended.qcow2", pool: target.pool)
        try await target.perform(.create, base, [(.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "qcow2")])
        let overlay = target.reference(.volume, "contract-on-ended.qcow2", pool: target.pool)
        try await target.perform(
            .create, overlay,
            [
                (.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "qcow2"),
                (.of(.backing), .string("\(target.pool)/contract-ended")), (.of(.backingFormat), "qcow2"),
            ])
        let found = try #require(try await target.observe(overlay)).attributes
        #expect(found[.backing] == .string("\(target.poolDirectory)/\(base.name)"))
        for volume in [overlay, base] { try await target.perform(.delete, volume) }
    }

    /// A stack's image may have become somebody else's.
    @Test(arguments: HostKind.available, ["VMImage", "Volume"])
    func whatOthersLieOnStays(_ host: HostKind, _ kind: String) async throws {
        let target = try await host.host()
        try await target.preparePool()
        let writer = try await target.hypervisor.writer(for: target.host)
        let base = target.reference(.volume, "contract-below-\(kind).qcow2", pool: target.pool)
        let overlay = target.reference(.volume, "contract-above-\(kind).qcow2", pool: target.pool)
        let set: [(AttributePath, Value)] = [(.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "qcow2")]
        try await writer.perform(target.operation(.create, base, set))
        try await writer.perform(
            target.operation(
                .create, overlay,
                set + [(.of(.backing), .string("\(target.pool)/\(base.name)")), (.of(.backingFormat), "qcow2")]))
        let deletion = Operation(.delete, base, of: Address(kind: kind, name: "shared"))
        let refused = await #expect(throws: HostError.self) { try await writer.perform(deletion) }
        #expect(refused?.reason == .inUse)
        #expect(refused?.detail.contains("\(target.pool)/\(overlay.name) lies on it") == true)
        #expect(try await target.observe(base) != nil)
        // Once that is gone nothing is in the way, whatever was seen before.
        try await writer.perform(target.operation(.delete, overlay))
        try await writer.perform(deletion)
        #expect(try await target.observe(base) == nil)
    }

    /// Not that of a domain of the stack, which its plan has seen to; seeds and images are volumes like others.
    @Test(
        arguments: HostKind.available,
        ["Volume/data", "VMImage/shared", "VirtualMachine/web/disk/root", "VirtualMachine/web/seed/0123"])
    func whatOthersHaveAsADiskStays(_ host: HostKind, _ text: String) async throws {
        let target = try await host.host()
        try await target.preparePool()
        let address = try #require(Address(text))
        let part = text.split(separator: "/").last ?? ""
        let volume = target.reference(.volume, "contract-used-\(part).raw", pool: target.pool)
        let domain = target.reference(.domain, "contract-user-\(part)")
        let writer = try await target.hypervisor.writer(for: target.host)
        try await writer.perform(
            target.operation(.create, volume, [(.of(.capacity), 4096), (.of(.volumeFormat), "raw")]))
        try await writer.perform(
            target.operation(
                .create, domain,
                DomainContractTests.small + [
                    (.of(.diskSource, "data"), .string("\(target.pool)/\(volume.name)")),
                    (.of(.diskFormat, "data"), "raw"),
                ], stamp: Stamp(lineage: .random(), address: Address(kind: "VirtualMachine", name: "m2"))))
        let deletion = Operation(.delete, volume, of: address)
        let refused = await #expect(throws: HostError.self) { try await writer.perform(deletion) }
        #expect(refused?.reason == .inUse)
        #expect(
            refused?.detail.contains("of the domain `\(domain.name)`, which is VirtualMachine/m2 of a stack") == true)
        #expect(try await target.observe(volume) != nil)
        var interest = Interest()
        interest.ours = [try #require(domain.id)]
        _ = try await writer.observe(interest)
        try await writer.perform(deletion)
        #expect(try await target.observe(volume) == nil)
        try await writer.perform(target.operation(.delete, domain))
    }

    /// To a simulated host nobody brings anything.
    @Test(arguments: HostKind.available.filter { $0 == .qemu })
    func whatItIsMadeOfIsWaitedFor(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let writer = try await target.hypervisor.writer(for: target.host)
        let base = target.reference(.volume, "contract-late.qcow2", pool: target.pool)
        let overlay = target.reference(.volume, "contract-waiting.qcow2", pool: target.pool)
        let set: [(AttributePath, Value)] = [
            (.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "qcow2"),
            (.of(.backing), .string("\(target.pool)/\(base.name)")), (.of(.backingFormat), "qcow2"),
        ]
        let early = await #expect(throws: HostError.self) {
            try await writer.perform(target.operation(.create, overlay, set, timeout: 1))
        }
        #expect(early?.reason == .timedOut)
        #expect(early?.detail.contains("\(target.pool)/\(base.name), which was waited for") == true)
        let waiting = Task { try await writer.perform(target.operation(.create, overlay, set, timeout: 300)) }
        try await Task.sleep(for: .milliseconds(500))
        try await writer.perform(
            target.operation(
                .create, base, [(.of(.capacity), .integer(16 << 20)), (.of(.volumeFormat), "qcow2")]))
        try await waiting.value
        #expect(try await target.observe(overlay)?.attributes[.capacity] == .integer(16 << 20))
        for volume in [overlay, base] { try await target.perform(.delete, volume) }
    }
}
