import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// A libvirtd that dies or is not there: what it has is unknown, and nothing is ever said to be gone.
@Suite(.needsPrivateLibvirt) struct QEMUOutageTests {
    @Test func killedWhileItIsRead() async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let domains = (0..<30).map { target.reference(.domain, "read-\($0)") }
        let writer = try await target.hypervisor.writer(for: target.host)
        for domain in domains {
            try await writer.perform(target.operation(.create, domain, DomainContractTests.small))
        }
        let interest = Interest(objects: Set(domains.compactMap(\.id)))
        let reading = Task { () async throws -> (reads: Int, error: HostError) in
            let reader = try await target.hypervisor.reader(for: target.host)
            var reads = 0
            while true {
                do throws(HostError) {
                    let count = try await reader.observe(interest).objects.count
                    #expect(count == domains.count)
                    reads += 1
                } catch {
                    return (reads, error)
                }
            }
        }
        try await Task.sleep(for: .milliseconds(300))
        try await daemon.kill9Daemon()
        let (reads, error) = try await reading.value
        #expect(reads > 0)
        #expect(error.reason == .unreachable, "\(error)")

        let changing = await #expect(throws: HostError.self) {
            try await writer.perform(target.operation(.delete, domains[0]))
        }
        #expect(changing?.reason == .unreachable, "\(String(describing: changing))")
        try await daemon.startDaemon()
        let again = try await target.hypervisor.reader(for: target.host)
        #expect(try await again.observe(interest).objects.count == domains.count)

        try await daemon.stopDaemon()
        let absent = await #expect(throws: HostError.self) { _ = try await target.hypervisor.reader(for: target.host) }
        #expect(absent?.reason == .unreachable)
        #expect(absent?.detail.contains("\(daemon.directory)/run/libvirt-sock") == true)
        #expect(absent?.command == "sudo systemctl start libvirtd")
    }
}
