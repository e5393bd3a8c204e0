import Model

extension Resource {
    /// Whether the addresses of a network are all in its manifest, so that another one is somebody's doing: what an address gives out
    /// cannot stand beside what another does.
    var hasAllAddresses: Bool { attributes.contains { $0.path.attribute == .addressPrefix } }
}

/// The addresses that somebody gave to a network whose manifest has its addresses; they go.
func strayAddresses(of resource: Resource, record: Record?, found: ObservedObject) -> [FieldChange] {
    guard resource.object.kind == .network, resource.hasAllAddresses else { return [] }
    return found.attributes.compactMap { path, value in
        guard path.attribute == .addressPrefix, resource.attributes[path] == nil, record?.attributes[path] == nil else {
            return nil
        }
        return FieldChange(
            path, before: value, after: .null, cause: record == nil ? .config : .drift, origin: resource.origin)
    }
}
