import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// Volumes that domains of others have as disks, however these name them.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUDiskUserTests {
    private static let daemon = Task { try await PrivateLibvirt.start() }

    /// How a domain names its disk.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case path, dots, directoryLink, fileLink, volume, drive
        var testDescription: String { rawValue }

        /// - Parameter link: Another way to the pool's directory.
        func disk(_ volume: String, in directory: String, link: String, format: String) -> String {
            let source =
                switch self {
                case .path, .drive: "file='\(directory)/\(volume)'"
                case .dots: "file='\(directory)/.//./\(volume)'"
                case .directoryLink: "file='\(link)/\(volume)'"
                case .fileLink: "file='\(link).disk'"
                case .volume: "pool='default' volume='\(volume)'"
                }
            let (device, target) = self == .drive ? ("cdrom", "sda") : ("disk", "vda")
            return """
                <disk type='\(self == .volume ? "volume" : "file")' device='\(device)'><driver name='qemu' type='\(format)'/>
                <source \(source)/><target dev='\(target)' bus='\(self == .drive ? "sata" : "virtio")'/></disk>
                """
        }
    }

    private func domain(_ name: String, disk: String) -> String {
        """
        <domain type='qemu'><name>\(name)</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>
        <devices>\(disk)</devices></domain>
        """
    }

    @Test(arguments: Way.allCases, ["raw", "qcow2"])
    func aDiskOfOthersStays(_ way: Way, _ format: String) async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let volume = target.reference(.volume, "used-\(way).\(format)", pool: target.pool)
        try await target.perform(
            .create, volume, [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), .string(format))])
        let link = target.scratch.path("link")
        try #require(symlink(target.poolDirectory, link) == 0)
        try #require(symlink("\(target.poolDirectory)/\(volume.name)", "\(link).disk") == 0)
        let disk = way.disk(volume.name, in: target.poolDirectory, link: link, format: format)
        try await daemon.virsh(
            "define", target.scratch.write(domain("foreign", disk: disk), to: "foreign.xml"))
        for isRunning in [false, true] {
            if isRunning { try await daemon.virsh("start", "foreign") }
            let error = await #expect(throws: HostError.self) { try await target.perform(.delete, volume) }
            #expect(error?.reason == .inUse)
            let words =
                "It is a disk of the domain `foreign`, which is not known to this state, and its data would be lost"
            #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
            #expect(error?.command == "virsh -c '\(daemon.uri)' domblklist foreign")
            #expect(try await target.observe(volume) != nil)
        }
        // What runs has it still, whatever its definition says.
        try await daemon.virsh("undefine", "foreign")
        await #expect(throws: HostError.self) { try await target.perform(.delete, volume) }
        try await daemon.virsh("destroy", "foreign")
        try await target.perform(.delete, volume)
        #expect(try await target.observe(volume) == nil)
    }

    /// Whose path leads over a link is known by when it was written, and a guest writes all the time.
    @Test func aDiskThatIsWrittenToIsKnownAgain() async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let volume = target.reference(.volume, "written.raw", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        try await target.perform(
            .create, volume, [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "raw")])
        let link = target.scratch.path("link")
        try #require(symlink(target.poolDirectory, link) == 0)
        let disk = Way.directoryLink.disk(volume.name, in: target.poolDirectory, link: link, format: "raw")
        try await daemon.virsh("create", target.scratch.write(domain("writer", disk: disk), to: "writer.xml"))
        let writing = Task.detached {
            let descriptor = open(path, O_WRONLY)
            defer { close(descriptor) }
            while !Task.isCancelled {
                pwrite(descriptor, "x", 1, 0)
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
        let writer = try await target.hypervisor.writer(for: target.host)
        // One look serves both.
        for _ in 0..<2 {
            let error = await #expect(throws: HostError.self) {
                try await writer.perform(target.operation(.delete, volume))
            }
            #expect(error?.reason == .inUse)
        }
        writing.cancel()
        await writing.value
        try await daemon.virsh("destroy", "writer")
        try await writer.perform(target.operation(.delete, volume))
    }
}
