import Model

/// All that a run has to say of one object.
struct Finding {
    /// What it comes down to, in the order in which people want to see it.
    enum Verdict: String, CaseIterable {
        /// A step of an apply failed, or waited for one that did.
        case failed, skipped
        /// Its name is taken, so that nothing can be planned for it.
        case conflict
        case unknown, drift, pending
        case pendingRestart = "pending-restart"
        /// To be deleted once nothing runs with it.
        case deferred
        case suspended
        /// Changed by this run, as it was wanted.
        case done
        case unchanged
    }

    let object: StackObject
    var planned: PlannedChange?
    /// Drift that is not to be healed.
    var left: PlannedChange?
    var pending: PendingRestart?
    var deferral: Deferral?
    var isUnknown = false
    var isInConflict = false
    var suspension: Suspension?
    var failure: HostError?
    /// Nil where the run was no apply.
    var isApplied: Bool?
    /// Too few runs have seen its drift for it to count.
    var isUnsettled = false
    /// The whole stack was to go, whatever its manifests say.
    var isDestroyed = false

    var address: Address { object.address }

    var verdict: Verdict {
        if failure != nil { return .failed }
        if suspension != nil { return .suspended }
        if isInConflict { return .conflict }
        if isUnknown { return .unknown }
        if left != nil { return .drift }
        if let planned, planned.refusal != nil || isApplied != true {
            if isApplied == false && planned.refusal == nil { return .skipped }
            return planned.change.cause == .config ? .pending : .drift
        }
        if pending != nil || planned?.leavesPendingRestart == true { return .pendingRestart }
        if deferral != nil { return .deferred }
        return planned == nil ? .unchanged : .done
    }

    var disruption: Disruption { planned?.disruption ?? pending?.disruption ?? .none }

    /// What is remarkable about it, in a few words; empty where nothing is.
    var note: String {
        if let failure { return failure.summary }
        if let suspension {
            return suspension.words
        }
        if isInConflict { return "its name is taken on its host" }
        if isUnknown { return "its host or pool cannot be read" }
        if let planned { return planned.note(isDestroyed: isDestroyed) }
        if let pending {
            return pending.disruption == .restart
                ? "waits for a restart since an earlier change" : "seen when it is next started"
        }
        return deferral?.words ?? ""
    }
}

extension PlannedChange {
    /// What is left of an object with what is healed of it.
    fileprivate func together(with healed: PlannedChange) -> PlannedChange {
        let fields = Array(zip(change.fields, fieldDisruptions)) + zip(healed.change.fields, healed.fieldDisruptions)
        let sorted = fields.sorted { $0.0.path < $1.0.path }
        var whole = change
        whole.fields = sorted.map(\.0)
        return PlannedChange(
            whole, fieldDisruptions: sorted.map(\.1), disruption: max(disruption, healed.disruption),
            refusal: refusal, dependsOn: healed.dependsOn)
    }

    fileprivate func note(isDestroyed: Bool) -> String {
        var parts: [String] = []
        switch refusal {
        case .needsLeave(let disruption): parts.append("refused: --allow \(disruption.rawValue)")
        case .protected: parts.append("refused: it is protected (rigaud.io/protect)")
        case .waitsFor(let address): parts.append("refused: waits for \(address), which is")
        case .usedBy(let address): parts.append("refused: \(address) uses it")
        case .hasGuests: parts.append("refused: \(Refusal.guestsWords)")
        case .grown: parts.append("refused: \(Refusal.grownWords)")
        case .suspended(let suspension): parts.append(suspension.words)
        case .notHealed(let heal): parts.append("left by --heal \(heal.rawValue)")
        case nil: break
        }
        switch (change.action, change.cause) {
        case (.create, .drift): parts.append("gone from the host")
        case (.delete, .config): if !isDestroyed { parts.append("gone from the manifests") }
        case (_, .drift), (_, .both): parts.append("changed on the host")
        case (_, .config): break
        }
        if leavesPendingRestart { parts.append("waits for a restart") }
        return parts.joined(separator: "; ")
    }

