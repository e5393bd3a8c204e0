import CLibvirt
import Model
import Synchronization

/// An interface of a running guest, as connected by a network at the guest's start: libvirt makes a port of the network for it
/// and names the port in the guest's XML (https://libvirt.org/formatnetworkport.html).
struct Attachment: Sendable {
    let domain: ObjectID
    /// The name of the interface.
    let interface: String
    let network: String
    let port: ObjectID
}

/// The attachments that were met while domains were read, on whichever lane.
final class Attachments: Sendable {
    private let found = Mutex<[Attachment]>([])

    var byNetwork: [String: [Attachment]] { Dictionary(grouping: found.withLock { $0 }, by: \.network) }

    func note(of domain: ObjectID, _ root: Element) {
        for interface in interfaceLenses.elements(root) {
            guard let source = interface.child("source"), let network = source["network"],
                let port = source["portid"].flatMap(ObjectID.init), let name = interfaceLenses.name(interface)
            else { continue }
            let attachment = Attachment(domain: domain, interface: name, network: network, port: port)
            found.withLock { $0.append(attachment) }
        }
    }
}

extension HostReader {
    /// What an interface shows that its network has let go of: a network that was stopped has forgotten its guests, and does
    /// not remember them when it starts again. They notice only that nobody answers.
    static let disconnected: Value = "disconnected"

    /// Marks the interfaces that are connected to nothing any more. One call a network that running guests are on; one more
    /// for a network that is not of this stack and has let go of somebody.
    func findDisconnected(
        among attachments: Attachments, _ networks: Inventory<NetworkKind>, in observed: inout ObservedHost
    ) async throws(HostError) {
        let groups = attachments.byNetwork.sorted { $0.key < $1.key }
        if groups.isEmpty { return }
        let entries = Dictionary(networks.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let session = session
        let known = observed.objects
        let lost = try await session.lanes.map(count: groups.count) { range throws(HostError) -> [Attachment] in
            let parser = Parser()
            var lost: [Attachment] = []
            for (name, attachments) in groups[range] {
                guard let entry = entries[name] else {
                    lost += attachments
                    continue
                }
                let network = networks.listing.handle(at: entry.index)
                let purpose = session.purpose("list the ports of a network", name)
                let ports = entry.isActive ? try session.ports(of: network, purpose) : []
                guard let ports else { continue }
                let missing = attachments.filter { !ports.contains($0.port) }
                guard !missing.isEmpty else { continue }
                let mode: Value?
                if let object = known[entry.id] {
                    mode = object.attributes[.forwardMode]
                } else {
                    let text = try purpose.text("virNetworkGetXMLDesc", virNetworkGetXMLDesc(network.pointer, 0))
                    guard let document = parser.document(text) else { throw purpose.unreadable() }
                    mode = forwardMode(document.root)
                }
                if makesBridge(mode) { lost += missing }
            }
            return lost
        }
        for attachment in lost {
            let path = AttributePath(.nicSource, attachment.interface)
            observed.objects[attachment.domain]?.running?[path] = HostReader.disconnected
        }
    }
}

extension HostSession {
    fileprivate func ports(
        of network: borrowing NetworkHandle, _ purpose: Purpose
    ) throws(HostError) -> Set<ObjectID>? {
        try portListing(of: network, purpose).map { ports in
            Set(
                ports.map { port in
                    var bytes = [UInt8](repeating: 0, count: 16)
                    _ = virNetworkPortGetUUID(port, &bytes)
                    return ObjectID(bytes: bytes)
                })
        }
    }

    /// The ports of an active network; nil where the driver has none, or shows them to nobody.
    func portListing(
        of network: borrowing NetworkHandle, _ purpose: Purpose
    ) throws(HostError) -> Listing<PortKind>? {
        var array: UnsafeMutablePointer<OpaquePointer?>?
        do throws(HostError) {
            let count = try purpose.check(
                "virNetworkListAllPorts", virNetworkListAllPorts(network.pointer, &array, 0))
            return Listing(array, count: count)
        } catch {
            guard [.unsupported, .missing, .denied].contains(error.reason) else { throw error }
            return nil
        }
    }

    /// Connects an interface again to the network that its guest was started on, where the network has let go of it.
    ///
    /// Libvirt moves an interface from one bridge to another and does nothing where both are the same, connected or not: so it
    /// goes by way of a network of nobody else's, which is there for that moment. The guest keeps its device.
    ///
    /// - Returns: Whether the interface was, or is, as it is wanted; false where it is to be updated the usual way.
    func reconnect(
        _ running: Element, as wanted: Element, of domain: borrowing DomainHandle, _ purpose: Purpose
    ) throws(HostError) -> Bool {
        guard let source = running.child("source"), let name = source["network"],
            let port = source["portid"].flatMap(ObjectID.init), wanted.child("source")?["network"] == name
        else { return false }
        guard let network = try findNetwork(named: name, purpose) else { return false }
        guard let ports = try ports(of: network, purpose), !ports.contains(port) else { return false }
        let detour = try makeDetour(of: domain, purpose)
        defer { endDetour(detour, purpose) }
        let live = VIR_DOMAIN_AFFECT_LIVE.rawValue
        wanted.child("source")?.set("network", detour)
        try purpose.check("virDomainUpdateDeviceFlags", virDomainUpdateDeviceFlags(domain.pointer, wanted.xml, live))
        wanted.child("source")?.set("network", name)
        try purpose.check("virDomainUpdateDeviceFlags", virDomainUpdateDeviceFlags(domain.pointer, wanted.xml, live))
        return true
    }

    /// What a run that was killed on the way left behind, once nobody is on it.
    func endDetour(of running: Element, _ purpose: Purpose) {
        guard let name = running.child("source")?["network"], name.hasPrefix(HostSession.detour) else { return }
        endDetour(name, purpose)
    }

    private static let detour = "rigaud-detour-"

    /// An isolated network without addresses or a definition.
    private func makeDetour(of domain: borrowing DomainHandle, _ purpose: Purpose) throws(HostError) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        try purpose.check("virDomainGetUUID", virDomainGetUUID(domain.pointer, &bytes))
        let name = "\(HostSession.detour)\(ObjectID(bytes: bytes))"
        do throws(HostError) {
            let xml = "<network><name>\(name)</name></network>"
            _ = try NetworkHandle(
                purpose.object("virNetworkCreateXML", virNetworkCreateXML(connection.pointer, xml)))
        } catch {
            // That of a run that was killed will do.
            guard try findNetwork(named: name, purpose) != nil else { throw error }
        }
        return name
    }

    private func endDetour(_ name: String, _ purpose: Purpose) {
        // What is left of it is in nobody's way, and goes with the next one.
        guard let network = try? findNetwork(named: name, purpose) else { return }
        _ = try? purpose.check("virNetworkDestroy", virNetworkDestroy(network.pointer))
    }

    private func findNetwork(named name: String, _ purpose: Purpose) throws(HostError) -> NetworkHandle? {
        try ifThere { () throws(HostError) in
            try NetworkHandle(
                purpose.object("virNetworkLookupByName", virNetworkLookupByName(connection.pointer, name)))
        }
    }
}
