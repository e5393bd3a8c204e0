import CLibvirt
import Model

extension HostSession {
    func performOnNetwork(_ operation: Operation) throws(HostError) {
        let object = operation.object
        switch operation.verb {
        case .create:
            let purpose = purpose("create the network", object.name)
            let isNew = try findNetwork(object, purpose) == nil
            do throws(HostError) {
                try defineNetwork(operation, purpose)
            } catch {
                // What cannot be started is not left behind.
                if isNew, error.reason != .unreachable, let network = try? findNetwork(object, purpose) {
                    _ = try? purpose.check("virNetworkUndefine", virNetworkUndefine(network.pointer))
                }
                throw error
            }
        case .update:
            try defineNetwork(operation, purpose("change the network", object.name))
        case .updateLive:
            try changeLiveNetwork(operation, purpose("change the running network", object.name))
        case .start:
            try setNetworkActive(true, object, purpose("start the network", object.name))
        case .stop:
            try setNetworkActive(false, object, purpose("stop the network", object.name))
        case .wait: break
        case .delete:
            let purpose = purpose("delete the network", object.name)
            if let network = try findNetwork(object, purpose) {
                if try isActive(network, purpose) {
                    try expectNoGuest(on: network, purpose)
                    try switchNetwork(network, on: false, purpose)
                }
                try purpose.check("virNetworkUndefine", virNetworkUndefine(network.pointer))
            }
            try store?.forget(.network, object.name, purpose)
        }
    }

    private func findNetwork(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) -> NetworkHandle? {
        try ifThere { () throws(HostError) in
            if let id = object.id {
                return try NetworkHandle(
                    purpose.object("virNetworkLookupByUUID", virNetworkLookupByUUID(connection.pointer, id.bytes)))
            }
            return try NetworkHandle(
                purpose.object("virNetworkLookupByName", virNetworkLookupByName(connection.pointer, object.name)))
        }
    }

    private func network(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) -> NetworkHandle {
        guard let network = try findNetwork(object, purpose) else {
            throw purpose.error(
                .missing, "It is not there any more. Run the plan again to see what is.",
                command: "virsh -c '\(host.uri)' net-list --all")
        }
        return network
    }

    private func isActive(_ network: borrowing NetworkHandle, _ purpose: Purpose) throws(HostError) -> Bool {
        try purpose.check("virNetworkIsActive", virNetworkIsActive(network.pointer)) == 1
    }

    /// The XML is defined where an attribute of it is set; whether it is active and starts with the host has calls.
    private func defineNetwork(_ operation: Operation, _ purpose: Purpose) throws(HostError) {
        let object = operation.object
        let existing = try findNetwork(object, purpose)
        let isNew = existing == nil
        guard !isNew || operation.verb == .create else {
            throw purpose.error(.missing, "It is not there any more. Run the plan again to see what is.")
        }
        if isNew || operation.set.contains(where: { $0.path.attribute != .active && $0.path.attribute != .autostart }) {
            let text: String
            // A simulated network takes its definition at once: the test driver does not show the one of the next
            // start, and nobody is connected.
            var restarts = false
            if let existing {
                if store != nil { restarts = try isActive(existing, purpose) }
                let flags = definitionFlag(of: NetworkKind.self)
                text = try purpose.text("virNetworkGetXMLDesc", virNetworkGetXMLDesc(existing.pointer, flags)).string
            } else {
                text = Skeleton.network(object)
            }
            guard let document = Parser().document(text) else { throw purpose.unreadable() }
            try networkLenses.write(operation.set, into: document.root, surroundings(purpose))
            if restarts { try switchNetwork(network(object, purpose), on: false, purpose) }
            let network = try NetworkHandle(
                purpose.object("virNetworkDefineXML", virNetworkDefineXML(connection.pointer, document.xml)))
            if restarts { try switchNetwork(network, on: true, purpose) }
        }
        let network = try network(object, purpose)
        if let flag = operation.set[.autostart]?.flag {
            try purpose.check("virNetworkSetAutostart", virNetworkSetAutostart(network.pointer, flag ? 1 : 0))
        }
        let wanted = operation.set[.active]?.flag ?? (operation.verb == .create ? true : nil)
        if let wanted, try isActive(network, purpose) != wanted {
            if !wanted { try expectNoGuest(on: network, purpose) }
            try switchNetwork(network, on: wanted, purpose)
        }
        try store?.save(network, object.name, isActive: wanted, autostart: operation.set[.autostart]?.flag, purpose)
    }

    private func switchNetwork(_ network: borrowing NetworkHandle, on: Bool, _ purpose: Purpose) throws(HostError) {
        if on {
            try purpose.check("virNetworkCreate", virNetworkCreate(network.pointer))
        } else {
            try purpose.check("virNetworkDestroy", virNetworkDestroy(network.pointer))
        }
    }

    private func setNetworkActive(_ on: Bool, _ object: ObjectReference, _ purpose: Purpose) throws(HostError) {
        guard on else {
            guard let network = try findNetwork(object, purpose) else { return }
            if try isActive(network, purpose) {
                try expectNoGuest(on: network, purpose)
                try switchNetwork(network, on: false, purpose)
            }
            try store?.save(network, object.name, isActive: false, autostart: nil, purpose)
            return
        }
        let network = try network(object, purpose)
        if try !isActive(network, purpose) { try switchNetwork(network, on: true, purpose) }
        try store?.save(network, object.name, isActive: true, autostart: nil, purpose)
    }

    /// Ranges and hosts of DHCP and hosts of DNS change while the network serves.
    private func changeLiveNetwork(_ operation: Operation, _ purpose: Purpose) throws(HostError) {
        let network = try network(operation.object, purpose)
        guard try isActive(network, purpose) else { return }
        let text = try purpose.text("virNetworkGetXMLDesc", virNetworkGetXMLDesc(network.pointer, 0))
        let parser = Parser()
        guard let running = parser.document(text), let wanted = parser.document(text) else {
            throw purpose.unreadable()
        }
        try networkLenses.write(operation.set, into: wanted.root, surroundings(purpose))
        var changes = NetworkChanges()
        for (path, _) in operation.set {
            switch path.attribute {
            case .dhcpRanges: changes.addRanges(of: path.item, from: running.root, to: wanted.root)
            case .dhcpHost:
                changes.add(
                    VIR_NETWORK_SECTION_IP_DHCP_HOST, dhcpHostLenses, path.item, from: running.root, to: wanted.root)
            case .dnsHost:
                changes.add(VIR_NETWORK_SECTION_DNS_HOST, dnsHostLenses, path.item, from: running.root, to: wanted.root)
            case .active, .autostart: continue
            default:
                throw purpose.error(
                    .unsupported, "“\(path)” cannot be changed while it is active: it is seen at the next start.")
            }
        }
        for part in changes.all {
            try purpose.check(
                "virNetworkUpdate",
                virNetworkUpdate(
                    network.pointer, part.command.rawValue, part.section.rawValue, part.subnet, part.xml,
                    VIR_NETWORK_UPDATE_AFFECT_LIVE.rawValue))
        }
        try store?.save(network, operation.object.name, isActive: nil, autostart: nil, purpose)
    }
}
