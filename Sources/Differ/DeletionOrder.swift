import Model

extension ChangeSet {
    /// Has each volume that is deleted go before what it lies on, whatever was recorded that it needs: a manifest may
    /// name a base by its path, or have been applied when nobody looked for who makes it.
    mutating func orderDeletions(in observed: ObservedState) {
        let deleted = changes.indices.filter { changes[$0].action == .delete && changes[$0].object.kind == .volume }
        var bases: [VolumeFile: Address] = [:]
        for index in deleted {
            let object = changes[index].object
            guard let file = VolumeFile(of: "\(object.pool ?? "")/\(object.name)", on: object.host, observed) else {
                continue
            }
            bases[file] = changes[index].address
        }
        for index in deleted {
            let host = changes[index].object.host
            guard let base = changes[index].record?.attributes[.backing]?.text,
                let file = VolumeFile(of: base, on: host, observed), let address = bases[file],
                address != changes[index].address, changes[index].record?.needs.contains(address) == false
            else { continue }
            changes[index].record?.needs.append(address)
        }
    }
}

/// The file, or the device, that a volume is.
struct VolumeFile: Hashable {
    let host: Address
    let path: String

    init?(of volume: String, on host: Address, _ observed: ObservedState) {
        guard case .read(let found)? = observed.hosts[host], let path = found.path(ofVolume: volume) else { return nil }
        self.host = host
        self.path = path
    }
}
