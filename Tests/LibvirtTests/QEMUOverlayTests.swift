import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// What others built on a volume that is to go, however they did it.
@Suite(.serialized, .needsPrivateLibvirt, .needs("qemu-img")) struct QEMUOverlayTests {
    /// With nobody else's pools and domains.
    private static let daemon = Task { try await PrivateLibvirt.start() }

    /// How a base is named in an overlay, and where that is.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case path, name, link, alias, json, flatJSON, fileURL, domain, chain
        var testDescription: String { rawValue }

        /// - Parameter link: Another way to the pool's directory.
        func backing(_ base: String, in directory: String, link: String) -> String {
            switch self {
            case .path, .domain, .chain: "\(directory)/\(base)"
            case .name: base
            case .link: "\(link)/\(base)"
            case .alias: "\(link).qcow2"
            case .json:
                #"json:{"driver":"qcow2","file":{"driver":"file","filename":"\#(directory)/\#(base)"}}"#
            case .flatJSON: #"json:{"driver":"qcow2","file.driver":"file","file.filename":"\#(directory)/\#(base)"}"#
            case .fileURL: "file:\(directory)/\(base)"
            }
        }
    }

    private func overlay(_ path: String, on backing: String) async throws {
        try await TestImages.run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", backing, "-F", "qcow2", path])
    }

    @Test(arguments: Way.allCases)
    func whatLiesOnItIsFound(_ way: Way) async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let base = target.reference(.volume, "base-\(way).qcow2", pool: target.pool)
        try await target.perform(.create, base, [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "qcow2")])
        let link = target.scratch.path("link")
        try #require(symlink(target.poolDirectory, link) == 0)
        try #require(symlink("\(target.poolDirectory)/\(base.name)", "\(link).qcow2") == 0)
        let backing = way.backing(base.name, in: target.poolDirectory, link: link)
        var path = "\(target.poolDirectory)/foreign-\(way).qcow2"
        if way == .domain { path = target.scratch.path("foreign.qcow2") }
        if way == .chain {
            let middle = target.scratch.path("middle.qcow2")
            try await overlay(middle, on: backing)
            try await overlay(path, on: middle)
        } else {
            try await overlay(path, on: backing)
        }
        if way == .domain {
            let xml = """
                <domain type='qemu'><name>foreign</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>
                <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='\(path)'/>
                <target dev='vda' bus='virtio'/></disk></devices></domain>
                """
            try await daemon.virsh("define", target.scratch.write(xml, to: "foreign.xml"))
        }
        let error = await #expect(throws: HostError.self) { try await target.perform(.delete, base) }
        #expect(error?.reason == .inUse)
        let words =
            switch way {
            case .domain:
                "\(path) lies on it and would be lost: it is a disk of the domain `foreign`, which is not known"
            case .chain: "middle.qcow2 lies on it and would be lost: it is not known to this state"
            default: "default/foreign-\(way).qcow2 lies on it and would be lost: it is not known to this state"
            }
        #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
        #expect(try await target.observe(base) != nil)

        #expect(
            try await daemon.virsh("pool-list", "--all", "--name").split(whereSeparator: \.isWhitespace) == ["default"])

        if way == .domain { try await daemon.virsh("undefine", "foreign") }
        unlink(path)
        unlink(target.scratch.path("middle.qcow2"))
        try await target.perform(.delete, base)
        #expect(try await target.observe(base) == nil)
    }

    /// Whose the disk is stands in the domain that has it, if rigaud made that.
    @Test func whoseItIsIsSaid() async throws {
        let target = try ContractHosts.qemu(on: await Self.daemon.value)
        let base = target.reference(.volume, "stamped-base.qcow2", pool: target.pool)
        let set: [(AttributePath, Value)] = [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "qcow2")]
        try await target.perform(.create, base, set)
        let root = target.reference(.volume, "stamped-root.qcow2", pool: target.pool)
        try await target.perform(
            .create, root,
            set + [(.of(.backing), .string("\(target.pool)/\(base.name)")), (.of(.backingFormat), "qcow2")])
        let domain = target.reference(.domain, "stamped")
        try await target.perform(
            .create, domain,
            [
                (.of(.memory), .integer(64 << 20)), (.of(.maximumMemory), .integer(64 << 20)),
                (.of(.diskSource, "root"), .string("\(target.pool)/\(root.name)")),
                (.of(.diskFormat, "root"), "qcow2"),
            ],
            stamp: Stamp(lineage: .random(), address: Address(kind: "VirtualMachine", name: "m2")))
        let error = await #expect(throws: HostError.self) { try await target.perform(.delete, base) }
        #expect(error?.detail.contains("of the domain `stamped`, which is VirtualMachine/m2 of a stack") == true)
        for object in [domain, root, base] { try await target.perform(.delete, object) }
    }

    /// Others' files, however broken, and directories that cannot be looked into are in nobody's way.
    @Test func nothingElseIsInTheWay() async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let set: [(AttributePath, Value)] = [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "qcow2")]
        let (base, other) = (
            target.reference(.volume, "alone.qcow2", pool: target.pool),
            target.reference(.volume, "alone.qcow2.other", pool: target.pool)
        )
        try await target.perform(.create, base, set)
        try await target.perform(.create, other, set)
        let paths = ["lost", "half", "mine"].map { "\(target.poolDirectory)/\($0)-alone.qcow2" }
        try await overlay(paths[2], on: "\(target.poolDirectory)/\(other.name)")
        try writeFile(Array(readFile(paths[2]).prefix(60)), to: paths[1])
        try #require(symlink("/nowhere", paths[0]) == 0)
        let xml = """
            <domain type='qemu'><name>elsewhere</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>
            <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
            <source file='/nowhere/at/all.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>
            """
        try await daemon.virsh("define", target.scratch.write(xml, to: "elsewhere.xml"))
        try await target.perform(.delete, base)
        #expect(try await target.observe(base) == nil)
        try await daemon.virsh("undefine", "elsewhere")
        for path in paths { unlink(path) }
        try await target.perform(.delete, other)
    }

    /// What looks into a directory may be killed; what others look with is theirs.
    @Test func looksThatWereLeftBehindGo() async throws {
        let daemon = try await Self.daemon.value
        let target = try ContractHosts.qemu(on: daemon)
        let looks = [time(nil) - 7200, time(nil)].map { "rigaud-look-\($0)-a" }
        for look in looks {
            let directory = target.scratch.path(look)
            try #require(mkdir(directory, 0o755) == 0)
            try await daemon.virsh("pool-create-as", look, "dir", "--target", directory)
        }
        let volume = target.reference(.volume, "looked-at.qcow2", pool: target.pool)
        try await target.perform(.create, volume, [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "qcow2")])
        let seen = try await target.hypervisor.reader(for: target.host).observe(Interest())
        #expect(seen.names[.pool]?.keys.sorted() == ["default"])
        try await target.perform(.delete, volume)
        let left = try await daemon.virsh("pool-list", "--all", "--name").split(whereSeparator: \.isWhitespace)
        #expect(left.sorted() == ["default", Substring(looks[1])])
        try await daemon.virsh("pool-destroy", looks[1])
    }
}
