import Model

/// Which step comes next. Each step is waiting for others, then ready, then announced (its intent is on disk), then
/// running, then ended; each edge of the graph is looked at once.
///
/// Who waits until a guest is ready only looks now and then, and takes no room from others.
///
/// Steps are known by their index in the plan. Those of one pool are in a lane: one runs at a time, in the order in which
/// they were announced, since libvirt refuses a pool's second job.
struct Schedule {
    private(set) var steps: [Step]
    /// The hosts of the steps, each once.
    let hosts: [Address]
    private(set) var running = 0
    /// Those of them that are not only waiting.
    private var busy = 0

    private let limits: ApplyLimits
    private var hostOf: [Int32]
    private var laneOf: [Int32]
    private var waitsForCount: [Int32]
    /// The steps that wait for step `i` are `dependents[firstDependent[i]..<firstDependent[i + 1]]`.
    private var firstDependent: [Int32]
    private var dependents: [Int32]
    private var phases: [Phase]
    private var lanes: [Lane]
    private var lines: [Line]
    /// The starts that are done although what they waited for was not begun; set with the first failure.
    private var comebacks: Comebacks?
    /// Hosts that have ready steps, and hosts that have a step to start and room for it; each in turn.
    private var announcing = Queue<Int>()
    private var starting = Queue<Int>()
    private var stranded = Queue<Int>()
    private var waits = Queue<Int>()

    enum Phase: UInt8 { case waiting, ready, announced, running, done, failed, skipped }

    private enum Access { case unknown, open, closed }

    private struct Lane {
        var isBusy = false
        var queue = Queue<Int>()
    }

    /// The steps of one host.
    private struct Line {
        var access: Access = .unknown
        var running = 0
        var ready = Queue<Int>()
        var startable = Queue<Int>()
        var isAnnouncing = false
        var isStarting = false
    }

    init(_ steps: [Step], limits: ApplyLimits) {
        self.steps = steps
        self.limits = limits
        var hostNumbers: [Address: Int32] = [:]
        var laneNumbers: [PoolOfHost: Int32] = [:]
        var hosts: [Address] = []
        hostOf = []
        laneOf = []
        var indices: [Int: Int32] = [:]
        indices.reserveCapacity(steps.count)
        for (index, step) in steps.enumerated() {
            let object = step.operation.object
            if hostNumbers[object.host] == nil { hosts.append(object.host) }
            hostOf.append(hostNumbers[object.host, default: Int32(hostNumbers.count)])
            hostNumbers[object.host] = hostOf[index]
            if let pool = object.kind == .pool ? object.name : object.pool {
                let key = PoolOfHost(host: object.host, pool: pool)
                laneOf.append(laneNumbers[key, default: Int32(laneNumbers.count)])
                laneNumbers[key] = laneOf[index]
            } else {
                laneOf.append(-1)
            }
            // Of two steps with one number the first counts; the other is never waited for.
            if indices[step.id] == nil { indices[step.id] = Int32(index) }
        }
        self.hosts = hosts
        lanes = Array(repeating: Lane(), count: laneNumbers.count)
        lines = Array(repeating: Line(), count: hosts.count)
        phases = Array(repeating: .waiting, count: steps.count)
        waitsForCount = steps.map { Int32($0.after.count) }
        var counts = [Int32](repeating: 0, count: steps.count + 1)
        for step in steps { for id in step.after { if let index = indices[id] { counts[Int(index) + 1] += 1 } } }
        for index in counts.indices.dropFirst() { counts[index] += counts[index - 1] }
        firstDependent = counts
        dependents = Array(repeating: 0, count: Int(counts[steps.count]))
        for (index, step) in steps.enumerated() {
            for id in step.after {
                guard let before = indices[id].map({ Int($0) }) else { continue }
                dependents[Int(counts[before])] = Int32(index)
                counts[before] += 1
            }
        }
        for index in steps.indices where waitsForCount[index] == 0 { makeReady(index) }
    }

    func phase(of index: Int) -> Phase { phases[index] }
    func host(of index: Int) -> Int { Int(hostOf[index]) }

    /// The host can be written to from now on.
    mutating func open(host: Int) {
        lines[host].access = .open
        offerAnnouncing(host)
    }

    /// The host cannot be reached, or not any more: its steps are stranded as they become ready, and those that were.
    mutating func close(host: Int) {
        guard lines[host].access != .closed else { return }
        lines[host].access = .closed
        while let index = lines[host].ready.take() { stranded.add(index) }
        for index in steps.indices where phases[index] == .announced && self.host(of: index) == host {
            stranded.add(index)
        }
    }

    /// A step that is ready or announced on a host that cannot be reached.
    mutating func takeStranded() -> Int? { stranded.take() }

    /// Whether there are steps to announce.
    var hasReady: Bool { !announcing.isEmpty }

    /// Takes up to `limit` ready steps, of all hosts in turn, to be announced.
    mutating func takeReady(_ limit: Int) -> [Int] {
        var group: [Int] = []
        while group.count < limit, let host = announcing.take() {
            lines[host].isAnnouncing = false
            if let index = lines[host].ready.take() { group.append(index) }
            offerAnnouncing(host)
        }
        return group
    }

