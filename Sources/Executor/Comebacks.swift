import Model

/// The guests that a plan turns off for a while, and that are turned on again although what they were turned off for is not
/// begun: another guest did not stop, say. Made with the first failure, since a plan that goes well has none.
struct Comebacks {
    private let steps: [Step]
    private var indices: [Int: Int] = [:]
    private var chains: [Address: [Int]] = [:]
    /// The starts that come back once what they wait for has ended, by each of that.
    private var watchers: [Int: [Int]] = [:]
    private var waiting: [Int: Waiting] = [:]

    private struct Waiting {
        /// What turned the guest off.
        let stop: Int
        /// That, and the steps of others.
        let steps: Set<Int>
    }

    init(of steps: [Step]) {
        self.steps = steps
        for (index, step) in steps.enumerated() {
            indices[step.id] = indices[step.id] ?? index
            chains[step.operation.address, default: []].append(index)
        }
    }

    /// Takes up a step that is not to be done as the plan had it.
    /// - Returns: What is recorded with it when it is done after all; nil where it is none that can be.
    mutating func add(_ start: Int, phases: [Schedule.Phase]) -> RecordEffect? {
        let operation = steps[start].operation
        guard operation.verb == .start, operation.object.kind == .domain, waiting[start] == nil,
            let stop = chains[operation.address]?.first(where: { steps[$0].operation.verb == .stop }),
            !phases[stop].isBadEnd
        else { return nil }
        let needed = union(of: start, until: stop)
        guard needed.allSatisfy({ isHarmless($0, phases) }) else { return nil }
        waiting[start] = Waiting(stop: stop, steps: needed)
        for step in needed where !phases[step].isEnd { watchers[step, default: []].append(start) }
        // The guest is as it was before it was turned off.
        guard case .put(var record) = steps[stop].effect else { return RecordEffect.none }
        if record.attributes[.power] != nil { record.attributes[.power] = "On" }
        return .put(record)
    }

    /// Those that have nothing left to wait for, and those that cannot be done any more, now that a step has ended.
    mutating func end(of step: Int, phases: [Schedule.Phase]) -> (ready: [Int], lost: [Int]) {
        settle(watchers.removeValue(forKey: step) ?? [], phases)
    }

    /// The same of those that were taken up last.
    mutating func settle(_ starts: [Int], _ phases: [Schedule.Phase]) -> (ready: [Int], lost: [Int]) {
        var (ready, lost): ([Int], [Int]) = ([], [])
        for start in starts {
            guard let waiting = waiting[start] else { continue }
            if phases[waiting.stop].isBadEnd || !waiting.steps.allSatisfy({ isHarmless($0, phases) }) {
                lost.append(start)
            } else if waiting.steps.allSatisfy({ phases[$0].isEnd }) {
                ready.append(start)
            } else {
                continue
            }
            self.waiting[start] = nil
        }
        return (ready, lost)
    }

    /// The stop, and all steps of others that the start waits for, through the domain's own.
    private func union(of start: Int, until stop: Int) -> Set<Int> {
        var found: Set<Int> = [stop]
        var open = [start]
        while let step = open.popLast() {
            for id in steps[step].after {
                guard let before = indices[id], found.insert(before).inserted, before != stop,
                    steps[before].operation.address == steps[start].operation.address
                else { continue }
                open.append(before)
            }
        }
        return found
    }

    /// Whether nothing has been done, or may have been, to what a step is about that a guest could not start with.
    private func isHarmless(_ step: Int, _ phases: [Schedule.Phase]) -> Bool {
        guard phases[step].isBadEnd else { return true }
        return (chains[steps[step].operation.address] ?? []).allSatisfy { index in
            switch (steps[index].operation.verb, phases[index]) {
            case (_, .waiting), (_, .ready), (_, .announced), (_, .skipped): true
            case (.update, _), (.updateLive, _), (.wait, _): true
            case (.stop, .failed), (.delete, .failed): true
            case (.stop, _): steps[index].operation.object.kind == .domain
            case (.create, _), (.start, _), (.delete, _): false
            }
        }
    }
}

extension Schedule.Phase {
    fileprivate var isBadEnd: Bool { self == .failed || self == .skipped }
    fileprivate var isEnd: Bool { self == .done || isBadEnd }
}
