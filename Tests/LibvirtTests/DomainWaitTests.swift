import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// What every host says of guests that are waited for.
@Suite struct DomainWaitTests {
    @Test(arguments: HostKind.available)
    func whatRunsIsReady(_ kind: HostKind) async throws {
        let target = try await kind.host()
        let domain = target.reference(.domain, "wait-running")
        try await target.perform(.create, domain, DomainContractTests.small)
        let off = await #expect(throws: HostError.self) {
            try await target.perform(.wait, domain, [(.of(.ready), "address")], timeout: 300)
        }
        #expect(off?.reason == .failed)
        #expect(off?.detail.contains("It has stopped while it was waited for") == true)
        try await target.perform(.start, domain)
        try await target.perform(.wait, domain, [(.of(.ready), "running")])
        try await target.perform(.wait, domain)
        if !target.isSimulated {
            let alone = await #expect(throws: HostError.self) {
                try await target.perform(.wait, domain, [(.of(.ready), "address")], timeout: 0)
            }
            #expect(alone?.detail.contains("without a network interface") == true)
        }
        for unknown in ["tcp:0", "tcp:http", "soon"] {
            let error = await #expect(throws: HostError.self) {
                try await target.perform(.wait, domain, [(.of(.ready), .string(unknown))], timeout: 1)
            }
            #expect(error?.reason == .invalid)
        }
        try await target.perform(.delete, domain)
        let gone = await #expect(throws: HostError.self) { try await target.perform(.wait, domain) }
        #expect(gone?.reason == .missing)
    }

    /// It has no inside.
    @Test(arguments: ["address", "agent", "cloud-init", "tcp:22"])
    func aSimulatedGuestIsReady(_ condition: String) async throws {
        let target = try ContractHosts.simulated()
        let domain = target.reference(.domain, "wait")
        try await target.perform(
            .create, domain, DomainContractTests.small + [(.of(.nicSource, "lan"), "bridge/br7")])
        try await target.perform(.start, domain)
        try await target.perform(.wait, domain, [(.of(.ready), .string(condition))], timeout: 0)
    }

    @Test(.needsPrivateLibvirt) func whatEndsMeanwhile() async throws {
        let target = try await ContractHosts.qemu()
        let daemon = try #require(target.daemon)
        let domain = target.reference(.domain, "wait-ends")
        try await target.perform(.create, domain, DomainContractTests.small + [(.of(.nicSource, "lan"), "user")])
        try await target.perform(.start, domain)
        let started = ContinuousClock.now
        let waiting = Task {
            try await target.perform(.wait, domain, [(.of(.ready), "agent")], timeout: 6000)
        }
        try await Task.sleep(for: .milliseconds(300))
        try await daemon.virsh("destroy", domain.name)
        let error = await #expect(throws: HostError.self) { try await waiting.value }
        #expect(error?.reason == .failed)
        #expect(started.duration(to: .now) < .hang)
        try await target.perform(.delete, domain)
    }

    /// A lease outlives the guest that it was given to.
    @Test(.needsPrivateLibvirt) func theLeaseOfAFormerLifeIsNoAddress() async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let domain = target.reference(.domain, "wait-lease")
        let mac = "52:54:00:aa:03:01"
        let soon = time(nil) + 3600
        let writer = try await target.hypervisor.writer(for: target.host)
        func wait(_ timeout: Int) -> Model.Operation {
            target.operation(.wait, domain, [(.of(.ready), "address")], timeout: timeout)
        }
        let nic: [(AttributePath, Value)] = [
            (.of(.nicSource, "lan"), "network/default"), (.of(.nicMAC, "lan"), .string(mac)),
        ]
        try await target.perform(.create, domain, DomainContractTests.small + nic)
        try await daemon.lease("192.168.122.77", to: mac, until: soon)
        try await writer.perform(target.operation(.start, domain))
        let former = await #expect(throws: HostError.self) { try await writer.perform(wait(0)) }
        #expect(former?.reason == .timedOut)
        #expect(former?.detail.contains("no DHCP lease since its start") == true, "\(String(describing: former))")
        // Who did not start it takes what there is.
        try await target.perform(.wait, domain, [(.of(.ready), "address")], timeout: 0)

        try await daemon.lease("192.168.122.77", to: mac, until: soon + 5)
        try await writer.perform(wait(0))
        try await target.perform(.delete, domain)
    }

    /// Nobody sees a fixed address of a guest that says nothing: it is tried, and what was tried is said.
    @Test(.needsPrivateLibvirt) func aPortAtAFixedAddress() async throws {
        let target = try await ContractHosts.qemu()
        let domain = target.reference(.domain, "wait-port")
        try await target.perform(.create, domain, DomainContractTests.small + [(.of(.nicSource, "lan"), "user")])
        try await target.perform(.start, domain)
        let server = try await ImageServer()
        let port = try #require(server.url("plain/x").split(separator: ":").last?.prefix { $0 != "/" })
        func wait(_ condition: String) async throws {
            try await target.perform(.wait, domain, [(.of(.ready), .string(condition))], timeout: 0)
        }
        try await wait("tcp:\(port) at 127.0.0.2, 127.0.0.1")
        let closed = await #expect(throws: HostError.self) { try await wait("tcp:9 at 127.0.0.1, ::1") }
        #expect(closed?.detail.contains("running, no connection at 127.0.0.1 and ::1") == true, "\(closed as Any)")
        let unknown = await #expect(throws: HostError.self) { try await wait("tcp:9") }
        #expect(unknown?.detail.contains("so that nothing was tried") == true, "\(unknown as Any)")
        try await target.perform(.delete, domain)
    }

    /// A wait only looks: it outlives the connection, and so does what comes after it.
    @Test(.needsPrivateLibvirt) func aConnectionThatIsLostMeanwhile() async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let domain = target.reference(.domain, "wait-restart")
        let writer = try await target.hypervisor.writer(for: target.host)
        try await writer.perform(
            target.operation(.create, domain, DomainContractTests.small + [(.of(.nicSource, "lan"), "user")]))
        try await writer.perform(target.operation(.start, domain))
        let (notes, said) = AsyncStream.makeStream(of: String.self)
        let waiting = Task {
            let wait = target.operation(.wait, domain, [(.of(.ready), "agent")], timeout: 6000)
            try await writer.wait(wait) { said.yield($0) }
        }
        var note = notes.makeAsyncIterator()
        #expect(await note.next() == "its guest agent (running, the guest agent does not answer)")
        try await daemon.stopDaemon()
        while let text = await note.next(), text != "its guest agent (the connection to its host was lost)" {}
        try await daemon.startDaemon()
        while let text = await note.next(), !text.contains("does not answer") {}
        try await daemon.virsh("destroy", domain.name)
        let error = await #expect(throws: HostError.self) { try await waiting.value }
        #expect(error?.reason == .failed, "\(error as Any)")
        try await writer.perform(target.operation(.delete, domain))
    }
}
