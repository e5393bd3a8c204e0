import Model

extension ChangeSet {
    /// The disks that are gone from their hosts while guests go on with them: a running one writes to a file that has no name any
    /// more, and a saved one remembers what was on it.
    mutating func findUsersOfGone(in observed: ObservedState) {
        let gone = changes.indices.filter { changes[$0].isGoneDisk }
        if gone.isEmpty { return }
        let used = Set(saved.values.lazy.flatMap(\.needs))
        var users: [Address: Record] = [:]
        for record in running.values { for need in record.needs { users[need] = record } }
        for index in gone {
            let change = changes[index]
            changes[index].isStillUsed =
                used.contains(change.address)
                || users[change.address].map { $0.isStarted(with: change.object, in: observed) } ?? false
        }
    }
}

extension Change {
    /// What was filled can be had again.
    fileprivate var isGoneDisk: Bool {
        isGone && object.kind == .volume && record?.isPartial == false && record?.attributes[.content] == nil
    }
}

extension Record {
    /// Whether the running domain has a volume as a disk, whatever its definition says. A volume that is gone is known by the
    /// path alone that it had.
    fileprivate func isStarted(with volume: ObjectReference, in observed: ObservedState) -> Bool {
        guard case .read(let host)? = observed.hosts[object.host],
            let running = object.id.flatMap({ host.objects[$0]?.running }), let pool = volume.pool
        else { return true }
        let names = ["\(pool)/\(volume.name)", host.poolTargets[pool].map { "\($0)/\(volume.name)" }]
        return running.contains { path, value in
            path.attribute == .diskSource && names.contains(value.text)
        }
    }
}
