package import Model

/// The state as it is on disk, for those who only look: nothing is locked and nothing is created.
package struct StateView: Sendable {
    /// With what the journal has to add.
    package let recorded: RecordedState
    /// Steps whose end is not known, in the order in which they were begun.
    package let intents: [OpenIntent]
    /// Of the snapshot; nil before there is one.
    package let header: SnapshotHeader?
    package let journal: JournalStatus
}

/// What a journal was found to be. One that is damaged is an error instead.
package enum JournalStatus: Hashable, Sendable {
    case absent
    /// Everything in it is in the snapshot already: a run ended between writing that and taking this away.
    case folded
    case whole(entries: Int)
    /// Its last bytes are not whole lines, from `offset` on: what was being written when a run was ended.
    case torn(entries: Int, offset: Int)
}

package func readState(_ location: StateLocation) throws(StateError) -> StateView {
    try readState(FileStore(location))
}

package func readState(_ store: some StateStore) throws(StateError) -> StateView {
    let loaded = try LoadedState(store)
    return StateView(
        recorded: loaded.isNew ? RecordedState() : loaded.ledger.recorded, intents: loaded.ledger.openInOrder,
        header: loaded.header, journal: loaded.journal)
}

/// A snapshot with its journal played back onto it.
struct LoadedState {
    var ledger: Ledger
    let header: SnapshotHeader?
    let journal: JournalStatus
    /// Where the journal's next line goes.
    let journalEnd: Int
    /// The bytes of the journal that are known to be on disk.
    let journalSynced: Int
    /// There is nothing yet; the lineage is a new one.
    let isNew: Bool

    init(_ store: some StateStore, newLineage: ObjectID? = nil) throws(StateError) {
        let stored = try store.read()
        if stored.snapshot == nil, stored.journal == nil, stored.hasHistory {
            throw .snapshotMissing(store.snapshotName)
        }
        let bytes = stored.journal ?? []
        let start = try JournalStart(bytes, name: store.journalName)
        if let snapshotBytes = stored.snapshot {
            let snapshot = try SnapshotFormat.snapshot(from: snapshotBytes, path: store.snapshotName)
            header = snapshot.header
            do throws(Violation) { ledger = try Ledger(snapshot) } catch { throw error.inFile(store.snapshotName) }
        } else {
            if let start, start.header.serial > 0 { throw .snapshotMissing(store.snapshotName) }
            header = nil
            ledger = Ledger(lineage: start?.header.lineage ?? newLineage ?? .random())
        }
        isNew = header == nil && start == nil
        guard let start, try start.continues(ledger.recorded, name: store.journalName) else {
            journal = start == nil ? .absent : .folded
            (journalEnd, journalSynced) = (0, 0)
            return
        }
        let played = try ledger.play(bytes, from: start, name: store.journalName)
        journal =
            played.end == bytes.count
            ? .whole(entries: played.entries) : .torn(entries: played.entries, offset: played.end)
        (journalEnd, journalSynced) = (played.end, played.synced)
    }
}

/// A journal's first line.
struct JournalStart {
    let header: JournalFormat.Header
    let line: JournalFormat.Line

    /// Nil when not even the first line was written in full: nothing was begun after it, then.
    init?(_ bytes: [UInt8], name: String) throws(StateError) {
        guard let line = JournalFormat.line(at: 0, in: bytes) else {
            guard JournalFormat.tear(at: 0, in: bytes) == .tail else { throw .journalTorn(name, at: 0) }
            return nil
        }
        guard let value = try? JSONReader.value(of: Array(bytes[line.json])),
            let version = value["formatVersion"]?.number
        else { throw .journalTorn(name, at: 0) }
        guard version <= JournalFormat.version else {
            throw StateError(
                .newer,
                "\(name) is in version \(version) of the format, and this rigaud reads up to \(JournalFormat.version). "
                    + "Use the rigaud that wrote it, or a later one. Nothing was changed.",
                command: "rigaud --version")
        }
        guard let lineage = (value["lineage"]?.text).flatMap({ ObjectID($0) }),
            let serial = (value["serial"]?.number).flatMap({ Int(exactly: $0) })
        else { throw .journalTorn(name, at: 0) }
        self.header = JournalFormat.Header(lineage: lineage, serial: serial)
        self.line = line
    }

    /// Whether it goes on from this snapshot; false if the snapshot has it in it already.
    func continues(_ recorded: RecordedState, name: String) throws(StateError) -> Bool {
        guard header.lineage == recorded.lineage, header.serial <= recorded.serial else {
            throw StateError(
                .journalDamaged,
                "\(name) goes on from serial \(header.serial) of the state \(header.lineage), and the snapshot beside it "
                    + "is serial \(recorded.serial) of \(recorded.lineage?.description ?? "none"). One of the two was "
                    + "put there by hand. Put the snapshot back that the journal belongs to; the command lists those "
                    + "that are kept.",
                command: StateError.command("history", name))
        }
        return header.serial == recorded.serial
    }
}

extension Ledger {
    /// Open intents in the order in which they were begun.
    var openInOrder: [OpenIntent] { open.values.sorted { $0.id < $1.id } }

    mutating func play(
        _ bytes: [UInt8], from start: JournalStart, name: String
    ) throws(StateError) -> (end: Int, synced: Int, entries: Int) {
        var reader = RecordReader()
        var end = start.line.end
        var synced = start.line.synced
        var entries = 0
        while let line = JournalFormat.line(at: end, in: bytes) {
            let entry: JournalEntry
            do throws(JSONError) {
                entry = try JSONReader.read(bytes[line.json]) { (json) throws(JSONError) in
                    try reader.entry(&json, base: self.base(of:))
                }
            } catch {
                throw .damaged(
                    name, "the entry at byte \(end) is not as rigaud writes it: \(error.reason)", code: .journalDamaged)
            }
            do throws(Violation) { try accept(entry) } catch { throw error.inFile(name) }
            end = line.end
            synced = line.synced
            entries += 1
        }
        guard end == bytes.count || JournalFormat.tear(at: end, in: bytes) == .tail else {
            throw .journalTorn(name, at: end)
        }
        return (end, synced, entries)
    }
}

extension StateError {
    static func journalTorn(_ name: String, at offset: Int) -> StateError {
        .damaged(
            name,
            "it is damaged at byte \(offset), before entries that were written later: this is not what an interrupted "
                + "run leaves", code: .journalDamaged)
    }

    static func snapshotMissing(_ path: String) -> StateError {
        StateError(
            .missing,
            "\(path) is not there, and a journal or former snapshots beside it show that it was. Put the latest former "
                + "snapshot in its place; to begin anew on purpose, move the whole directory away.",
            command: command("history", path))
    }
}