    /// Why no step does it, in the words of the contract.
    var refusalText: String? {
        switch refusal {
        case nil: nil
        case .needsLeave(let disruption): "needs --allow \(disruption.rawValue)"
        case .protected: "protected"
        case .waitsFor(let address): "waits for \(address.text)"
        case .usedBy(let address): "used by \(address.text)"
        case .hasGuests: Refusal.guestsWords
        case .grown: Refusal.grownWords
        case .suspended(let suspension): suspension.words
        case .notHealed(let heal): "not healed by --heal \(heal.rawValue)"
        }
    }
}

extension RunReport {
    /// One for each object of the stack and of the plan, in the order of addresses.
    var findings: [Finding] {
        var found: [Address: Finding] = [:]
        found.reserveCapacity(objects.count)
        for object in objects { found[object.address] = Finding(object: object) }
        guard let plan else { return found.values.sorted { $0.address < $1.address } }
        for planned in plan.changes {
            let change = planned.change
            let object = found[change.address]?.object ?? StackObject(of: change)
            found[change.address, default: Finding(object: object)].planned = planned
        }
        for left in plan.left {
            let address = left.change.address
            var finding = found[address] ?? Finding(object: StackObject(of: left.change))
            finding.left = left
            finding.planned = finding.planned.map { left.together(with: $0) } ?? left
            found[address] = finding
        }
        for pending in plan.pendingRestarts {
            let object = StackObject(pending.address, pending.object.kind, host: pending.object.host)
            found[pending.address, default: Finding(object: object)].pending = pending
        }
        for deferral in plan.deferred {
            let host = found[deferral.until]?.object.host ?? RunReport.nowhere
            let object = StackObject(deferral.address, .volume, host: host)
            found[deferral.address, default: Finding(object: object)].deferral = deferral
        }
        for address in plan.conflicts {
            let object = StackObject(address, StackObject.kind(of: address), host: RunReport.nowhere)
            found[address, default: Finding(object: object)].isInConflict = true
        }
        for address in plan.unknown {
            let object = StackObject(address, StackObject.kind(of: address), host: RunReport.nowhere)
            found[address, default: Finding(object: object)].isUnknown = true
        }
        if let apply { add(apply, to: &found) }
        if verb == "destroy" {
            for address in found.keys { found[address]?.isDestroyed = true }
        }
        if let settled {
            for address in found.keys where !settled.contains(address) { found[address]?.isUnsettled = true }
        }
        if !suspended.isEmpty {
            for (address, finding) in found {
                found[address]?.suspension = suspended.first { $0.covers(address, on: finding.object.host) }
            }
        }
        return found.values.sorted { $0.address < $1.address }
    }

    /// The host of what is on none that is known.
    static let nowhere = Address(kind: "Provider", name: "unknown")

    private func add(_ apply: ApplyOutcome, to found: inout [Address: Finding]) {
        for address in found.keys where found[address]?.planned != nil { found[address]?.isApplied = true }
        for result in apply.steps {
            let address = result.step.operation.address
            switch result.end {
            case .done: break
            case .failed(let error): found[address]?.failure = error
            case .skipped, .remaining: found[address]?.isApplied = false
            }
        }
    }
}

extension StackObject {
    init(of change: Change) {
        self.init(
            change.address, change.object.kind, host: change.object.host,
            needs: change.desired?.needs ?? change.record?.needs ?? [])
    }

    /// What an object of an address most likely is, where nothing else is known of it.
    static func kind(of address: Address) -> ResourceKind {
        if address.isPart { return .volume }
        switch address.kind {
        case "Network", "VMNetworkAttachment": return .network
        case "Pool", "StoragePool": return .pool
        case "VMImage", "Volume": return .volume
        default: return .domain
        }
    }
}

extension Address {
    /// As people read it, harmless and on one line.
    var words: String { description.oneLine }

    /// The name of a host, with its namespace where it is not the default one.
    var hostName: String { (namespace == Address.defaultNamespace ? String(name) : "\(namespace)/\(name)").oneLine }
}
