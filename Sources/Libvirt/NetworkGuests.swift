import CLibvirt
import Model

/// A running guest that is connected to a network.
struct NetworkGuest: Hashable, Sendable {
    let id: ObjectID
    let name: String
}

/// Whether libvirt makes the bridge of a network in this mode, which goes when it stops, with all who are connected to it. Of the
/// others the bridge is the host's own, and stays.
func makesBridge(_ mode: Value?) -> Bool { ["none", "nat", "route", "open"].contains(mode) }

extension HostSession {
    /// Fails where guests of others run that would be cut off when the network stops: libvirt connects a guest when it starts. Those
    /// of the stack are turned off, moved or connected again by its plan.
    func expectNoGuest(on network: borrowing NetworkHandle, _ purpose: Purpose) throws(HostError) {
        let guests = try self.guests(on: network, purpose).filter { !memory.isOurs($0.id) }
        guard let first = guests.map(\.name).min() else { return }
        let names = guests.map { "`\($0.name)`" }.sorted()
        let words = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
        throw purpose.error(
            .inUse,
            "\(guests.count == 1 ? "A guest that runs is" : "Guests that run are") connected to it and would be cut off: "
                + "\(words). Move \(guests.count == 1 ? "it" : "them") to another network or turn "
                + "\(guests.count == 1 ? "it" : "them") off, and run the apply again.",
            command: "virsh -c '\(host.uri)' domiflist \(shellWord(first))")
    }

    /// By the network's ports, whoever has them; where the driver has none, by the interfaces of all domains. These also tell who is
    /// on the network's bridge and not by way of the network.
    private func guests(on network: borrowing NetworkHandle, _ purpose: Purpose) throws(HostError) -> Set<NetworkGuest>
    {
        let parser = Parser()
        let text = try purpose.text("virNetworkGetXMLDesc", virNetworkGetXMLDesc(network.pointer, 0))
        guard let document = parser.document(text) else { throw purpose.unreadable() }
        guard makesBridge(forwardMode(document.root)) else { return [] }
        let name = document.root.child("name")?.text
        let bridge = document.root.child("bridge")?["name"]
        let owners = try portOwners(of: network, parser, purpose)
        var guests = owners ?? []
        let domains = try Inventory<DomainKind>(connection)
        for entry in domains.entries where entry.isActive {
            let domain = domains.listing.handle(at: entry.index)
            let text = try ifThere { () throws(HostError) in
                try purpose.text(DomainKind.xmlCall, DomainKind.xml(domain.pointer, 0))
            }
            guard let text, let domain = parser.document(text) else { continue }
            let isConnected = (domain.root.child("devices")?.children("interface") ?? []).contains { interface in
                guard let source = interface.child("source") else { return false }
                if let network = source["network"] { return owners == nil && network == name }
                return bridge != nil && source["bridge"] == bridge
            }
            if isConnected { guests.insert(NetworkGuest(id: entry.id, name: entry.name)) }
        }
        return guests
    }

    private func portOwners(
        of network: borrowing NetworkHandle, _ parser: borrowing Parser, _ purpose: Purpose
    ) throws(HostError) -> Set<NetworkGuest>? {
        guard let ports = try portListing(of: network, purpose) else { return nil }
        var owners: Set<NetworkGuest> = []
        for index in 0..<ports.count {
            let port = ports.handle(at: index)
            // One that its guest has just let go of is none.
            let text = try ifThere { () throws(HostError) in
                try purpose.text("virNetworkPortGetXMLDesc", virNetworkPortGetXMLDesc(port.pointer, 0))
            }
            guard let text, let document = parser.document(text), let owner = document.root.child("owner"),
                let id = owner.child("uuid").flatMap({ ObjectID($0.text) })
            else { continue }
            owners.insert(NetworkGuest(id: id, name: owner.child("name")?.text ?? id.description))
        }
        return owners
    }
}
