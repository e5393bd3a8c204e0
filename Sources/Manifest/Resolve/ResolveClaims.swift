import Model

extension Resolver {
    /// Finds what two resources want for themselves on one host beside their names: a pool's directory, a network's bridge, a
    /// disk that was there before, an interface's MAC or fixed address within its network. Libvirt would refuse the second of the
    /// first three at the apply; guests with the other two are in each other's way.
    mutating func checkClaims() {
        var owners: [Claim: Address] = [:]
        let fixed = Dictionary(seeds.map { ($0.machine, $0) }, uniquingKeysWith: { first, _ in first })
        for resource in resources {
            for (claim, setting) in claims(of: resource, fixed[resource.address]) {
                guard let owner = owners.updateValue(resource.address, forKey: claim) else { continue }
                owners[claim] = owner
                // What two interfaces of one machine have has been said.
                if owner == resource.address { continue }
                problems.add(
                    .claimedTwice, at: setting.origin ?? resource.origin, address: resource.address,
                    "\(resource.address) and \(owner) would both have \(claim.words) on the same host. "
                        + "Change it in one of them.")
            }
        }
    }

    private func claims(of resource: Resource, _ seed: SeedSource?) -> [(Claim, Setting)] {
        let host = hostIndices[resource.object.host].map { hosts[$0].group } ?? -1
        let attributes = resource.attributes
        switch resource.object.kind {
        case .pool:
            guard let target = attributes[.poolTarget], let path = target.value.text else { return [] }
            return [(Claim(host: host, what: "the directory", text: path), target)]
        case .network:
            // A bridge of the host's own may have several networks.
            guard attributes[.forwardMode]?.value != "bridge", let bridge = attributes[.bridge],
                let name = bridge.value.text
            else { return [] }
            return [(Claim(host: host, what: "the bridge", text: name), bridge)]
        case .domain:
            // One of two that are never on together may have the other's, and who is alone in its network ("user") anything.
            guard attributes[.power]?.value == "On" else { return [] }
            let macs = attributes.items(of: .nicMAC).compactMap { item -> (Claim, Setting)? in
                guard let mac = attributes[.nicMAC, item], let text = mac.value.text,
                    let network = attributes[.nicSource, item]?.value.text, network != "user"
                else { return nil }
                return (Claim(host: host, what: "the MAC", text: text.lowercased(), network: network), mac)
            }
            let addresses = (seed?.networks ?? []).flatMap { interface -> [(Claim, Setting)] in
                guard let source = attributes[.nicSource, interface.item], let network = source.value.text,
                    network != "user"
                else { return [] }
                return interface.addresses.map { address in
                    let text = String(address.prefix { $0 != "/" }).lowercased()
                    return (Claim(host: host, what: "the address", text: text, network: network), source)
                }
            }
            // What is made for a machine has its name.
            let disks = attributes.items(of: .diskSource).compactMap { item -> (Claim, Setting)? in
                guard attributes[.diskDevice, item]?.value == "disk", let source = attributes[.diskSource, item],
                    let path = source.value.text, path.hasPrefix("/")
                else { return nil }
                return (Claim(host: host, what: "the disk", text: path), source)
            }
            return macs + addresses + disks
        case .volume: return []
        }
    }
}

private struct Claim: Hashable {
    let host: Int
    let what: String
    let text: String
    var network: String?

    var words: String { "\(what) `\(text)`\(network.map { " in \($0)" } ?? "")" }
}
