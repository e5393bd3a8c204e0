/// Where a state lives. What its bytes mean is the same everywhere; a store keeps them and guards them.
///
/// The file system is the store that is built in (`FileStore`).
package protocol StateStore: Sendable {
    /// What people call the snapshot and the journal: their paths.
    var snapshotName: String { get }
    var journalName: String { get }

    /// The journal first, then the snapshot: read in this order without the lock, the two agree, or the journal is older
    /// and is told by its serial.
    func read() throws(StateError) -> StoredBytes
    /// Takes the lock, waiting for it for at most as long as asked. It is held as long as the writer lives.
    func lock(as holder: LockHolder, wait: Duration) async throws(StateError) -> any StateWriting
    /// What is another as soon as anything was recorded.
    func revision() throws(StateError) -> StateRevision
    /// Who holds the lock now; nil when nobody does.
    func lockHolder() throws(StateError) -> LockHolder?
    /// The serials of the former snapshots that are kept, latest first.
    func formerSerials() throws(StateError) -> [Int]
    /// A former snapshot's bytes, at least the first `limit` of them if it has as many.
    func formerSnapshot(serial: Int, limit: Int) throws(StateError) -> [UInt8]?
}

/// The side of a store that only the holder of its lock sees.
package protocol StateWriting: AnyObject {
    /// Puts bytes at the journal's end, which is at `offset`; what was there after it goes. `synchronized`: they are on
    /// disk when it returns. After a failure the journal ends at `offset`, as far as that can still be had.
    func append(_ bytes: [UInt8], at offset: Int, synchronized: Bool) throws(StateError)
    /// Puts a new snapshot in place of the current one (whose serial is `former`) at once and durably, keeps the former
    /// one for history, and takes the journal away.
    func replace(with snapshot: [UInt8], keeping former: Int?) throws(StateError)
}

/// By what it is told, without reading all of it, whether a state is as it was.
package struct StateRevision: Hashable, Sendable {
    /// The snapshot's first bytes, its checksum among them.
    let snapshot: [UInt8]
    /// The journal's size.
    let journal: Int?

    package init(snapshot: some Sequence<UInt8>, journal: Int?) {
        self.snapshot = Array(snapshot.prefix(128))
        self.journal = journal
    }
}

package struct StoredBytes: Sendable {
    package var snapshot: [UInt8]?
    package var journal: [UInt8]?
    /// Whether former snapshots are there: then the current one should be too.
    package var hasHistory: Bool

    package init(snapshot: [UInt8]?, journal: [UInt8]?, hasHistory: Bool) {
        self.snapshot = snapshot
        self.journal = journal
        self.hasHistory = hasHistory
    }
}

/// Who holds a lock, written into it for people. The lock itself is the kernel's.
package struct LockHolder: Hashable, Sendable {
    package let user: String
    package let host: String
    package let processID: Int32
    package let command: String
    /// RFC 3339, in UTC.
    package let since: String

    package init(user: String, host: String, processID: Int32, command: String, since: String) {
        self.user = user
        self.host = host
        self.processID = processID
        self.command = command
        self.since = since
    }
}
