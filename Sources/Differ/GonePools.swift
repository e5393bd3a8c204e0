import Model

extension ChangeSet {
    /// Says of each pool that went from its host, with volumes that nobody wants any more, what becomes of these: they stay
    /// recorded. Their files may well be there, and forgotten they would be lost.
    mutating func findGonePools(of unwanted: [Record], in observed: ObservedState) {
        let volumes = unwanted.filter { record in
            guard case .read(let host)? = observed.hosts[record.object.host] else { return false }
            return host.lacksPool(of: record.object)
        }
        let pools = Dictionary(grouping: volumes) {
            ObjectReference(.pool, host: $0.object.host, name: $0.object.pool ?? "")
        }
        diagnostics += pools.map { .poolGone($0, with: $1.map(\.address)) }.sorted { $0.detail < $1.detail }
    }
}

extension Diagnostic {
    fileprivate static func poolGone(_ pool: ObjectReference, with volumes: [Address]) -> Diagnostic {
        let names = volumes.prefix(3).map(\.description).joined(separator: ", ")
        return Diagnostic(
            .warning, "pool-gone", "A pool has gone with volumes that are recorded in it",
            """
            The pool `\(pool.name)` is not on the host of \(pool.host) any more, so that what was made in it can be neither seen \
            nor deleted: \(names)\(volumes.count > 3 ? " and \(volumes.count - 3) more" : ""). It stays recorded. Put its \
            StoragePool back into the manifests, or define the pool on the host, and apply again.
            """, address: volumes.first)
    }
}
