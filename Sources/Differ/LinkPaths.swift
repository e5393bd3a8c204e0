package import Model

/// Adds to what names a volume by its path the volume of this stack that has that path, or will have it: it waits until that is
/// there, and that is not taken away from under it. Pure.
package func linkPaths(_ desired: DesiredState, recorded: RecordedState, observed: ObservedState) -> DesiredState {
    let desired = linkLeaving(desired, recorded: recorded)
    let users = desired.resources.indices.filter { !desired.resources[$0].namedPaths.isEmpty }
    if users.isEmpty { return desired }
    var targets: [Address: [String: String]] = [:]
    for pool in desired.resources where pool.object.kind == .pool {
        targets[pool.object.host, default: [:]][pool.object.name] = pool.attributes[.poolTarget]?.value.text
    }
    func path(of object: ObjectReference) -> String? {
        guard let pool = object.pool else { return nil }
        var target = targets[object.host]?[pool]
        if case .read(let host)? = observed.hosts[object.host] {
            if let path = host.volumePaths[VolumeReference(pool: pool, name: object.name)] { return path }
            target = host.poolTargets[pool] ?? target
        }
        return target.map { "\($0)/\(object.name)" }
    }
    var volumes: [Address: [String: Address]] = [:]
    func note(_ address: Address, _ object: ObjectReference) {
        guard object.kind == .volume, let path = path(of: object) else { return }
        volumes[object.host, default: [:]][path] = address
    }
    for record in recorded.records.values { note(record.address, record.object) }
    for resource in desired.resources { note(resource.address, resource.object) }
    var result = desired
    for index in users {
        let user = result.resources[index]
        for path in user.namedPaths {
            guard let volume = volumes[user.object.host]?[path], volume != user.address, !user.needs.contains(volume)
            else { continue }
            result.resources[index].needs.append(volume)
        }
    }
    return result
}

/// Adds to what is in a pool, on a network or on a volume that left the manifests that it needs it still: whatever becomes of its
/// user later, it does not go before that.
private func linkLeaving(_ desired: DesiredState, recorded: RecordedState) -> DesiredState {
    let wanted = Set(desired.resources.lazy.map(\.address))
    let leaving = recorded.records.values.filter { $0.object.kind != .domain && !wanted.contains($0.address) }
    if leaving.isEmpty { return desired }
    let places = Dictionary(leaving.map { (Place($0.object), $0.address) }, uniquingKeysWith: { min($0, $1) })
    var result = desired
    for index in result.resources.indices {
        for place in result.resources[index].places {
            guard let need = places[place], !result.resources[index].needs.contains(need) else { continue }
            result.resources[index].needs.append(need)
        }
    }
    return result
}

extension Resource {
    /// The files that its disks are, or that it starts from.
    fileprivate var namedPaths: [String] {
        attributes.compactMap { path, setting in
            switch path.attribute {
            case .diskSource, .backing, .copy: setting.value.text.flatMap { $0.hasPrefix("/") ? $0 : nil }
            default: nil
            }
        }
    }
}
