import Model

/// Whether an active network has an attribute only once it is started anew, although it is one that is given while it serves: what
/// belongs to a subnet that it does not serve yet.
func waitsForSubnet(_ path: AttributePath, of resource: Resource, _ found: ObservedObject) -> Bool {
    let served = found.running ?? found.attributes
    switch path.attribute {
    case .dhcpRanges:
        guard let wanted = resource.attributes[.addressPrefix, path.item]?.value else { return false }
        return served[.addressPrefix, path.item] != wanted
    case .dhcpHost:
        guard let host = resource.attributes[path]?.value["ip"]?.text.flatMap(numberOfIPv4) else { return false }
        return !served.contains { path, value in
            guard path.attribute == .addressPrefix, let address = numberOfIPv4(path.item), let prefix = value.number
            else {
                return false
            }
            return (address ^ host) >> (32 - prefix) == 0
        }
    default: return false
    }
}

/// Hosts of DHCP have addresses of IPv4 alone.
private func numberOfIPv4(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 4 else { return nil }
    return parts.reduce(UInt32?(0)) { number, part in
        number.flatMap { number in part.map { number << 8 | UInt32($0) } }
    }
}
