package import Model

/// Something that is not as a plan took it to be.
package struct Move: Hashable, Sendable {
    package enum What: Hashable, Sendable {
        /// What is recorded of it: another apply came between.
        case record
        case appeared, gone, taken, hidden
        /// `before` is as it was planned, `after` as it is now.
        case defined([FieldChange])
        case running([FieldChange])
        /// The note in its metadata that says whose it is.
        case stamp
        /// It is to be deleted, and something uses it that did not.
        case used(by: Address)
        /// It is a host, and is recorded to be elsewhere.
        case moved(to: String)
        /// Something that is made rests on it, and it is recorded no longer.
        case deleted
    }

    package let address: Address
    package let what: What
}

extension Preconditions {
    /// All that has moved since, in the order of addresses. A record that is by now as the plan would have it, without a
    /// step, has not. Pure.
    ///
    /// Objects on hosts that could not be read are not looked at: the caller must not go on with such a host.
    package func moves(of plan: Plan, recorded: RecordedState, observed: ObservedState) -> [Move] {
        var moves: [Move] = []
        let stepped = Set(plan.steps.map(\.operation.address))
        let wanted = Dictionary(plan.unrecorded.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        for (address, digest) in records.sorted(by: { $0.key < $1.key }) {
            let record = recorded.records[address]
            if record.map(StateFile.digest(of:)) == digest { continue }
            if !stepped.contains(address), record == wanted[address] { continue }
            moves.append(Move(address: address, what: .record))
        }
        for (address, now) in plan.users(in: recorded) {
            let new = now.subtracting(users[address] ?? [])
            if let user = new.min() { moves.append(Move(address: address, what: .used(by: user))) }
        }
        let uris = Dictionary(
            plan.hosts.map { ($0.host.address, $0.host.uri) }, uniquingKeysWith: { first, _ in first })
        for (address, now) in plan.recordedHosts(in: recorded) {
            // Another apply may have been the first one on it.
            let then = (hosts[address] ?? nil) ?? uris[address]
            if let now, now != then { moves.append(Move(address: address, what: .moved(to: now))) }
        }
        for address in restsOn.sorted() where recorded.records[address] == nil {
            moves.append(Move(address: address, what: .deleted))
        }
        for expected in objects {
            guard case .read(let host)? = observed.hosts[expected.object.host] else { continue }
            let now = sighting(of: expected.object, on: host)
            moves += changes(from: expected.sighting, to: now, on: host).map {
                Move(address: expected.address, what: $0)
            }
        }
        return moves.enumerated().sorted { ($0.element.address, $0.offset) < ($1.element.address, $1.offset) }
            .map(\.element)
    }
}

private func changes(
    from former: Preconditions.Sighting, to now: Preconditions.Sighting, on host: ObservedHost
) -> [Move.What] {
    switch (former, now) {
    case (.absent, .absent), (.taken, .taken), (.hidden, .hidden): return []
    case (.found(let was, let ran, let stamp), .found(let attributes, let running, let newStamp)):
        var moves: [Move.What] = []
        let defined = fields(from: was, to: attributes, on: host)
        if !defined.isEmpty { moves.append(.defined(defined)) }
        // That it was started or stopped is told by its power.
        if let ran, let running {
            let fields = fields(from: ran, to: running, on: host).filter { !defined.contains($0) }
            if !fields.isEmpty { moves.append(.running(fields)) }
        } else if moves.isEmpty, (ran == nil) != (running == nil) {
            moves.append(.running([]))
        }
        if stamp != newStamp { moves.append(.stamp) }
        return moves
    case (_, .found): return [.appeared]
    case (_, .absent): return [.gone]
    case (_, .taken): return [.taken]
    case (_, .hidden): return [.hidden]
    }
}

private func fields(from former: Attributes, to now: Attributes, on host: ObservedHost) -> [FieldChange] {
    Set(former.map(\.path)).union(now.map(\.path)).sorted().compactMap { path in
        if areSame(former[path], now[path], for: path.attribute, on: host) { return nil }
        return FieldChange(path, before: former[path] ?? .null, after: now[path] ?? .null, cause: .drift)
    }
}
