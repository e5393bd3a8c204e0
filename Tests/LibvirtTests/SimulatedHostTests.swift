import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// A simulated host lasts between runs, costs nothing to look at, and says what is wrong.
@Suite struct SimulatedHostTests {
    @Test func lookingAtOneWritesNothing() async throws {
        let target = try ContractHosts.simulated()
        let reader = try await target.hypervisor.reader(for: target.host)
        let observed = try await reader.observe(Interest(pools: ["default"]))
        #expect(observed.names[.pool]?["default"] != nil)
        #expect(observed.names[.network]?["default"] != nil)
        #expect(observed.poolTargets == ["default": "/var/lib/libvirt/images"])
        #expect(observed.features == [.resize])
        #expect(entries(of: target.directory) == [])
    }

    @Test func everythingLastsBetweenConnections() async throws {
        let target = try ContractHosts.simulated()
        let domain = target.reference(.domain, "web")
        let network = target.reference(.network, "a.network with spaces & more")
        let pool = target.reference(.pool, "shelf")
        let volume = target.reference(.volume, "data.raw", pool: "shelf")
        try await target.perform(
            .create, domain,
            DomainContractTests.small + [(.of(.autostart), true), (.of(.nicSource, "lan"), "network/default")])
        try await target.perform(.start, domain)
        try await target.perform(.update, domain, [(.of(.machine), "pc")])
        try await target.perform(.create, network, [(.of(.active), false), (.of(.autostart), true)])
        try await target.perform(.create, pool, [(.of(.poolType), "dir"), (.of(.poolTarget), "/srv/shelf")])
        try await target.perform(.create, volume, [(.of(.capacity), 4096), (.of(.volumeFormat), "raw")])
        let mac = try await target.observe(domain)?.attributes[.nicMAC, "lan"]

        for _ in 0..<2 {
            let found = try #require(try await target.observe(domain))
            #expect(found.attributes[.power] == "On")
            #expect(found.attributes[.autostart] == true)
            #expect(found.attributes[.machine] == "pc")
            #expect(found.running?[.machine] == "q35")
            #expect(found.attributes[.nicMAC, "lan"] == mac)
            #expect(try await target.observe(network)?.attributes[.active] == false)
            #expect(try await target.observe(network)?.attributes[.autostart] == true)
            #expect(try await target.observe(volume)?.attributes[.capacity] == 4096)
        }
        try await target.perform(.update, pool, [(.of(.active), false)])
        #expect(try await target.observe(pool)?.attributes[.active] == false)
        try await target.perform(.start, pool)
        #expect(try await target.observe(volume) != nil)
        try await target.perform(.stop, domain, timeout: 5)
        let stopped = try #require(try await target.observe(domain))
        #expect(stopped.attributes[.power] == "Off")
        #expect(stopped.attributes[.machine] == "pc")
    }

    @Test func anIdleReadMakesOneCallAnObjectAndOneAList() async throws {
        let target = try ContractHosts.simulated()
        try await target.preparePool()
        let domains = (0..<5).map { target.reference(.domain, "vm\($0)") }
        let volumes = (0..<5).map { target.reference(.volume, "vm\($0).raw", pool: target.pool) }
        for (index, domain) in domains.enumerated() {
            try await target.perform(.create, volumes[index], [(.of(.capacity), 4096), (.of(.volumeFormat), "raw")])
            try await target.perform(.create, domain, DomainContractTests.small)
            if index < 2 { try await target.perform(.start, domain) }
        }
        let reader = try await target.hypervisor.reader(for: target.host)
        target.hypervisor.calls.reset()
        let observed = try await reader.observe(
            Interest(
                objects: Set(domains.compactMap(\.id)), volumes: [target.pool: Set(volumes.map(\.name))],
                pools: [target.pool]))
        #expect(observed.objects.count == 6)
        #expect(observed.volumes.count == 5)
        #expect(
            target.hypervisor.calls.counts == [
                "virConnectListAllDomains": 5, "virConnectListAllNetworks": 4, "virConnectListAllStoragePools": 3,
                "virDomainGetXMLDesc": 7, "virStoragePoolGetXMLDesc": 1, "virStoragePoolListAllVolumes": 1,
                "virStorageVolGetXMLDesc": 5,
            ])
    }

    @Test func aNodeFileIsTheFirstHost() async throws {
        let scratch = try ScratchDirectory()
        let node = scratch.path("node.xml")
        try write(
            """
            <node><domain type='test'><name>old</name><uuid>6f2c9d0e-52a1-4c8e-9d4b-0d1f7a3b5c77</uuid>
            <memory>1024</memory><os><type>hvm</type></os></domain></node>
            """, to: node)
        let target = try ContractHosts.simulated(uri: "test://\(node)")
        let new = target.reference(.domain, "new")
        try await target.perform(.create, new, DomainContractTests.small)
        unlink(node)
        let reader = try await target.hypervisor.reader(for: target.host)
        let names = try await reader.observe(Interest()).names[.domain] ?? [:]
        #expect(names.keys.sorted() == ["new", "old"])
    }

    @Test func aLeftOverTemporaryFileIsNoObject() async throws {
        let target = try ContractHosts.simulated()
        let domain = target.reference(.domain, "web")
        try await target.perform(.create, domain, DomainContractTests.small)
        let file = "\(target.directory)/default.lab/domains/half.xml.new"
        try write("<domain type='te", to: file)
        #expect(try await target.observe(domain) != nil)
    }

    @Test func manyOperationsAtOnce() async throws {
        let target = try ContractHosts.simulated()
        let writer = try await target.hypervisor.writer(for: target.host)
        let domains = (0..<40).map { target.reference(.domain, "many\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for domain in domains {
                group.addTask {
                    try await writer.perform(target.operation(.create, domain, DomainContractTests.small))
                    try await writer.perform(target.operation(.start, domain))
                }
            }
            try await group.waitForAll()
        }
        let reader = try await target.hypervisor.reader(for: target.host)
        let observed = try await reader.observe(Interest(objects: Set(domains.compactMap(\.id))))
        #expect(observed.objects.count == 40)
        #expect(observed.objects.values.allSatisfy { $0.attributes[.power] == "On" })
    }

    private func entries(of directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }
}
