import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// What every host does with pools, volumes and networks.
@Suite(.serialized) struct StorageContractTests {
    @Test(arguments: HostKind.available)
    func volumesAreMadeGrownAndDeleted(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let base = target.reference(.volume, "base.qcow2", pool: target.pool)
        let overlay = target.reference(.volume, "overlay.qcow2", pool: target.pool)
        try await target.perform(
            .create, base, [(.of(.capacity), .integer(16 << 20)), (.of(.volumeFormat), "qcow2")])
        let set: [(AttributePath, Value)] = [
            (.of(.capacity), .integer(32 << 20)), (.of(.volumeFormat), "qcow2"),
            (.of(.backing), .string("\(target.pool)/base.qcow2")), (.of(.backingFormat), "qcow2"),
        ]
        try await target.perform(.create, overlay, set)
        try await target.perform(.create, overlay, set)
        let found = try #require(try await target.observe(overlay)).attributes
        #expect(found[.capacity] == .integer(32 << 20))
        #expect(found[.volumeFormat] == "qcow2")
        #expect(found[.backing] == .string("\(target.poolDirectory)/base.qcow2"))
        #expect(found[.backingFormat] == "qcow2")

        let different = await #expect(throws: HostError.self) {
            try await target.perform(
                .create, overlay, [(.of(.capacity), .integer(8 << 20)), (.of(.volumeFormat), "raw")])
        }
        #expect(different?.reason == .exists)
        try await target.perform(.update, overlay, [(.of(.capacity), .integer(64 << 20))])
        #expect(try #require(try await target.observe(overlay)).attributes[.capacity] == .integer(64 << 20))
        let shrunk = await #expect(throws: HostError.self) {
            try await target.perform(.update, overlay, [(.of(.capacity), .integer(1 << 20))])
        }
        #expect(shrunk?.reason == .unsupported)

        let reader = try await target.hypervisor.reader(for: target.host)
        let observed = try await reader.observe(Interest(pools: [target.pool]))
        #expect(observed.path(ofVolume: "\(target.pool)/base.qcow2") == "\(target.poolDirectory)/base.qcow2")
        #expect(observed.poolTargets[target.pool] == target.poolDirectory)
        for volume in [overlay, base, base] { try await target.perform(.delete, volume) }
        #expect(try await target.observe(overlay) == nil)
    }

    /// A file that is in the directory of a pool of ours before it is one looks like a volume of ours to libvirt.
    @Test(.needsPrivateLibvirt) func aFileWithDataIsNotTakenOver() async throws {
        let target = try await ContractHosts.qemu()
        try await target.preparePool()
        let volume = target.reference(.volume, "precious.raw", pool: target.pool)
        let set: [(AttributePath, Value)] = [(.of(.capacity), .integer(4 << 20)), (.of(.volumeFormat), "raw")]
        try await target.perform(.create, volume, set)
        try await target.perform(.create, volume, set)
        let path = "\(target.poolDirectory)/precious.raw"
        try writeFile([UInt8](repeating: 7, count: 4 << 20), to: path)
        let error = await #expect(throws: HostError.self) { try await target.perform(.create, volume, set) }
        #expect(error?.reason == .exists)
        try await target.perform(.delete, volume)
    }

    @Test(arguments: HostKind.available)
    func aVolumeBecomesADisk(_ kind: HostKind) async throws {
        let target = try await kind.host()
        try await target.preparePool()
        let volume = target.reference(.volume, "disk.raw", pool: target.pool)
        let domain = target.reference(.domain, "contract-disk")
        try await target.perform(.create, volume, [(.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "raw")])
        try await target.perform(
            .create, domain,
            DomainContractTests.small + [(.of(.diskSource, "root"), .string("\(target.pool)/disk.raw"))])
        let found = try #require(try await target.observe(domain))
        #expect(found.attributes[.diskSource, "root"] == .string("\(target.poolDirectory)/disk.raw"))
        let missing = await #expect(throws: HostError.self) {
            try await target.perform(.update, domain, [(.of(.diskSource, "no"), .string("\(target.pool)/nothing"))])
        }
        #expect(missing?.reason == .missing)
        try await target.perform(.delete, domain)
        try await target.perform(.delete, volume)
    }

    @Test(arguments: HostKind.available)
    func poolsStartStopAndStart(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let pool = target.reference(.pool, "contract-pool")
        let path = "\(target.poolDirectory)-other"
        let set: [(AttributePath, Value)] = [
            (.of(.poolType), "dir"), (.of(.poolTarget), .string(path)), (.of(.autostart), true),
        ]
        try await target.perform(.create, pool, set)
        try await target.perform(.create, pool, set)
        for (path, value) in set { #expect(try await target.observe(pool)?.attributes[path] == value) }
        #expect(try await target.observe(pool)?.attributes[.active] == true)
        try await target.perform(.update, pool, [(.of(.active), false), (.of(.autostart), false)])
        #expect(try await target.observe(pool)?.attributes[.active] == false)
        #expect(try await target.observe(pool)?.attributes[.autostart] == false)
        try await target.perform(.start, pool)
        #expect(try await target.observe(pool)?.attributes[.active] == true)
        try await target.perform(.delete, pool)
        try await target.perform(.delete, pool)
        #expect(try await target.observe(pool) == nil)
    }

    @Test(arguments: HostKind.available)
    func networksAreMadeAndChanged(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let network = target.reference(.network, "contract-net")
        let mac = "52:54:00:12:34:56"
        let set: [(AttributePath, Value)] = [
            (.of(.forwardMode), "nat"), (.of(.bridge), "rigaudbr7"), (.of(.dnsDomain), "lab.test"),
            (.of(.autostart), true), (.of(.addressPrefix, "10.77.0.1"), 24),
            (.of(.dhcpRanges, "10.77.0.1"), ["10.77.0.10-10.77.0.20"]),
            (.of(.dhcpHost, mac), ["ip": "10.77.0.30", "name": "web"]), (.of(.dnsHost, "10.77.0.30"), ["web", "www"]),
        ]
        try await target.perform(.create, network, set)
        let created = try #require(try await target.observe(network)).attributes
        for (path, value) in set { #expect(created[path] == value, "\(path)") }
        #expect(created[.active] == true)

        let live: [(AttributePath, Value)] = [
            (.of(.dhcpRanges, "10.77.0.1"), ["10.77.0.10-10.77.0.15", "10.77.0.40-10.77.0.50"]),
            (.of(.dhcpHost, mac), .null), (.of(.dhcpHost, "52:54:00:12:34:57"), ["ip": "10.77.0.31"]),
            (.of(.dnsHost, "10.77.0.30"), ["web"]), (.of(.dnsHost, "10.77.0.31"), ["db"]),
        ]
        try await target.perform(.update, network, live)
        try await target.perform(.updateLive, network, live)
        let changed = try #require(try await target.observe(network)).attributes
        for (path, value) in live {
            let expected: Value? = value.isNull ? Value?.none : value
            #expect(changed[path] == expected, "\(path)")
        }
        try await target.perform(.update, network, [(.of(.dnsDomain), .null), (.of(.forwardMode), "none")])
        let isolated = try #require(try await target.observe(network)).attributes
        #expect(isolated[.dnsDomain] == nil)
        #expect(isolated[.forwardMode] == "none")
        if !target.isSimulated {
            #expect(try await target.observe(network)?.running?[.forwardMode] == "nat", "it is seen at the next start")
        }
        try await target.perform(.stop, network)
        #expect(try await target.observe(network)?.attributes[.active] == false)
        try await target.perform(.start, network)
        try await target.perform(.delete, network)
        #expect(try await target.observe(network) == nil)
    }

    /// The plan of a stack has seen to its own.
    @Test(arguments: HostKind.available)
    func aNetworkStaysAsLongAsOthersGuestsRunOnIt(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let writer = try await target.hypervisor.writer(for: target.host)
        let network = target.reference(.network, "contract-busy")
        let domain = target.reference(.domain, "contract-connected")
        try await writer.perform(
            target.operation(.create, network, [(.of(.forwardMode), "none"), (.of(.addressPrefix, "10.78.0.1"), 24)]))
        try await writer.perform(
            target.operation(
                .create, domain, DomainContractTests.small + [(.of(.nicSource, "lan"), "network/contract-busy")]))
        try await writer.perform(target.operation(.start, domain))
        for verb in [Operation.Verb.stop, .delete] {
            let error = await #expect(throws: HostError.self) {
                try await writer.perform(target.operation(verb, network))
            }
            #expect(error?.reason == .inUse)
            #expect(error?.detail.contains("`contract-connected`") == true)
        }
        var interest = Interest()
        interest.ours = [try #require(domain.id)]
        _ = try await writer.observe(interest)
        try await writer.perform(target.operation(.stop, network))
        #expect(try await target.observe(network)?.attributes[.active] == false)
        try await writer.perform(target.operation(.delete, network))
        #expect(try await target.observe(network) == nil)
        try await writer.perform(target.operation(.delete, domain))
    }
}
