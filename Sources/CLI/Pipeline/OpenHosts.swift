import Hypervisor
import Model
import Synchronization

/// Connections that outlive one stage: what an apply read through, it writes through, and reads again at its end.
final class OpenHosts: Hypervisor {
    private let hypervisor: any Hypervisor
    private let writers = Mutex<[Address: any HostWriting]>([:])

    init(_ hypervisor: any Hypervisor) { self.hypervisor = hypervisor }

    func reader(for host: Host) async throws(HostError) -> any HostReading { try await writer(for: host) }

    func writer(for host: Host) async throws(HostError) -> any HostWriting {
        if let writer = writers.withLock({ $0[host.address] }) { return writer }
        let writer = try await hypervisor.writer(for: host)
        writers.withLock { $0[host.address] = writer }
        return writer
    }

    /// Lets go of a connection that broke, so that the next use opens a new one.
    func forget(_ address: Address) { writers.withLock { $0[address] = nil } }
}
