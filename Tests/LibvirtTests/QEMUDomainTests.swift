import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// What only real QEMU does to a domain.
@Suite(.needsPrivateLibvirt) struct QEMUDomainTests {
    /// Everything that libvirt expands, renames or fills in: after a start it is still what was set.
    @Test(arguments: ["q35", "pc"])
    func nothingIsNoiseAfterAStart(_ machine: String) async throws {
        let target = try await ContractHosts.qemu()
        let volume = target.reference(.volume, "noise-\(machine).qcow2", pool: target.pool)
        let domain = target.reference(.domain, "noise-\(machine)")
        try await target.perform(
            .create, volume, [(.of(.capacity), .integer(1 << 20)), (.of(.volumeFormat), "qcow2")])
        let set: [(AttributePath, Value)] = [
            (.of(.description), "two\nlines, <marked> & quoted \"so\""), (.of(.vcpus), 2), (.of(.maximumVCPUs), 4),
            (.of(.memory), .integer(64 << 20)), (.of(.maximumMemory), .integer(1 << 30)),
            (.of(.cpuMode), "host-model"), (.of(.cpuSockets), 1), (.of(.cpuCores), 4), (.of(.cpuThreads), 1),
            (.of(.acpi), true), (.of(.apic), true), (.of(.pae), true), (.of(.clockOffset), "utc"),
            (.of(.timer, "rtc"), "catchup"), (.of(.timer, "pit"), "delay"), (.of(.timer, "hpet"), false),
            (.of(.videoModel), "virtio"), (.of(.diskSource, "root"), .string("\(target.poolDirectory)/\(volume.name)")),
            (.of(.diskFormat, "root"), "qcow2"), (.of(.diskBus, "root"), "virtio"),
            (.of(.diskCache, "root"), "writethrough"), (.of(.diskIO, "root"), "threads"),
            (.of(.diskDevice, "root"), "disk"), (.of(.nicSource, "lan"), "network/default"),
            (.of(.nicMAC, "lan"), "52:54:00:ab:cd:ef"), (.of(.nicModel, "lan"), "virtio"),
            (.of(.nicSource, "other"), "user"),
        ]
        try await target.perform(.create, domain, set + [(.of(.machine), .string(machine))])
        let defined = try #require(try await target.observe(domain))
        try await target.perform(.start, domain)
        let started = try #require(try await target.observe(domain))
        for (path, value) in set { #expect(started.attributes[path] == value, "\(path)") }
        var expected = defined.attributes
        expected[.power] = "On"
        #expect(differences(started.attributes, expected) == [])
        // It has all of its memory until its driver for the balloon is there.
        expected[.memory] = expected[.maximumMemory]
        #expect(differences(try #require(started.running), expected) == [])
        for object in [domain, volume] { try await target.perform(.delete, object) }
    }

    private func differences(_ found: Attributes, _ expected: Attributes) -> [String] {
        Set(found.map(\.path) + expected.map(\.path)).sorted().filter { found[$0] != expected[$0] }.map {
            "\($0): \(String(describing: found[$0])) for \(String(describing: expected[$0]))"
        }
    }

    /// A guest without an operating system does not hear the power button.
    @Test func aGuestThatDoesNotHear() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "deaf")
        try await target.perform(.create, domain, DomainContractTests.small)
        try await target.perform(.start, domain)
        let error = await #expect(throws: HostError.self) {
            try await target.perform(.stop, domain, timeout: 1)
        }
        #expect(error?.reason == .timedOut)
        #expect(error?.detail.contains("still runs after 1 seconds") == true)
        #expect(error?.command == "virsh -c '\(target.host.uri)' destroy deaf")
        #expect(try await target.observe(domain)?.attributes[.power] == "On")
        try await target.perform(.stop, domain, timeout: 1, force: true)
        #expect(try await target.observe(domain)?.attributes[.power] == "Off")
        try await target.perform(.delete, domain)
    }

    @Test func anotherChipset() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "chipset")
        try await target.perform(
            .create, domain,
            [
                (.of(.vcpus), 1), (.of(.memory), .integer(64 << 20)), (.of(.machine), "pc"),
                (.of(.nicSource, "lan"), "user"), (.of(.nicMAC, "lan"), "52:54:00:ab:cd:01"),
            ])
        for machine in ["q35", "pc"] {
            try await target.perform(.update, domain, [(.of(.machine), .string(machine))])
            try await target.perform(.start, domain)
            let found = try #require(try await target.observe(domain))
            #expect(found.attributes[.machine]?.text?.contains("q35") == (machine == "q35"))
            #expect(found.attributes[.nicMAC, "lan"] == "52:54:00:ab:cd:01")
            #expect(found.attributes[.acpi] == true)
            try await target.perform(.stop, domain, force: true)
        }
        try await target.perform(.delete, domain)
    }

    /// As large as libvirt's answers get; what is in it is text.
    @Test func aHugeDescription() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "huge")
        let text = String(repeating: "<!DOCTYPE a [<!ENTITY b \"&b;&b;\">]> ", count: 20_000)
        try await target.perform(.create, domain, DomainContractTests.small + [(.of(.description), .string(text))])
        #expect(try await target.observe(domain)?.attributes[.description] == .string(text))
        try await target.perform(.delete, domain)
    }

    @Test func whatGoesWhileItIsRead() async throws {
        let target = try await ContractHosts.qemu()
        let domains = (0..<20).map { target.reference(.domain, "going-\($0)") }
        for domain in domains { try await target.perform(.create, domain, DomainContractTests.small) }
        let reader = try await target.hypervisor.reader(for: target.host)
        let going = Task {
            for domain in domains { try await target.perform(.delete, domain) }
        }
        var counts: [Int] = []
        while counts.last != 0 {
            counts.append(try await reader.observe(Interest(objects: Set(domains.compactMap(\.id)))).objects.count)
        }
        try await going.value
        #expect(counts == counts.sorted(by: >), "what is gone is gone, and nothing else: \(counts)")
    }

    /// A guest that is started without a word of its processor has QEMU's own, which no mode comes to.
    @Test(arguments: ["host-model", "maximum"])
    func aProcessorThatTheGuestHasNotYet(_ mode: String) async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "cpu-\(mode)")
        try await target.perform(.create, domain, DomainContractTests.small)
        try await target.perform(.start, domain)
        try await target.perform(.update, domain, [(.of(.cpuMode), .string(mode))])
        let pending = try #require(try await target.observe(domain))
        #expect(pending.attributes[.cpuMode] == .string(mode) && pending.running?[.cpuMode] == "custom")
        try await target.perform(.stop, domain, force: true)
        try await target.perform(.start, domain)
        #expect(try await target.observe(domain)?.running?[.cpuMode] == .string(mode))
        try await target.perform(.delete, domain)
    }

    /// Memory that a guest has and was asked to give is not what it was asked for.
    @Test func memoryIsWhatTheGuestHas() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "no-balloon")
        let room: [(AttributePath, Value)] = [(.of(.maximumMemory), .integer(256 << 20))]
        try await target.perform(.create, domain, DomainContractTests.small + room)
        try await target.perform(.start, domain)
        let memory: [(AttributePath, Value)] = [(.of(.memory), .integer(48 << 20))]
        try await target.perform(.update, domain, memory)
        let error = await #expect(throws: HostError.self) { try await target.perform(.updateLive, domain, memory) }
        #expect(error?.reason == .timedOut)
        let found = try #require(try await target.observe(domain))
        #expect(found.attributes[.memory] == .integer(48 << 20))
        #expect(found.running?[.memory] == .integer(256 << 20))
        try await target.perform(.delete, domain)
    }

    /// Libvirt may be about to finish what a run began that was killed.
    @Test func whatIsStartedMeanwhileIsStarted() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "started-by-many")
        try await target.perform(.create, domain, DomainContractTests.small)
        for _ in 0..<3 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await target.perform(.start, domain) } }
                try await group.waitForAll()
            }
            #expect(try await target.observe(domain)?.attributes[.power] == "On")
            try await target.perform(.stop, domain, force: true)
        }
        try await target.perform(.delete, domain)
    }
}
