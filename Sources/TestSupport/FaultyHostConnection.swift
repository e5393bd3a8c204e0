package import Hypervisor
package import Model
import Synchronization

/// Faulty hosts by their addresses. A host that is not among them cannot be reached.
package struct FaultyHypervisor: Hypervisor {
    private let hosts: [Address: FaultyHost]
    private let gate: Gate?

    /// With a gate, writers are given only when it is open.
    package init(_ hosts: [FaultyHost], gate: Gate? = nil) {
        self.hosts = Dictionary(hosts.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        self.gate = gate
    }

    package func reader(for host: Host) async throws(HostError) -> any HostReading { try find(host) }

    package func writer(for host: Host) async throws(HostError) -> any HostWriting {
        await gate?.pass()
        return try find(host)
    }

    private func find(_ host: Host) throws(HostError) -> FaultyHost {
        guard let found = hosts[host.address] else {
            throw HostError(.unreachable, "The host cannot be reached", "Nothing answers at \(host.uri).")
        }
        return found
    }
}

/// Holds back whoever comes until it is opened; then it stays open.
package final class Gate: Sendable {
    private struct Content {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let content = Mutex(Content())

    package init() {}

    package var waitingCount: Int { content.withLock { $0.waiting.count } }

    package func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = content.withLock { content in
                if !content.isOpen { content.waiting.append(continuation) }
                return content.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    package func open() {
        let waiting = content.withLock { content in
            content.isOpen = true
            defer { content.waiting = [] }
            return content.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
