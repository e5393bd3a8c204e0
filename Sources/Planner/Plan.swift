package import Model

/// Turns changes into ordered steps under a policy. Pure, and linear in changes and their dependencies.
package func plan(
    _ changeSet: ChangeSet, desired: DesiredState, recorded: RecordedState, hosts: [HostStatus], policy: Policy
) -> Plan {
    var changeSet = changeSet
    let exceptions = Exceptions(desired, recorded, policy)
    let ignored = exceptions.hide(in: &changeSet)
    var plan = Plan(
        stack: desired.stack.name, lineage: recorded.lineage, serial: recorded.serial, digest: desired.digest,
        hosts: hosts, pendingRestarts: changeSet.pendingRestarts, unrecorded: changeSet.unrecorded,
        unchanged: changeSet.unchanged, unknown: changeSet.unknown, diagnostics: changeSet.diagnostics)
    exceptions.note(ignored, in: &plan)
    var selection = select(from: changeSet, policy: policy)
    plan.leftOut = changeSet.changes.count - selection.count
    if let heal = policy.heal {
        plan.unrecorded = []
        plan.left = keep(heal, of: &selection, exceptions)
    }
    plan.keepers = desired.keepers
    plan.hidden = changeSet.hidden
    plan.conflicts = changeSet.taken.map(\.address).sorted()
    plan.deferred = deferrals(among: selection, changeSet, policy)
    let isDeferred = Set(plan.deferred.map(\.address))
    selection.removeAll { isDeferred.contains($0.address) }
    let mayRestart = { (address: Address) in policy.permits(.restart) && !changeSet.otherGuests.contains(address) }
    for index in selection.indices { selection[index].restartsUnfinished = mayRestart(selection[index].address) }
    let fieldDisruptions = selection.map { change in change.fields.map(change.disruption(of:)) }
    for index in selection.indices where selection[index].disruption == .replace { selection[index].action = .replace }
    let lost = lostImages(among: selection, desired, recorded)
    plan.diagnostics += lost.map(Diagnostic.imageLost)
    plan.diagnostics += selection.filter(\.isStillUsed).map(Diagnostic.diskGone)
    plan.diagnostics += selection.flatMap { change in
        change.fields.filter(change.isElsewhere).map { Diagnostic.diskElsewhere($0, of: change) }
    }
    let refusals = Refusals(of: selection, losing: lost, from: changeSet, desired, recorded, policy, exceptions).found
    let planned = zip(selection, fieldDisruptions).map { change, fieldDisruptions in
        let (refusal, disruption) = (refusals[change.address], change.disruption)
        return PlannedChange(
            change, fieldDisruptions: fieldDisruptions, disruption: disruption, refusal: refusal,
            leavesPendingRestart: refusal == nil && disruption == .restart && !mayRestart(change.address))
    }
    plan.diagnostics += changeSet.networksInUse(among: planned, policy).map(Diagnostic.networkInUse)
    let bases = basesThatStay(planned, recorded)
    plan.forgotten = planned.filter { planned in
        planned.change.action == .forget && planned.refusal == nil && !bases.contains(planned.change.address)
    }.map(\.change.address)
    plan.changes = planned.filter { $0.change.action != .forget }
    let restarts = changeSet.pendingRestarts.filter {
        $0.disruption == .restart && mayRestart($0.address) && policy.covers($0.address)
            && exceptions.suspension(of: $0.address, on: $0.object.host) == nil
    }
    let dropped = plan.dropSavedStates(changeSet.saved)
    var graph = StepGraph(changeSet: changeSet, recorded: recorded, lineage: recorded.lineage)
    let made = plan.changes.filter { $0.refusal == nil }.map(\.change)
    for change in made { graph.add(change, restart: mayRestart(change.address)) }
    graph.keepApart(made)
    for restart in restarts { graph.restart(restart) }
    graph.dropSavedStates(of: dropped)
    graph.reconnectGuests()
    plan.changes = withDependencies(plan.changes)
    note(graph.paused, in: &plan, of: changeSet)
    note(graph.reconnected, in: &plan, of: changeSet)
    if !restarts.isEmpty {
        let restarted = Set(restarts.map(\.address))
        let changed = Set(plan.changes.map(\.change.address))
        plan.pendingRestarts.removeAll { restarted.contains($0.address) }
        let others = restarts.filter { !changed.contains($0.address) }
        plan.changes += others.map(PlannedChange.init(restarting:))
        plan.unchanged -= others.count
        plan.changes.sort { $0.change.address < $1.change.address }
    }
    graph.leaveOutLiveChanges()
    graph.recordStops()
    switch graph.steps() {
    case .success(let steps): plan.steps = steps
    case .failure(let cycle): plan.diagnostics.append(cycle.diagnostic)
    }
    return plan
}

