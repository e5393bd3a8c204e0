import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// An error says what it is: only libvirt's own "no such object" is `missing`.
@Suite struct HostErrorTests {
    @Test(arguments: [
        ("qemu+unix:///system?socket=/nonexistent/libvirt-sock", HostError.Reason.unreachable),
        ("nosuchdriver:///", .unreachable),
    ])
    func aHostThatCannotBeOpened(_ uri: String, _ reason: HostError.Reason) async throws {
        let scratch = try ScratchDirectory()
        let hypervisor = LibvirtHypervisor(simulatedHosts: scratch.path)
        let host = Host(Address(kind: "Provider", name: "far"), uri: uri)
        let error = await #expect(throws: HostError.self) { _ = try await hypervisor.reader(for: host) }
        #expect(error?.reason == reason)
        #expect(error?.detail.contains(uri) == true)
        #expect(error?.command != nil)
    }

    @Test func whatIsGoneIsMissing() async throws {
        let target = try ContractHosts.simulated()
        let gone = target.reference(.domain, "gone")
        #expect(try await target.observe(gone) == nil)
        for verb in [Operation.Verb.start, .update, .updateLive] {
            let error = await #expect(throws: HostError.self) {
                try await target.perform(verb, gone, [(.of(.description), "x")])
            }
            #expect(error?.reason == .missing, "\(verb)")
        }
        try await target.perform(.stop, gone, timeout: 1)
        try await target.perform(.delete, gone)
        let volume = target.reference(.volume, "x", pool: "no-such-pool")
        let error = await #expect(throws: HostError.self) { try await target.perform(.create, volume) }
        #expect(error?.reason == .missing)
        #expect(error?.detail.contains("no-such-pool") == true)
    }

    @Test func aNameThatIsTakenExists() async throws {
        let target = try ContractHosts.simulated()
        try await target.perform(.create, target.reference(.domain, "web"), DomainContractTests.small)
        let error = await #expect(throws: HostError.self) {
            try await target.perform(.create, target.reference(.domain, "web"), DomainContractTests.small)
        }
        #expect(error?.reason == .exists)
    }

    @Test func simulateAllNeedsNoHost() async throws {
        let scratch = try ScratchDirectory()
        let hypervisor = LibvirtHypervisor(simulatedHosts: scratch.path, simulateAll: true)
        let host = Host(Address(kind: "Provider", name: "far"), uri: "qemu+ssh://nowhere/system")
        let observed = try await hypervisor.reader(for: host).observe(Interest())
        #expect(observed.names[.pool]?.keys.sorted() == ["default"])
    }

    @Test func theVersionIsAVersion() {
        #expect(libvirtVersion().split(separator: ".").count == 3)
    }
}
