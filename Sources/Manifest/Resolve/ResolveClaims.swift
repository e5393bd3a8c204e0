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
        checkSubnets()
    }

    /// Networks whose addresses lie within each other: the host would not know where to send what is for them, and libvirt does not
    /// start the second. What is of a link alone is on each of them.
    private mutating func checkSubnets() {
        var subnets: [Subnet] = []
        for resource in resources where resource.object.kind == .network {
            guard let host = hostIndices[resource.object.host].map({ hosts[$0].group }) else { continue }
            for item in resource.attributes.items(of: .addressPrefix) {
                guard let prefix = resource.attributes[.addressPrefix, item], let length = prefix.value.number,
                    let cidr = CIDR("\(item)/\(length)"), !cidr.address.isOfLink
                else { continue }
                subnets.append(Subnet(host, cidr, of: resource.address, at: prefix.origin ?? resource.origin))
            }
        }
        subnets.sort(by: Subnet.isBefore)
        var widest: Subnet?
        for subnet in subnets {
            guard let other = widest, other.host == subnet.host, other.cidr.contains(subnet.first) else {
                widest = subnet
                continue
            }
            if other.owner == subnet.owner { continue }
            // Told where the manifests go on, not where they begin.
            let (former, latter) = other.owner < subnet.owner ? (other, subnet) : (subnet, other)
            problems.add(
                .claimedTwice, at: latter.origin, address: latter.owner,
                "\(latter.owner) would have \(latter.cidr.text), and \(former.owner) has \(former.cidr.text) on the same host: "
                    + "addresses would be in both. Give one of them another network.")
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

private struct Subnet {
    let host: Int
    let cidr: CIDR
    /// Its lowest address.
    let first: IPAddress
    let owner: Address
    let origin: SourceLocation?

    init(_ host: Int, _ cidr: CIDR, of owner: Address, at origin: SourceLocation?) {
        self.host = host
        self.cidr = cidr
        first = cidr.lowest
        self.owner = owner
        self.origin = origin
    }

    /// Those of a host together, the addresses of a family in their order.
    static func isBefore(_ left: Subnet, _ right: Subnet) -> Bool {
        if left.host != right.host { return left.host < right.host }
        if left.first.isV4 != right.first.isV4 { return left.first.isV4 }
        return left.first == right.first ? left.cidr.prefix < right.cidr.prefix : left.first < right.first
    }
}

private struct Claim: Hashable {
    let host: Int
    let what: String
    let text: String
    var network: String?

    var words: String { "\(what) `\(text)`\(network.map { " in \($0)" } ?? "")" }
}
