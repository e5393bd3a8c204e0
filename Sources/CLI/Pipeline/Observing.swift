import Hypervisor
import Model

/// Reads all hosts at once. One that cannot be read is unknown; the others go on.
func observe(
    _ hosts: [Host], interests: [Address: Interest], read: @Sendable @escaping (Host, Interest) async throws(HostError) -> ObservedHost
) async -> ObservedState {
    await withTaskGroup(of: (Address, Observation).self) { group in
        for host in hosts {
            let interest = interests[host.address] ?? Interest()
            group.addTask {
                do throws(HostError) {
                    return (host.address, .read(try await read(host, interest)))
                } catch {
                    return (host.address, .unknown(error))
                }
            }
        }
        var state = ObservedState()
        for await (address, observation) in group { state.hosts[address] = observation }
        return state
    }
}
