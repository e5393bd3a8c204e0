package import Model

/// The state of one run that may change it. It holds the lock for as long as it lives.
///
/// What it is told is on disk (`intend`) or at least with the system (`conclude`) when a call returns. A call that throws
/// has written nothing that counts; an outcome that could not be written stays in memory and goes with the next write.
package struct StateSession: ~Copyable {
    private let store: any StateStore
    private let writing: any StateWriting
    private var ledger: Ledger
    private var header: SnapshotHeader?
    private let found: JournalStatus
    /// Where the journal's next line goes.
    private var end: Int
    private var synced: Int
    /// What this session wrote, to journal and snapshots, and how long that took.
    package private(set) var written = (bytes: 0, time: Duration.zero)
    /// Outcomes that are still to be written.
    private var backlog: [UInt8] = []

    /// Takes the lock and reads what there is.
    /// - Parameter lineage: Of a state that does not exist yet; nil for a random one. One that exists has its own.
    package static func open(
        _ location: StateLocation, as holder: LockHolder, wait: Duration = .zero, lineage: ObjectID? = nil
    ) async throws(StateError) -> StateSession {
        try await open(FileStore(location), as: holder, wait: wait, lineage: lineage)
    }

    package static func open(
        _ store: some StateStore, as holder: LockHolder, wait: Duration = .zero, lineage: ObjectID? = nil
    ) async throws(StateError) -> StateSession {
        let writing = try await store.lock(as: holder, wait: wait)
        return StateSession(store, writing, try LoadedState(store, newLineage: lineage))
    }

    private init(_ store: any StateStore, _ writing: any StateWriting, _ loaded: LoadedState) {
        self.store = store
        self.writing = writing
        ledger = loaded.ledger
        header = loaded.header
        found = loaded.journal
        end = loaded.journalEnd
        synced = loaded.journalSynced
    }

    /// What is recorded now. Its lineage is there, even before the first snapshot.
    package var recorded: RecordedState { ledger.recorded }

    package var lineage: ObjectID { ledger.recorded.lineage ?? ObjectID(high: 0, low: 0) }

    /// Steps whose end is not known, in the order in which they were begun.
    package var openIntents: [OpenIntent] { ledger.openInOrder }

    /// Of the snapshot that was read or written last.
    package var snapshotHeader: SnapshotHeader? { header }

    package var journalFound: JournalStatus { found }

    /// Whether anything was recorded since the snapshot: if not, a fold would only raise the serial.
    package var needsFold: Bool { end > 0 || !backlog.isEmpty }

    /// Bytes that the journal has now.
    package var journalSize: Int { end }

    /// Records what needs no step: the hosts of this run, objects found to be as wanted, records whose object has gone.
    package mutating func note(
        hosts: [Address: String] = [:], put records: [Record] = [], remove addresses: [Address] = []
    ) throws(StateError) {
        var entries: [JournalEntry] = []
        if hosts.contains(where: { recorded.hosts[$0.key] != $0.value }) { entries.append(.hosts(hosts)) }
        if !entries.isEmpty { try write(entries, synchronized: false) }
        // Removed ones first: one of them may have had the name of one that comes.
        entries = addresses.filter { recorded.records[$0] != nil }.map { .noted($0, .remove) }
        if !entries.isEmpty { try write(entries, synchronized: false) }
        entries = records.map { .noted($0.address, .put($0)) }
        if !entries.isEmpty { try write(entries, synchronized: false) }
    }

    /// Announces steps; they may be begun when it returns, since all of it is on disk then. Their numbers in the journal
    /// are given in the steps' order.
    package mutating func intend(_ steps: some Collection<Step>) throws(StateError) -> Range<Int> {
        let first = ledger.nextID
        let entries = steps.enumerated().map { (index, step) in
            JournalEntry.intent(
                OpenIntent(
                    id: first + index, verb: step.operation.verb, address: step.operation.address,
                    object: step.operation.object, effect: step.effect))
        }
        if !entries.isEmpty { try write(entries, synchronized: true) }
        return first..<first + entries.count
    }

    /// Records how a step ended. It does not wait for the disk: should the outcome be lost with the power, the intent is
    /// on disk all the same, and the next run looks at the host and finds what the outcome would have said.
    package mutating func conclude(_ id: Int, _ outcome: StepOutcome) throws(StateError) {
        try write([.outcome(id, outcome)], synchronized: false)
    }

    /// Records what was found of open intents. Those on hosts that could not be read stay open.
    package mutating func resolve(_ recovery: Recovery) throws(StateError) {
        for resolution in recovery.resolutions {
            try write(
                [.resolved(resolution.id, resolution.finding, resolution.address, resolution.effect)],
                synchronized: false)
        }
    }

    /// Writes a new snapshot, with the next serial, in place of the old one and its journal. Intents that are still open
    /// are in it. Hosts that nothing is on any more are left out. Returns the serial.
    @discardableResult
    package mutating func fold(by author: StateAuthor, from source: StateSource) throws(StateError) -> Int {
        let start = ContinuousClock.now
        defer { written.time += .now - start }
        var recorded = ledger.recorded
        let intents = ledger.openInOrder
        var used = Set(recorded.records.values.lazy.map(\.object.host))
        for intent in intents {
            used.formUnion([intent.object.host, intent.effect.record?.object.host ?? intent.object.host])
        }
        recorded.hosts = recorded.hosts.filter { used.contains($0.key) }
        recorded.serial += 1
        let new = SnapshotHeader(
            lineage: lineage, serial: recorded.serial, author: author, source: source,
            recordCount: recorded.records.count, intentCount: intents.count)
        let snapshot = Snapshot(header: new, recorded: recorded, intents: intents)
        let next: Ledger
        do throws(Violation) { next = try Ledger(snapshot) } catch { throw error.refused }
        let bytes = SnapshotFormat.bytes(of: snapshot)
        try writing.replace(with: bytes, keeping: header?.serial)
        written.bytes += bytes.count
        ledger = next
        header = new
        (end, synced) = (0, 0)
        backlog = []
        return recorded.serial
    }

    private mutating func write(_ entries: [JournalEntry], synchronized: Bool) throws(StateError) {
        let begin = ContinuousClock.now
        defer { written.time += .now - begin }
        var bytes = backlog
        let start = bytes.count
        if end == 0, start == 0 {
            let header = JournalFormat.Header(lineage: lineage, serial: ledger.recorded.serial)
            JournalFormat.append(header.json, synced: 0, to: &bytes)
        }
        var announced: [Address: Record] = [:]
        for entry in entries {
            do throws(Violation) { try ledger.check(entry) } catch { throw error.refused }
            var writer = RecordWriter()
            writer.write(entry) { announced[$0] ?? ledger.base(of: $0) }
            if case .intent(let intent) = entry, let record = intent.effect.record {
                announced[intent.address] = record
            }
            JournalFormat.append(writer.json.bytes, synced: synced, to: &bytes)
        }
        var problem: StateError?
        do throws(StateError) {
            try writing.append(bytes, at: end, synchronized: synchronized)
            end += bytes.count
            written.bytes += bytes.count
            if synchronized { synced = end }
            backlog = []
        } catch {
            // What has not happened yet is not announced. What has happened is not forgotten.
            if synchronized { throw error }
            backlog = bytes
            problem = error
        }
        for entry in entries {
            do throws(Violation) { try ledger.accept(entry) } catch { throw error.refused }
        }
        if let problem { throw problem }
    }
}
