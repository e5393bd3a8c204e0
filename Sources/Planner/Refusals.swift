import Model

/// Finds what will not be done, and why: what the policy does not permit, what something that stays still uses, and what
/// would be made of something that is not there. Linear in changes, resources and their needs.
struct Refusals {
    private(set) var found: [Address: Refusal] = [:]
    private let selected: [Address: Change]
    /// Changes that were left out of the plan, and objects that could not be read.
    private let leftOut: [Address: Change]
    private let unknown: Set<Address>
    private let users: [Address: [Address]]
    private let namesakes: Namesakes
    /// Refused, and what follows from it not yet found.
    private var open: [Address] = []

    init(
        of changes: [Change], losing lost: [Address], from changeSet: ChangeSet, _ desired: DesiredState,
        _ recorded: RecordedState,
        _ policy: Policy, _ exceptions: Exceptions
    ) {
        let selected = Dictionary(uniqueKeysWithValues: changes.map { ($0.address, $0) })
        self.selected = selected
        leftOut = Dictionary(
            uniqueKeysWithValues: changeSet.changes.filter { selected[$0.address] == nil }.map { ($0.address, $0) })
        unknown = Set(changeSet.unknown)
        var users: [Address: [Address]] = [:]
        for change in changes {
            for need in change.desired?.needs ?? [] { users[need, default: []].append(change.address) }
        }
        self.users = users
        namesakes = Namesakes(among: changes)
        for change in changes {
            if let suspension = exceptions.suspension(of: change.address, on: change.object.host) {
                refuse(change.address, .suspended(suspension))
            }
        }
        keepRunning(changeSet, policy, exceptions)
        // What no leave would permit comes first.
        keepWhatIsUsed(desired, recorded)
        if !policy.permits(.restart) { keepNetworks(changeSet) }
        for change in changes where changeSet.otherGuests.contains(change.address) && change.isTornDown {
            refuse(change.address, .hasGuests)
        }
        keepStrayedDisks(changeSet.strayedDisks)
        for change in changes { judge(change, policy, recorded) }
        for change in changes where found[change.address] != nil { keepSeed(of: change) }
        if !policy.permits(.deleteData) { for address in lost { refuse(address, .needsLeave(.deleteData)) } }
        let absent = leftOut.values.filter(\.isMissing).map(\.address) + changeSet.unknown
        for address in absent.sorted() { withholdUsers(of: address, at: desired) }
        while let address = open.popLast() { follow(address, desired) }
    }

    private mutating func refuse(_ address: Address, _ refusal: Refusal) {
        guard found[address] == nil else { return }
        found[address] = refusal
        open.append(address)
    }

    private mutating func judge(_ change: Change, _ policy: Policy, _ recorded: RecordedState) {
        let disruption = change.disruption
        guard disruption >= .replace else { return }
        if change.isGrownByHand {
            refuse(change.address, .grown)
        } else if change.desired?.isProtected == true || change.record.map({ isProtected($0, recorded) }) == true {
            refuse(change.address, .protected)
        } else if !policy.permits(disruption) {
            refuse(change.address, .needsLeave(disruption))
        }
    }

    /// A disk that left its machine is protected as long as that is: it has no annotation of its own that could be taken off.
    private func isProtected(_ record: Record, _ recorded: RecordedState) -> Bool {
        guard record.isProtected, record.address.isPart else { return record.isProtected }
        return recorded.records[record.address.owner]?.isProtected ?? true
    }

    /// A machine whose disk is to be made anew for the sake of its seed keeps the former seed as long as the disk stays: the
    /// new one on the old disk is what its policy does not want.
    private mutating func keepSeed(of change: Change) {
        guard change.action == .replace, change.fields.contains(where: { $0.path.attribute == .seed }),
            let machine = selected[change.address.owner],
            machine.fields.contains(where: { $0.path == AttributePath(.diskSource, Seed.drive) })
        else { return }
        refuse(machine.address, .waitsFor(change.address))
        for seed in machine.desired?.needs.filter(\.isOfSeed) ?? [] where selected[seed]?.action == .create {
            refuse(seed, .waitsFor(change.address))
        }
    }

