import Glibc
import Model

/// A network's properties in libvirt's XML: https://libvirt.org/formatnetwork.html
let networkLenses = LensTable(
    [
        Lens(.forwardMode, read: forwardMode) { root, value, _ in
            if let mode = value.text, mode != "none" {
                root.ensure("forward").set("mode", mode)
            } else {
                root.removeChildren("forward")
            }
            if value != "nat" { root.child("forward")?.removeChildren("nat") }
        },
        Lens(.forwardDevice) { root in
            guard let forward = root.child("forward") else { return nil }
            return (forward["dev"] ?? forward.child("interface")?["dev"]).map { .string($0) }
        } write: { root, value, _ in
            guard let forward = value.text == nil ? root.child("forward") : root.ensure("forward") else { return }
            forward.removeChildren("interface")
            forward.set("dev", value.text)
        },
        .word(.bridge, ["bridge"], "name"),
        .word(.dnsDomain, ["domain"], "name"),
    ],
    lists: [addressLenses, dhcpHostLenses, dnsHostLenses],
    finish: { root, _ in settleBridge(root) })

/// "none" where guests of the network reach each other and the host alone.
func forwardMode(_ root: Element) -> Value? {
    guard let forward = root.child("forward") else { return "none" }
    return .string(forward["mode"] ?? "nat")
}

/// Where guests are on a bridge or a device of the host's, libvirt has no bridge to make, and takes nothing that is said of one.
private func settleBridge(_ root: Element) {
    guard let forward = root.child("forward"), forward.has("mode", "bridge") else { return }
    root.removeChildren("mac")
    guard let bridge = root.child("bridge") else { return }
    for attribute in ["stp", "delay", "zone"] as [StaticString] { bridge.set(attribute, nil) }
    if forward["dev"] != nil || forward.child("interface") != nil { bridge.remove() }
}

private let addressLenses = ListLens(
    key: .addressPrefix,
    elements: { $0.children("ip") },
    name: { $0["address"] },
    make: { root, address in
        let ip = root.add("ip")
        ip.set("family", address.contains(":") ? "ipv6" : "ipv4")
        ip.set("address", address)
        return ip
    },
    fields: [
        Lens(.addressPrefix) { ip in
            (ip.integer("prefix") ?? ip["netmask"].flatMap { prefixLength(ofMask: $0) }).map { .integer($0) }
        } write: { ip, value, _ in
            ip.set("netmask", nil)
            ip.set("prefix", value.number.map { String($0) })
        },
        Lens(.dhcpRanges) { ip in
            guard let ranges = ip.child("dhcp")?.children("range"), !ranges.isEmpty else { return nil }
            return .list(ranges.map { .string("\($0["start"] ?? "")-\($0["end"] ?? "")") })
        } write: { ip, value, _ in
            ip.child("dhcp")?.removeChildren("range")
            for case .string(let range) in value.items ?? [] {
                let ends = range.split(separator: "-", maxSplits: 1).map(String.init)
                guard ends.count == 2 else { continue }
                ip.ensure("dhcp").add("range", [("start", ends[0]), ("end", ends[1])])
            }
            if let dhcp = ip.child("dhcp"), !dhcp.hasChildElements { dhcp.remove() }
        },
    ])

let dhcpHostLenses = ListLens(
    key: .dhcpHost,
    elements: { root in root.children("ip").flatMap { $0.child("dhcp")?.children("host") ?? [] } },
    name: { $0["mac"]?.lowercased() },
    make: { root, mac in
        // The right subnet is known with the address, which comes next.
        let host = (root.child("ip") ?? root.add("ip")).ensure("dhcp").add("host")
        host.set("mac", mac)
        return host
    },
    fields: [
        Lens(.dhcpHost) { host in
            var members: [String: Value] = [:]
            if let ip = host["ip"] { members["ip"] = .string(ip) }
            if let name = host["name"] { members["name"] = .string(name) }
            return .map(members)
        } write: { host, value, surroundings throws(HostError) in
            host.set("ip", value["ip"]?.text)
            host.set("name", value["name"]?.text)
            try moveToSubnet(host, surroundings)
        }
    ])

let dnsHostLenses = ListLens(
    key: .dnsHost,
    elements: { $0.child("dns")?.children("host") ?? [] },
    name: { $0["ip"] },
    make: { root, ip in
        let host = root.ensure("dns").add("host")
        host.set("ip", ip)
        return host
    },
    fields: [
        Lens(.dnsHost) { host in
            .list(host.children("hostname").map { .string($0.text) })
        } write: { host, value, _ in
            host.removeChildren("hostname")
            for case .string(let name) in value.items ?? [] { host.add("hostname").set(text: name) }
        }
    ])

/// A DHCP host stands in the subnet that its address is in.
private func moveToSubnet(_ host: Element, _ surroundings: borrowing Surroundings) throws(HostError) {
    guard let home = host.parent?.parent, let network = home.parent, let text = host["ip"] else { return }
    let right = network.children("ip").first { ip in
        guard let address = ip["address"],
            let prefix = ip.integer("prefix") ?? ip["netmask"].flatMap({ prefixLength(ofMask: $0) })
        else { return false }
        return isIn(text, address, prefix: Int(clamping: prefix))
    }
    guard let right else {
        throw surroundings.purpose.error(
            .invalid, "The DHCP host \(host["mac"] ?? "") has the address \(text), which is in none of its subnets.")
    }
    guard right["address"] != home["address"] else { return }
    right.ensure("dhcp").add(copyOf: host)
    let dhcp = host.parent
    host.remove()
    if let dhcp, !dhcp.hasChildElements { dhcp.remove() }
}

/// The bytes of an IPv4 or IPv6 address.
private func addressBytes(_ text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
    return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
}

private func prefixLength(ofMask text: String) -> Int64? {
    addressBytes(text).map { Int64($0.reduce(0) { $0 + $1.nonzeroBitCount }) }
}

private func isIn(_ text: String, _ network: String, prefix: Int) -> Bool {
    guard let address = addressBytes(text), let base = addressBytes(network), address.count == base.count else {
        return false
    }
    return (0..<min(max(prefix, 0), address.count * 8)).allSatisfy { bit in
        let difference = address[bit / 8] ^ base[bit / 8]
        let mask: UInt8 = 0x80 >> UInt8(bit % 8)
        return difference & mask == 0
    }
}