/// The changes that the policy is about: those targeted, what they need in order to be made, and none excluded.
private func select(from changeSet: ChangeSet, policy: Policy) -> [Change] {
    if policy.targets.isEmpty && policy.excludes.isEmpty { return changeSet.changes }
    let byAddress = Dictionary(uniqueKeysWithValues: changeSet.changes.map { ($0.address, $0) })
    var selected: Set<Address> = []
    var open = changeSet.changes.filter { policy.covers($0.address) }.map(\.address)
    while let address = open.popLast() {
        guard let change = byAddress[address], selected.insert(address).inserted else { continue }
        for need in change.desired?.needs ?? [] where byAddress[need] != nil { open.append(need) }
    }
    return changeSet.changes.filter { change in
        selected.contains(change.address) && !policy.excludes.contains(where: change.address.isWithin)
    }
}

/// A domain that is off while something that it uses is away is restarted, and has everything that was pending.
private func note(_ paused: Set<Address>, in plan: inout Plan, of changeSet: ChangeSet) {
    if paused.isEmpty { return }
    for (index, planned) in plan.changes.enumerated() where paused.contains(planned.change.address) {
        plan.changes[index].leavesPendingRestart = false
        plan.changes[index].disruption = max(planned.disruption, .restart)
    }
    let changed = Set(plan.changes.map(\.change.address))
    plan.pendingRestarts.removeAll { paused.contains($0.address) }
    for address in paused.subtracting(changed) {
        guard let record = changeSet.running[address] else { continue }
        plan.unchanged -= 1
        let fields = changeSet.pendingRestarts.first { $0.address == address }?.fields ?? []
        plan.changes.append(
            PlannedChange(restarting: PendingRestart(address, object: record.object, fields: fields)))
    }
    plan.changes.sort { $0.change.address < $1.change.address }
}

/// A domain whose network is made anew is connected to it again, with what changes in it anyway.
private func note(_ reconnected: [Address: [FieldChange]], in plan: inout Plan, of changeSet: ChangeSet) {
    for (address, fields) in reconnected {
        if let index = plan.changes.firstIndex(where: { $0.change.address == address }) {
            let planned = plan.changes[index]
            let told = Set(planned.change.fields.map(\.path))
            let more = fields.filter { !told.contains($0.path) }
            var change = planned.change
            change.fields += more
            plan.changes[index] = PlannedChange(
                change, fieldDisruptions: planned.fieldDisruptions + more.map { _ in .live },
                disruption: max(planned.disruption, .live), refusal: planned.refusal,
                leavesPendingRestart: planned.leavesPendingRestart, dependsOn: planned.dependsOn)
        } else if let record = changeSet.running[address] {
            plan.unchanged -= 1
            let change = Change(
                .update, address, object: record.object, cause: .config, fields: fields, isRunning: true)
            plan.changes.append(
                PlannedChange(change, fieldDisruptions: fields.map { _ in .live }, disruption: .live))
        }
    }
    plan.changes.sort { $0.change.address < $1.change.address }
}

/// Fills in, for each change, the changes made before it.
private func withDependencies(_ changes: [PlannedChange]) -> [PlannedChange] {
    let actions = Dictionary(uniqueKeysWithValues: changes.map { ($0.change.address, $0.change.action) })
    var before: [Address: Set<Address>] = [:]
    for planned in changes {
        let change = planned.change
        for need in change.desired?.needs ?? [] where actions[need] != nil && actions[need] != .delete {
            before[change.address, default: []].insert(need)
        }
        for need in change.record?.needs ?? [] where actions[need] == .delete {
            before[need, default: []].insert(change.address)
        }
    }
    return changes.map { planned in
        PlannedChange(
            planned.change, fieldDisruptions: planned.fieldDisruptions, disruption: planned.disruption,
            refusal: planned.refusal, leavesPendingRestart: planned.leavesPendingRestart,
            dependsOn: (before[planned.change.address] ?? []).sorted())
    }
}

extension Diagnostic {
    fileprivate static func diskGone(_ change: Change) -> Diagnostic {
        Diagnostic(
            .warning, "disk-gone", "A disk is gone from its host, and its guest goes on with it",
            """
            The file of \(change.address) was deleted or renamed while its guest ran, or was saved. A running guest still reads and writes what \
            has no name any more, and all of it is lost when the guest stops. Put a renamed file back under its name; save what a running guest \
            has by copying it from inside, or onto another file with `virsh blockcopy`. With `--allow delete-data` the guest is \
            stopped, and started with an empty disk.
            """, address: change.address)
    }

    fileprivate static func diskElsewhere(_ field: FieldChange, of change: Change) -> Diagnostic {
        Diagnostic(
            .warning, "disk-elsewhere", "A disk lies on another volume than it was put on",
            """
            The disk `\(field.path.item)` of \(change.address) was put onto `\(field.before.text ?? "")` on its host, by a snapshot or a copy \
            for instance. Nothing is done about it: the guest has written there since, and putting `\(field.after.text ?? "")` back would \
            lose that. Bring both together by hand (`virsh blockcommit --active --pivot` after a snapshot), or permit it with \
            `--allow delete-data`.
            """, address: change.address)
    }
}

extension PlannedChange {
    /// A restart and nothing else: the definition has been changed before.
    fileprivate init(restarting pending: PendingRestart) {
        let change = Change(
            .update, pending.address, object: pending.object, cause: .config, fields: pending.fields, isRunning: true)
        self.init(
            change, fieldDisruptions: pending.fields.map { _ in .restart }, disruption: .restart)
    }
}