    /// What would turn a suspended machine off for a while is not done: a disk or a network of it that is made anew.
    private mutating func keepRunning(_ changeSet: ChangeSet, _ policy: Policy, _ exceptions: Exceptions) {
        if exceptions.suspended.isEmpty { return }
        for (address, record) in changeSet.running.merging(changeSet.saved, uniquingKeysWith: { $1 }).sorted(by: {
            $0.key < $1.key
        }) {
            guard exceptions.suspension(of: address, on: record.object.host) != nil else { continue }
            for need in record.needs {
                guard let change = selected[need], change.interruptsUsers(policy),
                    change.action != .update || !changeSet.otherGuests.contains(need)
                else { continue }
                refuse(need, .usedBy(address))
            }
        }
    }

    /// A pool that goes takes all knowledge of its volumes along, a network cuts its guests off: neither goes before its
    /// users, wherever these are left out of the plan or still name it.
    private mutating func keepWhatIsUsed(_ desired: DesiredState, _ recorded: RecordedState) {
        let torn = selected.filter { $0.value.isTornDown }
        if torn.isEmpty { return }
        let deleted = torn.values.compactMap { change -> (Place, Address)? in
            // What is made anew under another name is gone from under this one.
            guard let former = change.record?.object ?? (change.action == .delete ? change.object : nil),
                change.action == .delete || Place(former) != Place(change.object)
            else { return nil }
            return (Place(former), change.address)
        }
        let places = Dictionary(deleted, uniquingKeysWith: { first, _ in first })
        let gone = Set(torn.values.lazy.filter { $0.action == .delete }.map(\.address))
        for resource in desired.resources {
            for place in resource.places {
                if let address = places[place] { refuse(address, .usedBy(resource.address)) }
            }
            // Somebody's disk by its path.
            for need in resource.needs where gone.contains(need) { refuse(need, .usedBy(resource.address)) }
            keepBase(of: resource)
        }
        for record in recorded.records.values.sorted(by: { $0.address < $1.address }) {
            for need in record.needs {
                if let change = torn[need], keeps(record.address, change) { refuse(need, .usedBy(record.address)) }
            }
        }
    }

    /// A guest that is to leave a network and does so at its restart alone is on it until then.
    private mutating func keepNetworks(_ changeSet: ChangeSet) {
        let deleted = selected.values.filter { $0.action == .delete && $0.object.kind == .network }
        if deleted.isEmpty { return }
        let networks = Dictionary(
            deleted.map { (Place($0.record?.object ?? $0.object), $0.address) }, uniquingKeysWith: { first, _ in first }
        )
        func keep(_ field: FieldChange, of user: Address, on host: Address) -> (Address, Address)? {
            Place(field.before, of: field.path.attribute, on: host).flatMap { networks[$0] }.map { ($0, user) }
        }
        var kept: [(Address, Address)] = []
        for change in selected.values where change.isRunning && change.action == .update {
            kept += change.fields.compactMap { field in
                change.disruption(of: field) == .restart ? keep(field, of: change.address, on: change.object.host) : nil
            }
        }
        for pending in changeSet.pendingRestarts {
            kept += pending.fields.compactMap { keep($0, of: pending.address, on: pending.object.host) }
        }
        for (network, user) in kept.sorted(by: { $0 < $1 }) { refuse(network, .usedBy(user)) }
    }

    /// A volume does not grow before its machine has it as its disk again.
    private mutating func keepStrayedDisks(_ strayed: [Address: Address]) {
        for (volume, machine) in strayed.sorted(by: { $0.key < $1.key }) where selected[volume]?.action == .update {
            refuse(volume, .waitsFor(machine))
        }
    }

    /// What is made anew in its place has other blocks than those that an overlay is the difference to.
    private mutating func keepBase(of resource: Resource) {
        guard resource.attributes[.backing] != nil else { return }
        switch selected[resource.address]?.action {
        case .create, .replace: return
        case .update, .delete, .adopt, .forget, nil: break
        }
        for need in resource.needs {
            guard let base = selected[need], base.action == .replace, base.object.kind == .volume else { continue }
            refuse(need, .usedBy(resource.address))
        }
    }

