package import Hypervisor
package import Model

/// Hosts as libvirt reaches them, and simulated ones: every `test:///` is a host of libvirt's test driver that lasts
/// between runs, as files in a directory.
package struct LibvirtHypervisor: Hypervisor {
    /// Each simulated host has a directory in it, `<namespace>.<name>` of its Provider; absolute, made when first needed.
    private let simulatedHosts: String
    private let simulateAll: Bool
    private let lanes: Int
    /// The calls of all connections that this value opened.
    package let calls: CallCounter

    /// A daemon serves five requests at once of each connection (`max_client_requests`).
    package static let callsAtOnce = 5

    /// - Parameters:
    ///   - simulateAll: Every host is a simulated one, whatever its URI says.
    ///   - lanes: Calls at once over a connection.
    package init(
        simulatedHosts directory: String, simulateAll: Bool = false, lanes: Int = LibvirtHypervisor.callsAtOnce,
        calls: CallCounter = CallCounter()
    ) {
        simulatedHosts = directory
        self.simulateAll = simulateAll
        self.lanes = lanes
        self.calls = calls
    }

    package func reader(for host: Host) async throws(HostError) -> any HostReading {
        HostReader(session: try await open(host, readOnly: true))
    }

    package func writer(for host: Host) async throws(HostError) -> any HostWriting {
        HostWriter(
            connected: try await ConnectedHost { starts throws(HostError) in
                try await open(host, readOnly: false, starts)
            })
    }

    private func open(
        _ host: Host, readOnly: Bool, _ starts: GuestStarts = GuestStarts()
    ) async throws(HostError) -> HostSession {
        let lanes = Lanes(count: max(1, lanes))
        let calls = calls
        guard simulateAll || host.uri.hasPrefix("test:///") else {
            return try await lanes.run { () throws(HostError) in
                let connection = try Connection(opening: host.uri, for: host.uri, readOnly: readOnly, counter: calls)
                return HostSession(host, connection, lanes, store: nil, starts: starts)
            }
        }
        // The simulated host is this process's own copy: reading it goes through a type that cannot write.
        let name = "\(host.address.namespace).\(host.address.name)"
        let store = SimulatedHostStore(directory: "\(simulatedHosts)/\(SimulatedHostStore.fileName(name))")
        return HostSession(host, try await store.open(host, calls, lanes), lanes, store: store)
    }
}
