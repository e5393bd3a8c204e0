import Model

/// The volumes that go only when a running guest has let go of them, since this plan neither unplugs them nor starts the
/// guest anew.
func deferrals(among changes: [Change], _ changeSet: ChangeSet, _ policy: Policy) -> [Deferral] {
    guard !changeSet.liveUsers.isEmpty else { return [] }
    let selected = Set(changes.map(\.address))
    let leftOut = Dictionary(
        uniqueKeysWithValues: changeSet.changes.filter { !selected.contains($0.address) }.map { ($0.address, $0) })
    let byAddress = Dictionary(uniqueKeysWithValues: changes.map { ($0.address, $0) })
    let restarting = Set(changeSet.pendingRestarts.lazy.filter { $0.disruption == .restart }.map(\.address))
    // While a disk of theirs is made anew, guests are off.
    let replaced = Set(changes.lazy.filter { $0.isMadeAnew(policy) }.map(\.address))
    return changes.compactMap { change in
        guard change.action == .delete, change.record?.isProtected != true,
            let use = changeSet.liveUsers[change.address]
        else { return nil }
        let user = use.address
        // Who is left out of the plan and has it in its definition goes on with it, however often it is started.
        if byAddress[user] == nil, leftOut[user]?.record?.needs.contains(change.address) == true { return nil }
        // What it is to keep is not to be deleted at all.
        if changeSet.running[user]?.attributes.contains(where: {
            $0.value == .string("\(change.object.pool ?? "")/\(change.object.name)")
        }) == true {
            return nil
        }
        if policy.permits(.restart), restarting.contains(user) { return nil }
        if changeSet.running[user]?.needs.contains(where: replaced.contains) == true { return nil }
        if let userChange = byAddress[user], userChange.lets(go: use.disk, policy) { return nil }
        return Deferral(change.address, until: user, needsLeave: change.disruption == .deleteData)
    }
}

extension Change {
    /// Whether a volume is deleted and made again, and may be.
    fileprivate func isMadeAnew(_ policy: Policy) -> Bool {
        guard object.kind == .volume, action == .update || action == .replace, disruption >= .replace,
            record?.isProtected != true, desired?.isProtected != true
        else { return false }
        var replacement = self
        replacement.action = .replace
        return policy.permits(replacement.disruption)
    }

    /// Whether making this change to a running domain ends its use of the disk that it has now.
    fileprivate func lets(go disk: AttributePath, _ policy: Policy) -> Bool {
        if action == .delete || action == .replace { return true }
        if fields.contains(where: { $0.path.attribute == .power && $0.after == "Off" }) { return true }
        if policy.permits(.restart), fields.contains(where: { disruption(of: $0) == .restart }) { return true }
        return fields.contains { $0.path == disk && disruption(of: $0) == .live }
    }
}
