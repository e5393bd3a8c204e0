import Executor
import Hypervisor
import Model
import StateFile
import TestSupport
import Testing

/// Random graphs and random faults. A seed that fails is a test case by itself: run it with `--filter`.
@Suite struct ApplyPropertyTests {
    @Test(arguments: 0..<200 as Range<UInt64>) func everyRunKeepsItsPromises(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...60, using: &random)
        let hostCount = Int.random(in: 1...3, using: &random)
        let steps = (1...count).map { id in
            let earlier = (1..<id).filter { _ in Int.random(in: 0..<max(2, id / 2), using: &random) == 0 }
            let pool = Bool.random(using: &random) ? "pool-\(Int.random(in: 0...1, using: &random))" : nil
            return step(id, after: earlier, host: Int.random(in: 0..<hostCount, using: &random), pool: pool)
        }
        let reasons: [HostError.Reason] = [.denied, .unreachable, .failed, .exists, .timedOut]
        var faults: [String: Fault] = [:]
        for id in 1...count where Int.random(in: 0..<6, using: &random) == 0 {
            let error = HostError(reasons.randomElement(using: &random) ?? .denied, "No", "No.")
            switch Int.random(in: 0..<4, using: &random) {
            case 0: faults["n\(id)"] = .fail(error)
            case 1: faults["n\(id)"] = .failAfterwards(error)
            case 2: faults["n\(id)"] = .leavePart(error)
            default: faults["n\(id)"] = .delay(.microseconds(Int.random(in: 0...800, using: &random)))
            }
        }
        let hosts = (0..<hostCount).map {
            FaultyHost(hostAddress($0)) { [faults] _, operation in faults[operation.object.name] }
        }
        // One host in ten cannot be reached; one run in four is interrupted.
        let reachable = hosts.filter { _ in Int.random(in: 0..<10, using: &random) != 0 }
        let stopAfter = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...count, using: &random) : .max
        let failing = Int.random(in: 0..<5, using: &random) == 0 ? Int.random(in: 1...count, using: &random) : .max

        let store = MemoryStore { $0 >= failing }
        var session = try await StateSession.open(store, as: holder)
        let stop = StopFlag()
        var ended = 0
        let report = await apply(
            plan(steps, hosts: hostCount), in: &session, on: FaultyHypervisor(reachable),
            limits: ApplyLimits(
                parallelism: Int.random(in: 1...12, using: &random), perHost: Int.random(in: 1...6, using: &random)),
            stop: stop
        ) { event in
            if case .started = event { return }
            ended += 1
            if ended >= stopAfter { stop.request() }
        }

        // Every step is accounted for, once.
        let parts = [report.doneIDs, report.failedIDs, report.skippedIDs, report.remainingIDs]
        #expect(parts.map(\.count).reduce(0, +) == count)
        #expect(parts.reduce(Set()) { $0.union($1) } == Set(1...count))
        if !report.interrupted, report.stateError == nil { #expect(report.remaining.isEmpty) }

        // Order respects the edges; pools are served one job at a time.
        for done in report.done { #expect(report.doneIDs.isSuperset(of: done.after)) }
        for failure in report.failed { #expect(report.doneIDs.isSuperset(of: failure.step.after)) }
        let order = Dictionary(uniqueKeysWithValues: report.done.enumerated().map { ($1.id, $0) })
        for done in report.done {
            for before in done.after { #expect((order[before] ?? .max) < (order[done.id] ?? .min)) }
        }
        for host in hosts { #expect(mostAtOnceInAPool(host) <= 1) }

        // Nothing was begun that was not announced, and what is open is open for a reason.
        let view = try readState(store)
        let begun = hosts.flatMap(\.marks).compactMap {
            if case .began(let operation) = $0 { operation.address } else { nil }
        }
        let ever = Set(view.recorded.records.keys).union(view.intents.map(\.address))
            .union(report.failed.map(\.step.operation.address))
        #expect(ever.isSuperset(of: begun))
        if report.stateError == nil {
            // The journal played back says what the report says.
            #expect(view.recorded == session.recorded)
            #expect(view.recorded.records.count == report.done.count)
            let doubtful: Set<HostError.Reason> = [.unreachable, .failed, .timedOut]
            let expected = report.failed.filter { failure in
                doubtful.contains(failure.error.reason) && begun.contains(failure.step.operation.address)
            }
            #expect(Set(view.intents.map(\.address)) == Set(expected.map(\.step.operation.address)))
        } else {
            let made = Set(hosts.flatMap(\.objects).map(\.object.name))
            #expect(made.subtracting(ever.map { String($0.name) }).isEmpty)
        }
    }

    /// What the next run finds out by looking agrees with what is there.
    @Test(arguments: 0..<40 as Range<UInt64>) func recoveryFindsWhatIsThere(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let steps = (1...20).map { step($0, pool: Bool.random(using: &random) ? "p" : nil) }
        let lost = HostError(.unreachable, "No", "No.")
        let kinds = (1...20).map { _ in Int.random(in: 0..<4, using: &random) }
        let host = FaultyHost(hostAddress(0)) { _, operation in
            switch kinds[(Int(operation.object.name.dropFirst()) ?? 1) - 1] {
            case 0: .fail(lost)
            case 1: .failAfterwards(lost)
            case 2: operation.object.kind == .volume ? .leavePart(lost) : nil
            default: nil
            }
        }
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        _ = await apply(plan(steps), in: &session, on: FaultyHypervisor([host]))
        let wanted = objects(of: session.openIntents)
        let observed = try await host.observe(
            Interest(
                objects: Set(wanted.compactMap(\.id)),
                volumes: Dictionary(grouping: wanted.filter { $0.pool != nil }, by: { $0.pool ?? "" })
                    .mapValues { Set($0.map(\.name)) }))
        let recovery = recover(
            recorded: session.recorded, intents: session.openIntents,
            observed: ObservedState(hosts: [hostAddress(0): .read(observed)]))
        try session.resolve(recovery)
        #expect(session.openIntents.isEmpty)
        #expect(Set(session.recorded.records.values.map(\.object.name)) == Set(host.objects.map(\.object.name)))
        let partial = session.recorded.records.values.filter(\.isPartial).map(\.object.name)
        #expect(Set(partial) == Set(host.objects.filter { $0.attributes.isEmpty }.map(\.object.name)))
        #expect(try readState(store).recorded == session.recorded)
    }
}
