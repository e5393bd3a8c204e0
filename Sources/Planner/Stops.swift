import Model

/// What follows from it that something is turned off by the plan and on again.
extension StepGraph {
    /// Who is started afresh has all that its definition says: nothing has to be given to it while it runs, nor could it be before.
    mutating func leaveOutLiveChanges() {
        for (address, node) in nodes {
            let drafts = node.teardown + node.setup
            guard let stopped = drafts.first(where: { $0.operation.verb == .stop })?.operation.object,
                let start = node.setup.lastIndex(where: { $0.operation.verb == .start }),
                let live = node.setup.firstIndex(where: {
                    $0.operation.verb == .updateLive && $0.operation.object == stopped
                })
            else { continue }
            let effect = node.setup[live].effect
            if effect != .none {
                nodes[address]?.setup[start] = Draft(operation: node.setup[start].operation, effect: effect)
            }
            nodes[address]?.setup.remove(at: live)
        }
        for address in paused { turnOffOnce(address) }
        let paused = Dictionary(paused.compactMap { user in running[user].map { ($0.object, user) } }) { first, _ in
            first
        }
        if paused.isEmpty { return }
        for (address, node) in nodes {
            guard let disk = records[address]?.object, disk.kind == .volume,
                let live = node.setup.firstIndex(where: { paused[$0.operation.object] != nil }),
                let user = paused[node.setup[live].operation.object],
                let size = node.setup[live].operation.set.first(where: { $0.path.attribute == .diskCapacity })?.value
            else { continue }
            let operation = Operation(.update, disk, of: address, set: Attributes([(AttributePath(.capacity), size)]))
            nodes[address]?.setup[live] = Draft(operation: operation, effect: node.setup[live].effect)
            nodes[address]?.interrupts.append(user)
        }
    }

    /// Who is to be off anyway is turned off as that is meant to be, and before what it uses is touched.
    private mutating func turnOffOnce(_ address: Address) {
        guard var node = nodes[address], let early = node.teardown.firstIndex(where: { $0.operation.verb == .stop }),
            let late = node.setup.firstIndex(where: { $0.operation.verb == .stop }),
            !node.setup.contains(where: { $0.operation.verb == .start })
        else { return }
        let stop = node.setup.remove(at: late)
        let isAll = node.setup.isEmpty
        node.teardown[early] = Draft(operation: stop.operation, effect: isAll ? stop.effect : .none)
        if let last = node.setup.indices.last {
            node.setup[last] = Draft(operation: node.setup[last].operation, effect: stop.effect)
        }
        nodes[address] = node
    }

    /// What this plan turns off is off by its doing until it is turned on again. That is recorded step by step, so that what an
    /// interrupted run leaves is not taken for somebody's hand. To be called last.
    mutating func recordStops() {
        for (address, node) in nodes {
            guard var current = records[address],
                (node.teardown + node.setup).contains(where: { $0.operation.verb == .stop })
            else { continue }
            let (attribute, on, off): (Attribute, Value, Value) =
                current.object.kind == .domain ? (.power, "On", "Off") : (.active, true, false)
            guard current.attributes[attribute] != nil else { continue }
            // Who is waited for again has not been ready until then.
            let isAwaited = node.setup.contains { $0.operation.verb == .wait && $0.effect == .none }
            var isOff = false
            func settled(_ draft: Draft) -> Draft {
                if case .put(let record) = draft.effect { current = record }
                let isReady = draft.operation.verb == .wait
                switch draft.operation.verb {
                case .stop: isOff = true
                case .start: isOff = false
                case .create, .delete: return draft
                case .wait: if draft.effect != .none { return draft }
                case .update, .updateLive: if draft.effect == .none || !isOff && !isAwaited { return draft }
                }
                var record = current
                if draft.effect == .none || isOff { record.attributes[attribute] = isOff ? off : on }
                if isAwaited, !isReady { record.attributes[.ready] = nil }
                return Draft(operation: draft.operation, effect: .put(record))
            }
            nodes[address]?.teardown = node.teardown.map(settled)
            nodes[address]?.setup = node.setup.map(settled)
        }
    }
}
