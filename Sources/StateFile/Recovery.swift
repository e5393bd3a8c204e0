package import Model

/// What became of the steps whose end was not known, as the hosts show it.
package struct Recovery: Sendable {
    package struct Resolution: Hashable, Sendable {
        package let id: Int
        package let address: Address
        package let verb: Operation.Verb
        package let finding: Finding
        /// How the finding changes what is recorded.
        package let effect: RecordEffect
        /// A sentence for people.
        package let text: String
    }

    /// The state with what was found.
    package var recorded: RecordedState
    /// Those that were found out, in the order in which they were begun.
    package var resolutions: [Resolution] = []
    /// Those on hosts that could not be read. They stay open.
    package var unknown: [Resolution] = []

    package var resolvedIDs: [Int] { resolutions.map(\.id) }
}

/// Finds out what became of open intents by looking. Pure: it is told what was observed.
package func recover(
    recorded: RecordedState, intents: [OpenIntent], observed: ObservedState
) -> Recovery {
    var recovery = Recovery(recorded: recorded)
    for intent in intents {
        guard case .read(let host)? = observed.hosts[intent.object.host],
            !host.hides(intent.object.pool ?? "")
        else {
            recovery.unknown.append(
                intent.resolution(
                    .unknown, .none, "Whether it was done is not known: \(intent.object.host) could not be read."))
            continue
        }
        let found = host.object(intent.object)
        let resolution = resolve(intent, found, was: recovery.recorded.records[intent.address], on: host)
        switch resolution.effect {
        case .none: break
        case .put(let record): recovery.recorded.records[record.address] = record
        case .remove: recovery.recorded.records[resolution.address] = nil
        }
        recovery.resolutions.append(resolution)
    }
    return recovery
}

private func resolve(
    _ intent: OpenIntent, _ found: ObservedObject?, was record: Record?, on host: ObservedHost
) -> Recovery.Resolution {
    switch intent.verb {
    case .create:
        guard intent.object.kind == .volume, var wanted = intent.effect.record else {
            guard found != nil else { return intent.resolution(.notDone, .none, "It was not made.") }
            return intent.resolution(.done, intent.effect, "It was made.")
        }
        if found == nil, !host.mayHavePart(of: wanted) { return intent.resolution(.notDone, .none, "It was not made.") }
        if let found, wanted.isWhole(as: found, on: host) {
            return intent.resolution(.done, intent.effect, "It was made.")
        }
        wanted.isPartial = true
        return intent.resolution(.partial, .put(wanted), "It was made in part, and will be made anew.")
    case .delete:
        if found == nil { return intent.resolution(.done, intent.effect, "It was deleted.") }
        return intent.resolution(.notDone, .none, "It was not deleted.")
    case .updateLive:
        // What the definition does not show stays unfinished until the comparison that follows finds that it is not.
        return intent.resolution(.notDone, .none, "What it runs with is compared anew.")
    case .update:
        guard let wanted = intent.effect.record, var result = record else {
            return intent.resolution(.notDone, .none, "It is compared anew.")
        }
        guard let found else { return intent.resolution(.notDone, .none, "It has gone from its host.") }
        let paths = Set(wanted.attributes.map(\.path)).union(result.attributes.map(\.path))
        let changed = paths.filter { wanted.attributes[$0] != result.attributes[$0] }
        result.unfinished = wanted.unfinished
        let taken = changed.filter {
            areSame(wanted.attributes[$0], found.attributes[$0], for: $0.attribute, on: host)
        }
        if taken.count == changed.count { return intent.resolution(.done, intent.effect, "It was changed.") }
        for path in taken { result.attributes[path] = wanted.attributes[path] }
        return intent.resolution(
            taken.isEmpty ? .notDone : .partial, taken.isEmpty ? .none : .put(result),
            taken.isEmpty ? "It was not changed." : "It was changed in part.")
    case .wait:
        return intent.resolution(.notDone, .none, "It is waited for anew.")
    case .start, .stop:
        // What is recorded is what is wanted, not how it runs: the comparison that follows says what is left to do.
        guard let found else { return intent.resolution(.notDone, .none, "It has gone from its host.") }
        guard let wanted = intent.effect.record else {
            return intent.resolution(.done, .none, "How it runs is compared anew.")
        }
        let attribute: Attribute = intent.object.kind == .domain ? .power : .active
        let isDone = areSame(
            wanted.attributes[attribute], found.attributes[attribute], for: attribute, on: host)
        return intent.resolution(
            isDone ? .done : .notDone, isDone ? intent.effect : .none,
            isDone
                ? "It was \(intent.verb == .start ? "started" : "stopped")."
                : "It was not \(intent.verb == .start ? "started" : "stopped").")
    }
}

extension Record {
    /// Whether a volume that was found is as it should be, to its end. A copy, and what was filled and has no format of its
    /// own, do not show whether they are.
    fileprivate func isWhole(as found: ObservedObject, on host: ObservedHost) -> Bool {
        if attributes[.copy] != nil || (attributes[.content] != nil && attributes[.volumeFormat] == "raw") {
            return false
        }
        return attributes.allSatisfy { path, value in
            if case .recorded = path.attribute.row.comparison { return true }
            if path.attribute == .capacity { return (found.attributes[path]?.number ?? 0) >= (value.number ?? 0) }
            return areSame(value, found.attributes[path], for: path.attribute, on: host)
        }
    }
}

extension OpenIntent {
    fileprivate func resolution(
        _ finding: Finding, _ effect: RecordEffect, _ text: String
    ) -> Recovery.Resolution {
        Recovery.Resolution(id: id, address: address, verb: verb, finding: finding, effect: effect, text: text)
    }
}

extension ObservedHost {
    /// Whether anything may be left of a volume that was being made and is not there itself.
    fileprivate func mayHavePart(of volume: Record) -> Bool {
        let isOutOfSight = volume.object.pool.map { names[.pool]?[$0] == nil } ?? false
        return hasMark(of: volume.object) || isOutOfSight && volume.attributes[.content] != nil
    }

    /// By its UUID; a volume by its pool and name.
    fileprivate func object(_ object: ObjectReference) -> ObservedObject? {
        if let pool = object.pool { return volumes[VolumeReference(pool: pool, name: object.name)] }
        return (object.id ?? names[object.kind]?[object.name]).flatMap { objects[$0] }
    }
}

/// The objects that `recover` must be able to see, for whoever reads the hosts.
package func objects(of intents: [OpenIntent]) -> [ObjectReference] {
    var seen: Set<ObjectReference> = []
    return intents.map(\.object).filter { seen.insert($0).inserted }
}