    /// Its intent is on disk: it may start when there is room.
    mutating func announce(_ index: Int) {
        phases[index] = .announced
        let lane = Int(laneOf[index])
        if lane >= 0, lanes[lane].isBusy {
            lanes[lane].queue.add(index)
        } else {
            if lane >= 0 { lanes[lane].isBusy = true }
            makeStartable(index)
        }
    }

    /// The next step to start, if one can and there is room for it.
    mutating func start() -> Int? {
        while let index = waits.take() {
            guard lines[host(of: index)].access == .open else { continue }
            running += 1
            phases[index] = .running
            return index
        }
        while busy < limits.parallelism, let host = starting.take() {
            lines[host].isStarting = false
            // A host that has been closed meanwhile has none.
            guard lines[host].access == .open, let index = lines[host].startable.take() else { continue }
            lines[host].running += 1
            busy += 1
            running += 1
            phases[index] = .running
            offerStarting(host)
            return index
        }
        return nil
    }

    /// Ends a running step well, and makes ready what waited for it alone.
    mutating func succeed(_ index: Int) {
        leave(index)
        phases[index] = .done
        for position in Int(firstDependent[index])..<Int(firstDependent[index + 1]) {
            let dependent = Int(dependents[position])
            waitsForCount[dependent] -= 1
            if waitsForCount[dependent] == 0, phases[dependent] == .waiting { makeReady(dependent) }
        }
        for start in comebacks?.end(of: index, phases: phases).ready ?? [] { makeReady(start) }
    }

    /// Ends a step badly, whether it was running or could not begin. Gives what will never run because of it. A guest that was
    /// turned off for something that is not begun is turned on again all the same.
    mutating func fail(_ index: Int) -> [Int] {
        if phases[index] == .running { leave(index) }
        phases[index] = .failed
        let skipped = skipDependents(of: index)
        var comebacks = self.comebacks ?? Comebacks(of: steps)
        var back: [Int] = []
        for start in skipped {
            guard let effect = comebacks.add(start, phases: phases) else { continue }
            back.append(start)
            phases[start] = .waiting
            waitsForCount[start] = .max
            // It is not what the plan wanted that it starts with.
            steps[start] = Step(
                id: steps[start].id, operation: steps[start].operation, after: steps[start].after, effect: effect)
        }
        var ends = comebacks.settle(back, phases)
        for step in [index] + skipped where phases[step] != .waiting {
            let more = comebacks.end(of: step, phases: phases)
            ends = (ends.ready + more.ready, ends.lost + more.lost)
        }
        self.comebacks = comebacks
        for start in ends.lost { phases[start] = .skipped }
        for start in ends.ready { makeReady(start) }
        return (skipped.filter { phases[$0] == .skipped } + ends.lost.filter { !back.contains($0) }).sorted()
    }

    private mutating func skipDependents(of index: Int) -> [Int] {
        var skipped: [Int] = []
        var pending = [index]
        while let step = pending.popLast() {
            for position in Int(firstDependent[step])..<Int(firstDependent[step + 1]) {
                let dependent = Int(dependents[position])
                guard phases[dependent] == .waiting else { continue }
                phases[dependent] = .skipped
                skipped.append(dependent)
                pending.append(dependent)
            }
        }
        return skipped.sorted()
    }

    /// Frees a running step's place on its host and in its lane.
    private mutating func leave(_ index: Int) {
        let host = host(of: index)
        running -= 1
        if isWait(index) { return }
        busy -= 1
        lines[host].running -= 1
        let lane = Int(laneOf[index])
        if lane >= 0 {
            if let next = lanes[lane].queue.take() { makeStartable(next) } else { lanes[lane].isBusy = false }
        }
        offerStarting(host)
    }

    private mutating func makeReady(_ index: Int) {
        phases[index] = .ready
        let host = host(of: index)
        guard lines[host].access != .closed else { return stranded.add(index) }
        lines[host].ready.add(index)
        offerAnnouncing(host)
    }

    private func isWait(_ index: Int) -> Bool { steps[index].operation.verb == .wait }

    private mutating func makeStartable(_ index: Int) {
        if isWait(index) { return waits.add(index) }
        let host = host(of: index)
        lines[host].startable.add(index)
        offerStarting(host)
    }

    private mutating func offerAnnouncing(_ host: Int) {
        guard lines[host].access == .open, !lines[host].isAnnouncing, !lines[host].ready.isEmpty else { return }
        lines[host].isAnnouncing = true
        announcing.add(host)
    }

    private mutating func offerStarting(_ host: Int) {
        guard lines[host].access == .open, !lines[host].isStarting, !lines[host].startable.isEmpty,
            lines[host].running < limits.perHost
        else {
            return
        }
        lines[host].isStarting = true
        starting.add(host)
    }
}

private struct PoolOfHost: Hashable {
    let host: Address
    let pool: String
}

/// First in, first out, at a constant cost.
struct Queue<Element> {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }

    mutating func add(_ element: Element) { elements.append(element) }

    mutating func take() -> Element? {
        guard head < elements.count else { return nil }
        defer {
            head += 1
            if head > 64, head * 2 > elements.count {
                elements.removeFirst(head)
                head = 0
            }
        }
        return elements[head]
    }
}
