import Model

/// What `state verify` and `state history` show. Nothing is locked or created.
package struct StateVerification: Sendable {
    package struct Former: Sendable {
        package let serial: Int
        package let content: Result<SnapshotHeader, StateError>
    }

    /// The snapshot with its journal.
    package let current: Result<StateView, StateError>
    /// What is wrong with the key; nil where nothing is.
    package let keyTrouble: StateError?
    /// Latest first.
    package let history: [Former]

    package var isWhole: Bool {
        guard case .success = current, keyTrouble == nil else { return false }
        return history.allSatisfy { if case .success = $0.content { true } else { false } }
    }
}

/// Reads everything with all its checksums and invariants.
package func verifyState(_ location: StateLocation) throws(StateError) -> StateVerification {
    let store = FileStore(location)
    let history = try store.formerSerials().map { serial in
        StateVerification.Former(
            serial: serial,
            content: Result { () throws(StateError) in try loadFormer(location, serial: serial).header })
    }
    let current = Result { () throws(StateError) in try readState(store) }
    return StateVerification(current: current, keyTrouble: keyTrouble(of: location, current), history: history)
}

private func keyTrouble(of location: StateLocation, _ state: Result<StateView, StateError>) -> StateError? {
    let records = (try? state.get())?.recorded.records.values.sorted { $0.address < $1.address } ?? []
    do throws(StateError) {
        try SensitiveKey.check(location, for: records)
        return nil
    } catch {
        return error
    }
}

/// What former snapshots say of themselves, latest first, without reading their records.
package func stateHistory(_ location: StateLocation) throws(StateError) -> [StateVerification.Former] {
    let store = FileStore(location)
    return try store.formerSerials().map { serial in
        StateVerification.Former(
            serial: serial,
            content: Result { () throws(StateError) in
                let path = location.historyPath(serial: serial)
                guard let bytes = try store.formerSnapshot(serial: serial, limit: 1 << 16) else {
                    throw .formerMissing(path, of: location)
                }
                return try SnapshotFormat.header(from: bytes, path: path)
            })
    }
}

/// A former snapshot, checked as the current one is.
package func loadFormer(_ location: StateLocation, serial: Int) throws(StateError) -> Snapshot {
    let path = location.historyPath(serial: serial)
    guard let bytes = try FileStore(location).formerSnapshot(serial: serial, limit: .max) else {
        throw .formerMissing(path, of: location)
    }
    let snapshot = try SnapshotFormat.snapshot(from: bytes, path: path)
    do throws(Violation) { _ = try Ledger(snapshot) } catch { throw error.inFile(path) }
    return snapshot
}

extension StateError {
    fileprivate static func formerMissing(_ path: String, of location: StateLocation) -> StateError {
        StateError(
            .missing, "\(path) is not there. The last ten former snapshots are kept; the command lists them.",
            command: command("history", location.path))
    }
}
