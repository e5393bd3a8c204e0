import Model
import StateFile
import Synchronization

/// A state in memory, whose writes fail where they are told to.
final class MemoryStore: StateStore {
    struct Content {
        var snapshot: [UInt8]?
        var journal: [UInt8]?
        var writes = 0
        var synchronizations = 0
    }

    let content = Mutex(Content())
    /// Asked at each write, which are numbered from 1; true makes it fail.
    private let fails: @Sendable (_ write: Int) -> Bool

    init(failsAt fails: @escaping @Sendable (_ write: Int) -> Bool = { _ in false }) { self.fails = fails }

    var snapshotName: String { "snapshot" }
    var journalName: String { "journal" }
    func read() throws(StateError) -> StoredBytes {
        content.withLock { StoredBytes(snapshot: $0.snapshot, journal: $0.journal, hasHistory: false) }
    }
    func lock(as holder: LockHolder, wait: Duration) async throws(StateError) -> any StateWriting { Writing(self) }
    func revision() throws(StateError) -> StateRevision {
        content.withLock { StateRevision(snapshot: $0.snapshot ?? [], journal: $0.journal?.count) }
    }
    func lockHolder() throws(StateError) -> LockHolder? { nil }
    func formerSerials() throws(StateError) -> [Int] { [] }
    func formerSnapshot(serial: Int, limit: Int) throws(StateError) -> [UInt8]? { nil }

    private final class Writing: StateWriting {
        let store: MemoryStore

        init(_ store: MemoryStore) { self.store = store }

        func append(_ bytes: [UInt8], at offset: Int, synchronized: Bool) throws(StateError) {
            try write { content in
                if content.journal == nil { content.journal = [] }
                content.journal?.removeSubrange(offset...)
                content.journal?.append(contentsOf: bytes)
                content.synchronizations += synchronized ? 1 : 0
            }
        }

        func replace(with snapshot: [UInt8], keeping former: Int?) throws(StateError) {
            try write { content in
                content.snapshot = snapshot
                content.journal = nil
            }
        }

        private func write(_ body: (inout Content) -> Void) throws(StateError) {
            try store.content.withLock { (content) throws(StateError) in
                content.writes += 1
                if store.fails(content.writes) { throw StateError(.full, "There is no room left.") }
                body(&content)
            }
        }
    }
}
