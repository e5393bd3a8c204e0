package import Model

/// Has the volumes of each pool that somebody pointed elsewhere out of sight, as those of an inactive one are: they are where they
/// were made, and what has their names elsewhere is something else. A pool that the manifests have elsewhere is their doing. Pure.
package func hideStrayedPools(
    in observed: ObservedState, recorded: RecordedState, desired: DesiredState
) -> ObservedState {
    var result = observed
    for record in recorded.records.values where record.object.kind == .pool {
        guard case .read(var host)? = result.hosts[record.object.host],
            host.isStrayed(record, wanted: desired.resource(record.address))
        else { continue }
        host.hideVolumes(of: record)
        result.hosts[record.object.host] = .read(host)
    }
    return result
}

extension ObservedHost {
    fileprivate func isStrayed(_ pool: Record, wanted: Resource?) -> Bool {
        guard let found = findByName(pool.object) else { return false }
        return pool.attributes.contains { path, made in
            guard case .replace = path.attribute.row.cost else { return false }
            let now = found.attributes[path]
            if areSame(now, made, for: path.attribute, on: self) { return false }
            return wanted.map { !areSame(now, $0.attributes[path]?.value, for: path.attribute, on: self) } ?? true
        }
    }

    fileprivate mutating func hideVolumes(of pool: Record) {
        let name = pool.object.name
        if let target = pool.attributes[.poolTarget]?.text {
            // Disks are where the pool was.
            poolTargets[name] = target
            // What is only defined otherwise looks where it did until it is started anew.
            if volumePaths.contains(where: { $0.key.pool == name && $0.value.hasPrefix("\(target)/") }) { return }
        }
        strayedPools.insert(name)
        volumes = volumes.filter { $0.key.pool != name }
        volumePaths = volumePaths.filter { $0.key.pool != name }
        bases = bases.filter { $0.value.pool != name }
    }

    /// Whoever made it anew under its name.
    private func findByName(_ object: ObjectReference) -> ObservedObject? {
        names[object.kind]?[object.name].flatMap { objects[$0] }
    }
}

extension ChangeSet {
    /// Says of each pool that was pointed elsewhere where what was made in it is.
    mutating func findStrayedPools(in recorded: RecordedState, _ observed: ObservedState) {
        var strayed: Set<Place> = []
        for case (let address, .read(let host)) in observed.hosts {
            strayed.formUnion(host.strayedPools.map { Place(address, .pool, $0) })
        }
        if strayed.isEmpty { return }
        diagnostics += recorded.records.values.filter { $0.object.kind == .pool && strayed.contains(Place($0.object)) }
            .sorted { $0.address < $1.address }.map { .poolStrayed($0) }
    }
}

extension Diagnostic {
    fileprivate static func poolStrayed(_ pool: Record) -> Diagnostic {
        Diagnostic(
            .warning, "pool-strayed", "A pool is not where it was made",
            """
            The pool `\(pool.object.name)` was made in `\(pool.attributes[.poolTarget]?.text ?? "")`, and somebody has pointed it elsewhere since. \
            What was made in it is most likely where it was, and cannot be seen. With `--allow replace` an apply puts the pool back, which \
            touches no file. If the files were moved along, give its manifest the place where they are.
            """, address: pool.address)
    }
}
