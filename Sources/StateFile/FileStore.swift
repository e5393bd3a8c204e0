import Glibc

/// State in files beside each other; see `StateLocation` for their names.
package struct FileStore: StateStore {
    package let location: StateLocation

    package init(_ location: StateLocation) { self.location = location }

    package var snapshotName: String { location.path }
    package var journalName: String { location.journalPath }

    package func read() throws(StateError) -> StoredBytes {
        let journal = try OpenFile.reading(location.journalPath)?.contents()
        let snapshot = try OpenFile.reading(location.path)?.contents()
        let former = snapshot == nil && journal == nil ? try formerSerials() : []
        return StoredBytes(snapshot: snapshot, journal: journal, hasHistory: !former.isEmpty)
    }

    package func lock(as holder: LockHolder, wait: Duration) async throws(StateError) -> any StateWriting {
        try makeDirectory(location.directory)
        return FileWriting(location, lock: try await FileLock.take(location.lockPath, as: holder, wait: wait))
    }

    package func revision() throws(StateError) -> StateRevision {
        StateRevision(
            snapshot: try OpenFile.reading(location.path)?.contents(prefix: 128) ?? [],
            journal: try OpenFile.reading(location.journalPath)?.contents().count)
    }

    package func lockHolder() throws(StateError) -> LockHolder? { try FileLock.holder(location.lockPath) }

    package func formerSerials() throws(StateError) -> [Int] { try History.serials(in: location.historyDirectory) }

    package func formerSnapshot(serial: Int, limit: Int) throws(StateError) -> [UInt8]? {
        try OpenFile.reading(location.historyPath(serial: serial))?.contents(prefix: limit)
    }
}

/// The files, for as long as their lock is held.
final class FileWriting: StateWriting {
    private let location: StateLocation
    private let lock: FileLock
    private var journal: OpenFile?
    /// Whether the journal's name is on disk: the file's own synchronization says nothing of that.
    private var isNameDurable = false

    init(_ location: StateLocation, lock: consuming FileLock) {
        self.location = location
        self.lock = lock
    }

    func append(_ bytes: [UInt8], at offset: Int, synchronized: Bool) throws(StateError) {
        do throws(StateError) {
            if journal == nil {
                journal = try OpenFile.writing(location.journalPath, flags: 0)
                try journal?.truncate(to: offset)
            }
            try journal?.write(bytes, at: offset)
            guard synchronized else { return }
            try journal?.synchronize()
            if !isNameDurable { try synchronizeDirectory(location.directory) }
            isNameDurable = true
        } catch {
            // Half a record at the end does no harm to a reader, but nothing may stand after it. If it cannot be cut
            // off now, that is done before the next write, since the file is opened anew for it.
            try? journal?.truncate(to: offset)
            journal = nil
            throw error
        }
    }

    func replace(with snapshot: [UInt8], keeping former: Int?) throws(StateError) {
        let temporary = location.temporaryPath
        do throws(StateError) {
            // Whatever an interrupted run left there goes first; a name that is new cannot be a link to something else.
            unlink(temporary)
            let file = try OpenFile.writing(temporary, flags: O_EXCL)
            try file.write(snapshot, at: 0)
            try file.synchronize()
            if let former { try History.keep(location, serial: former) }
            if rename(temporary, location.path) != 0 { throw .writing(location.path, errno) }
            try synchronizeDirectory(location.directory)
        } catch {
            unlink(temporary)
            throw error
        }
        // From here on the new snapshot holds. A journal that stays is older by its serial and is not looked at.
        journal = nil
        isNameDurable = false
        unlink(location.journalPath)
        History.prune(location.historyDirectory)
    }
}
