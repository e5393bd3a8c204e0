import Model

extension Plan {
    /// The memory of a guest that was saved is of the disks that it had: where one of them is made anew it is dropped, and the guest
    /// starts afresh. The leave for that is the disk's.
    /// - Returns: The domains whose saved state goes.
    mutating func dropSavedStates(_ saved: [Address: Record]) -> [Address: Record] {
        if saved.isEmpty { return [:] }
        let remade = Set(changes.lazy.filter { $0.refusal == nil && $0.change.makesDiskAnew }.map(\.change.address))
        let dropped = saved.filter { $0.value.needs.contains(where: remade.contains) }
        let field = FieldChange(AttributePath(.savedState), before: true, after: false)
        var told: Set<Address> = []
        for (index, planned) in changes.enumerated() where dropped[planned.change.address] != nil {
            told.insert(planned.change.address)
            var change = planned.change
            change.fields = (change.fields + [field]).sorted { $0.path < $1.path }
            change.resumes = false
            changes[index] = PlannedChange(
                change, fieldDisruptions: change.fields.map(change.disruption(of:)),
                disruption: change.disruption, refusal: planned.refusal, dependsOn: planned.dependsOn)
        }
        for (address, record) in dropped where !told.contains(address) {
            unchanged -= 1
            changes.append(
                PlannedChange(
                    Change(.update, address, object: record.object, cause: .config, fields: [field]),
                    fieldDisruptions: [.restart], disruption: .restart))
        }
        changes.sort { $0.change.address < $1.change.address }
        return dropped
    }
}

extension Change {
    /// Whether a disk is empty after it that was not before.
    fileprivate var makesDiskAnew: Bool {
        object.kind == .volume && !address.isOfSeed && (action == .replace && record?.isPartial == false || isGone)
    }
}
