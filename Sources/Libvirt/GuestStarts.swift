import CLibvirt
import Glibc
import Model
import Synchronization

/// A lease of a DHCP server of libvirt's.
struct Lease: Hashable, Sendable {
    /// In lower case.
    let mac: String
    let address: String
    /// Seconds since 1970, which move on whenever the guest asks; 0 where the lease never ends.
    let expiry: Int64
}

/// The start of a guest in this session. A guest's leases and its place in the host's ARP table outlive it: what there was
/// of them before says nothing of what was started.
struct GuestStart: Sendable {
    let id: ObjectID
    let instant: ContinuousClock.Instant
    /// All of the host's, as they were before.
    let leases: Set<Lease>
    /// What the host's ARP table had of it at the first look afterwards; nil until then.
    var neighbours: Set<String>?

    /// How long what bears no time, as a lease without end or a line of the ARP table, is taken to be from before.
    static let doubt = Duration.seconds(60)

    var isInDoubt: Bool { instant.duration(to: .now) < GuestStart.doubt }

    /// The addresses of interfaces whose leases have not been given anew since.
    func formerAddresses(among leases: Set<Lease>, macs: Set<String>) -> Set<String> {
        let same = self.leases.intersection(leases).filter { macs.contains($0.mac) && ($0.expiry != 0 || isInDoubt) }
        return Set(same.map(\.address))
    }

    func hasLease(of macs: Set<String>) -> Bool { leases.contains { macs.contains($0.mac) } }
}

/// The guests that a session started.
final class GuestStarts: Sendable {
    private struct State: Sendable {
        var starts: [ObjectID: GuestStart] = [:]
        /// As they were last read.
        var leases: Set<Lease> = []
        var lookedAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// To be called before a guest is started. Guests that are started together share a look.
    func prepare(_ id: ObjectID, _ look: () -> Set<Lease>) -> GuestStart {
        state.withLock { state in
            if state.lookedAt.map({ $0.duration(to: .now) > .seconds(2) }) ?? true {
                state.leases = look()
                state.lookedAt = .now
            }
            return GuestStart(id: id, instant: .now, leases: state.leases)
        }
    }

    func note(_ start: GuestStart) { state.withLock { $0.starts[start.id] = start } }

    func start(of id: ObjectID) -> GuestStart? { state.withLock { $0.starts[id] } }

    /// - Parameter neighbours: What the ARP table has of a guest now.
    /// - Returns: What it had at the first look, as long as that may be from before.
    func formerNeighbours(of start: GuestStart, now neighbours: Set<String>) -> Set<String> {
        guard start.isInDoubt else { return [] }
        return state.withLock { state in
            let former = state.starts[start.id]?.neighbours ?? neighbours
            state.starts[start.id]?.neighbours = former
            return former
        }
    }
}

extension HostSession {
    /// Starts a domain that is off.
    func boot(_ domain: borrowing DomainHandle, _ object: ObjectReference, _ purpose: Purpose) throws(HostError) {
        // A simulated guest's addresses are made up, and are there at once.
        let start = isTestDriver ? nil : object.id.map { starts.prepare($0) { leases() } }
        try purpose.check("virDomainCreate", virDomainCreate(domain.pointer))
        if let start { starts.note(start) }
    }

    /// Those of all networks that tell; a network that does not has none for us.
    func leases() -> Set<Lease> {
        var networks: UnsafeMutablePointer<OpaquePointer?>?
        connection.counter.count("virConnectListAllNetworks")
        let flags = VIR_CONNECT_LIST_NETWORKS_ACTIVE.rawValue
        let count = virConnectListAllNetworks(connection.pointer, &networks, flags)
        let listing = Listing<NetworkKind>(networks, count: max(0, count))
        return listing.map { leases(of: $0) }.reduce(into: []) { $0.formUnion($1) }
    }

    private func leases(of network: OpaquePointer) -> Set<Lease> {
        var array: UnsafeMutablePointer<virNetworkDHCPLeasePtr?>?
        connection.counter.count("virNetworkGetDHCPLeases")
        let count = virNetworkGetDHCPLeases(network, nil, &array, 0)
        defer { free(array) }
        var found: Set<Lease> = []
        for index in 0..<Int(max(0, count)) {
            guard let lease = array?[index] else { continue }
            defer { virNetworkDHCPLeaseFree(lease) }
            guard let mac = lease.pointee.mac, let address = lease.pointee.ipaddr else { continue }
            found.insert(
                Lease(
                    mac: String(cString: mac).lowercased(), address: String(cString: address),
                    expiry: Int64(lease.pointee.expirytime)))
        }
        return found
    }
}