    private func keeps(_ user: Address, _ torn: Change) -> Bool {
        // Its volumes are where it is put back to.
        if torn.isPutBack { return false }
        // Its machines are off meanwhile; what lies on it is looked at by itself.
        if torn.action == .replace, torn.object.kind == .volume { return false }
        return switch selected[user]?.action {
        case .create, .replace, .delete, .forget, .adopt: false
        case .update: torn.action == .replace && torn.object.kind == .pool
        case nil:
            torn.action == .replace && torn.object.kind == .pool || unknown.contains(user)
                || leftOut[user].map { $0.action != .forget } ?? false
        }
    }

    /// What follows from a refusal: it stays as it is, with all that it uses, and what it should have made is not there.
    private mutating func follow(_ address: Address, _ desired: DesiredState) {
        guard let change = selected[address] else { return }
        for need in change.record?.needs ?? [] {
            let needed = selected[need]?.action
            guard needed == .delete || needed == .replace && change.action == .delete else { continue }
            refuse(need, .waitsFor(address))
        }
        if change.isMissing { withholdUsers(of: address, at: desired) }
        if change.action == .delete { withholdNamesakes(of: change) }
    }

    /// A machine that has the address of one that stays would disturb it.
    private mutating func withholdNamesakes(of change: Change) {
        for address in namesakes.of(change) { refuse(address, .waitsFor(change.address)) }
    }

    private mutating func withholdUsers(of address: Address, at desired: DesiredState) {
        for user in users[address] ?? [] {
            guard let change = selected[user] else { continue }
            let wanted = (selected[address] ?? leftOut[address])?.desired ?? desired.resource(address)
            let isNeeded =
                change.action != .update || change.isStarted
                || wanted.map { change.refers(to: Place($0.object)) } ?? false
            if isNeeded { refuse(user, .waitsFor(address)) }
        }
    }
}

extension Change {
    /// Whether a disk would be made anew for nothing but that somebody made it larger.
    fileprivate var isGrownByHand: Bool {
        guard object.kind == .volume, record?.isPartial != true else { return false }
        let costly = fields.filter { field in
            switch field.path.attribute.row.cost {
            case .growOnly, .replace: true
            default: false
            }
        }
        return costly.allSatisfy { field in
            field.path.attribute == .capacity && field.cause != .config
                && (field.before.number ?? 0) > (field.after.number ?? 0)
        } && !costly.isEmpty
    }

    /// Whether it is a pool that somebody pointed elsewhere, and that is made again where it was.
    fileprivate var isPutBack: Bool {
        object.kind == .pool && action == .replace
            && fields.allSatisfy { field in
                guard case .replace = field.path.attribute.row.cost else { return true }
                return field.cause == .drift
            }
    }

    /// Whether the machines that use it are off meanwhile.
    fileprivate func interruptsUsers(_ policy: Policy) -> Bool {
        if action == .replace || isStillUsed { return true }
        return object.kind == .network && action == .update && disruption == .restart && policy.permits(.restart)
    }

    /// Whether others lose something by it.
    fileprivate var isTornDown: Bool {
        action == .delete && object.kind != .domain || action == .replace && object.kind != .domain
    }

    /// Whether what is wanted is not there until this is done.
    fileprivate var isMissing: Bool {
        switch action {
        case .create: true
        case .replace: record.map { Place($0.object) } != desired.map { Place($0.object) }
        case .update, .delete, .adopt, .forget: false
        }
    }

    /// Whether a domain that is off is turned on.
    fileprivate var isStarted: Bool {
        !isRunning && fields.contains { $0.path.attribute == .power && $0.after == "On" }
    }

    fileprivate func refers(to place: Place) -> Bool {
        fields.contains { Place($0.after, of: $0.path.attribute, on: object.host) == place }
    }
}
