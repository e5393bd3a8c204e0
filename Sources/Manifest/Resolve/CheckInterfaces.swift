import Model

extension Resolver {
    /// What no guest can have, and what two of its interfaces cannot both have.
    mutating func checkInterfaces(of parts: MachineParts) {
        let document = parts.document
        var macs: [String: String] = [:]
        var addresses: [String: String] = [:]
        for interface in parts.interfaces {
            let name = interface.name.value
            if let mac = interface.record.text("macAddress") {
                checkTwice(mac.value, "the MAC", name, among: &macs, at: mac.location, document)
            }
            guard let network = parts.networks.first(where: { $0.item == name }) else { continue }
            let own = interface.record.text("ipAddress")
            for text in network.addresses {
                guard let cidr = CIDR(text) else { continue }
                let place = own?.location ?? interface.name.location
                let address = cidr.address.text
                checkTwice(address, "the address", name, among: &addresses, at: place, document)
                if let fault = cidr.fault {
                    problems.add(
                        .invalidNetwork, at: place, address: document.address,
                        "No guest can have the address \(text): it is \(fault).")
                } else if network.gateways.contains(address) {
                    problems.add(
                        .invalidNetwork, at: interface.record.text("gateway")?.location ?? place,
                        address: document.address,
                        "The gateway of `\(name)` is its own address, \(address). Give the router's.")
                }
            }
        }
        checkReadiness(of: parts)
    }

    private mutating func checkTwice(
        _ value: String, _ what: String, _ interface: String, among owners: inout [String: String],
        at location: SourceLocation, _ document: Document
    ) {
        guard let other = owners[value] else {
            owners[value] = interface
            return
        }
        problems.add(
            .conflict, at: location, address: document.address,
            "The interfaces `\(other)` and `\(interface)` of \(document.address) would both have \(what) `\(value)`. Give one of "
                + "them another.")
    }

    /// What can be seen or reached is so over an interface.
    private mutating func checkReadiness(of parts: MachineParts) {
        guard let ready = parts.ready, let text = ready.value.text, text == "address" || text.hasPrefix("tcp:"),
            parts.interfaces.isEmpty
        else { return }
        problems.add(
            .conflict, at: ready.origin, address: parts.document.address,
            "\(parts.document.address) has no network interface, so that `rigaud.io/ready: \(text)` would be waited for in vain. "
                + "Give it one under `spec.networks`, or wait for something else.")
    }
}

extension MachineParts {
    /// What it is to have before it is ready, where that is more than to run.
    var ready: Setting? { settings.first { $0.path.attribute == .ready }?.value }
}

extension CIDR {
    /// Why it can be no guest's, to follow "it is".
    fileprivate var fault: String? {
        let bytes = address.bytes
        if bytes.allSatisfy({ $0 == 0 }) { return "that of nobody" }
        if address.isV4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy({ $0 == 0 }) && bytes.last == 1 {
            return "that of every machine to itself"
        }
        if address.isV4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF { return "that of a group" }
        if bytes == [255, 255, 255, 255] { return "that of everybody" }
        // RFC 3021: of two addresses both are hosts'.
        guard address.isV4, prefix < 31 else { return nil }
        let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let host = UInt32.max >> UInt32(prefix)
        if number & host == 0 { return "that of its network itself" }
        return number & host == host ? "that of everybody in its network" : nil
    }
}
