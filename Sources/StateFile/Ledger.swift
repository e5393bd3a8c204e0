import Model

/// The state in memory, while the journal grows: what is recorded, which intents are open, and what the journal's reader
/// knows. The writer and the reader of a journal put the same entries through it, so that they agree.
///
/// Invariants, checked when a snapshot is read and before any entry is accepted:
///  1. Each address has one record, and the record says the same address.
///  2. No two records are of the same object: kind, host, pool and name.
///  3. No two records have the same UUID on one host.
///  4. The host of every record is known by its URI.
///  5. A volume has a pool and no UUID; nothing else has a pool, and only a volume can be partial.
///  6. No record needs itself. (What it needs is another record, or has gone: an object deleted by hand.)
///  7. An intent's id is its own, and an outcome ends an intent that is open.
struct Ledger {
    private(set) var recorded: RecordedState
    private(set) var open: [Int: OpenIntent] = [:]
    /// Above every id that there was.
    private(set) var nextID = 1
    private var byObject: [ObjectReference: Address] = [:]
    private var byID: [HostedID: Address] = [:]
    /// The records that intents of this journal carry: those that come after tell their difference to them.
    private var announced: [Address: Record] = [:]

    init(_ snapshot: Snapshot) throws(Violation) {
        recorded = snapshot.recorded
        byObject.reserveCapacity(recorded.records.count)
        byID.reserveCapacity(recorded.records.count)
        for (address, record) in recorded.records {
            try check(record, at: address)
            enter(record)
        }
        for intent in snapshot.intents { try accept(.intent(intent)) }
        announced = [:]
    }

    /// An empty state.
    init(lineage: ObjectID) { recorded = RecordedState(lineage: lineage) }

    /// The record that a difference is told to.
    func base(of address: Address) -> Record? { announced[address] ?? recorded.records[address] }

    /// Refuses what would break an invariant.
    func check(_ entry: JournalEntry) throws(Violation) {
        switch entry {
        case .intent(let intent):
            guard open[intent.id] == nil, intent.id > 0, intent.id < Int.max else {
                throw Violation(7, intent.address, "the step \(intent.id) was begun twice")
            }
            try check(intent.effect, of: intent.address)
        case .outcome(let id, let outcome):
            guard let intent = open[id] else { throw Violation(7, nil, "the step \(id) ended and had not begun") }
            if outcome == .done { try check(intent.effect, of: intent.address) }
        case .resolved(let id, _, let address, let effect):
            guard open[id] != nil else { throw Violation(7, address, "the step \(id) was resolved and had not begun") }
            try check(effect, of: address)
        case .noted(let address, let effect): try check(effect, of: address)
        case .hosts: break
        }
    }

    /// Checks an entry and takes it in; one that is refused changes nothing.
    mutating func accept(_ entry: JournalEntry) throws(Violation) {
        try check(entry)
        switch entry {
        case .intent(let intent):
            if let record = intent.effect.record { announced[intent.address] = record }
            open[intent.id] = intent
            nextID = max(nextID, intent.id + 1)
        case .outcome(let id, .done):
            if let intent = open.removeValue(forKey: id) { apply(intent.effect, to: intent.address) }
        case .outcome(let id, .failed), .outcome(let id, .withdrawn): open[id] = nil
        case .outcome(_, .unclear): break
        case .resolved(let id, let finding, let address, let effect):
            apply(effect, to: address)
            if finding != .unknown { open[id] = nil }
        case .noted(let address, let effect): apply(effect, to: address)
        case .hosts(let hosts): recorded.hosts.merge(hosts) { $1 }
        }
    }

    private mutating func apply(_ effect: RecordEffect, to address: Address) {
        switch effect {
        case .none: break
        case .put(let record):
            leave(address)
            recorded.records[address] = record
            enter(record)
        case .remove:
            leave(address)
            recorded.records[address] = nil
        }
    }

    private func check(_ effect: RecordEffect, of address: Address) throws(Violation) {
        if let record = effect.record { try check(record, at: address) }
    }

    private func check(_ record: Record, at address: Address) throws(Violation) {
        let object = record.object
        guard record.address == address else {
            throw Violation(1, address, "its record is of \(record.address)")
        }
        if let other = byObject[object.withoutID], other != address {
            throw Violation(2, address, "its object \(object.kind.rawValue) '\(object.name)' is also that of \(other)")
        }
        if let id = object.id, let other = byID[HostedID(host: object.host, id: id)], other != address {
            throw Violation(3, address, "its UUID \(id) is also that of \(other)")
        }
        guard recorded.hosts[object.host] != nil else {
            throw Violation(4, address, "its host \(object.host) has no connection URI")
        }
        let isVolume = object.kind == .volume
        guard isVolume == (object.pool != nil), !isVolume || object.id == nil, isVolume || !record.isPartial else {
            throw Violation(5, address, "its object is a mixture of a volume and something else")
        }
        guard !record.needs.contains(address) else { throw Violation(6, address, "it needs itself") }
    }

    private mutating func enter(_ record: Record) {
        byObject[record.object.withoutID] = record.address
        if let id = record.object.id { byID[HostedID(host: record.object.host, id: id)] = record.address }
    }

    private mutating func leave(_ address: Address) {
        guard let object = recorded.records[address]?.object else { return }
        byObject[object.withoutID] = nil
        if let id = object.id { byID[HostedID(host: object.host, id: id)] = nil }
    }
}

/// Two hosts may each have an object of the same UUID; one host may not.
private struct HostedID: Hashable {
    let host: Address
    let id: ObjectID
}

extension ObjectReference {
    fileprivate var withoutID: ObjectReference { ObjectReference(kind, host: host, name: name, pool: pool) }
}

/// An invariant that would not hold.
struct Violation: Error {
    let number: Int
    let text: String

    init(_ number: Int, _ address: Address?, _ text: String) {
        self.number = number
        self.text = address.map { "\($0): \(text)" } ?? text
    }

    /// As an error in a file that was read.
    func inFile(_ path: String) -> StateError {
        .damaged(path, "it breaks invariant \(number) of a state. \(text)", code: .invariant)
    }

    /// As an error in a change that was to be made.
    var refused: StateError {
        StateError(
            .invariant,
            "A change would have broken invariant \(number) of a state and was not begun. \(text). What was recorded "
                + "before is intact. Two manifests of one object, or a state that was edited, can lead to this.",
            command: "rigaud state verify")
    }
}
