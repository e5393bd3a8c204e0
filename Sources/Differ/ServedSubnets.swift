import Model

/// Whether an active network has an attribute only once it is started anew, although it is one that is given while it serves: what
/// belongs to a subnet that it does not serve yet.
func waitsForSubnet(_ path: AttributePath, of resource: Resource, _ found: ObservedObject) -> Bool {
    let served = found.running ?? found.attributes
    switch path.attribute {
    case .dhcpRanges:
        guard let wanted = resource.attributes[.addressPrefix, path.item]?.value else { return false }
        return served[.addressPrefix, path.item] != wanted
    default: return false
    }
}
