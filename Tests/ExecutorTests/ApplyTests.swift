import Executor
import Hypervisor
import Model
import StateFile
import Synchronization
import TestSupport
import Testing

@Suite struct ApplyTests {
    @Test func doesEachStepAfterThoseThatItWaitsFor() async throws {
        let store = MemoryStore()
        let host = FaultyHost(hostAddress(0))
        var session = try await StateSession.open(store, as: holder)
        let events = Events()
        let report = await apply(
            plan([step(1), step(2, after: [1]), step(3, after: [1, 2])]), in: &session, on: FaultyHypervisor([host]),
            report: events.add)
        #expect(report.done.map(\.id) == [1, 2, 3])
        #expect(report.isComplete)
        #expect(events.started == [1, 2, 3])
        #expect(session.openIntents.isEmpty)
        #expect(session.recorded.records.count == 3)
        #expect(try readState(store).recorded == session.recorded)
    }

    @Test func aFailureStopsOnlyWhatWaitsForIt() async throws {
        let host = FaultyHost(hostAddress(0)) { _, operation in operation.object.name == "n2" ? .fail(broken) : nil }
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let steps = [step(1), step(2), step(3, after: [2]), step(4, after: [3, 1]), step(5, after: [1])]
        let report = await apply(plan(steps), in: &session, on: FaultyHypervisor([host]))
        #expect(report.doneIDs == [1, 5])
        #expect(report.failed == [.init(step: steps[1], error: broken)])
        #expect(
            report.skipped == [.init(step: steps[2], waitsFor: steps[1]), .init(step: steps[3], waitsFor: steps[1])])
        #expect(!report.interrupted && report.remaining.isEmpty && !report.isComplete)
        #expect(session.openIntents.isEmpty)
    }

    /// The reason of a failed create, and whether the next run must look.
    @Test(arguments: [
        (HostError.Reason.unreachable, 1), (.timedOut, 1), (.failed, 1), (.full, 1), (.denied, 0), (.exists, 0),
        (.invalid, 0), (.busy, 0),
    ])
    func whatMayHaveBeenDoneStaysOpen(reason: HostError.Reason, open: Int) async throws {
        let host = FaultyHost(hostAddress(0)) { _, _ in .failAfterwards(HostError(reason, "No", "No.")) }
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        _ = await apply(plan([step(1)]), in: &session, on: FaultyHypervisor([host]))
        #expect(session.openIntents.count == open)
        #expect(try readState(store).intents.count == open)
    }

    /// A wait has done nothing that the next run would have to find out.
    @Test(arguments: [HostError.Reason.timedOut, .unreachable])
    func aWaitInVainLeavesNothingOpen(reason: HostError.Reason) async throws {
        let host = FaultyHost(hostAddress(0)) { _, operation in
            operation.verb == .wait ? .fail(HostError(reason, "No", "No.")) : nil
        }
        let made = step(1)
        let ready: Attributes = .init([(.init(.ready), "address")])
        let waiting = Step(
            id: 2, operation: Operation(.wait, made.operation.object, of: made.operation.address, set: ready),
            after: [1],
            effect: .put(Record(made.operation.address, made.operation.object, attributes: ready)))
        var session = try await StateSession.open(MemoryStore(), as: holder)
        let report = await apply(plan([made, waiting]), in: &session, on: FaultyHypervisor([host]))
        #expect(report.failed.map(\.step.id) == [2] && session.openIntents.isEmpty)
        #expect(session.recorded.records.values.map(\.attributes) == [made.operation.set], "it is not said to be ready")
    }

    @Test(arguments: [(1, 5), (3, 5), (20, 5), (20, 1)])
    func runsNoMoreAtOnceThanAllowed(parallelism: Int, perHost: Int) async throws {
        let hosts = (0..<2).map { FaultyHost(hostAddress($0)) { _, _ in .delay(.milliseconds(2)) } }
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let report = await apply(
            plan((1...60).map { step($0, host: $0 % 2) }, hosts: 2), in: &session, on: FaultyHypervisor(hosts),
            limits: ApplyLimits(parallelism: parallelism, perHost: perHost))
        #expect(report.done.count == 60)
        for host in hosts { #expect(host.mostRunning <= min(parallelism, perHost)) }
        #expect(hosts.map(\.mostRunning).reduce(0, +) > 1 || parallelism == 1)
    }

    /// Five that wait are in nobody's way.
    @Test func waitsTakeNoRoom() async throws {
        let isOver = Gate()
        let host = FaultyHost(hostAddress(0)) { _, operation in
            if operation.object.name == "n12" { isOver.open() }
            return operation.verb == .wait ? .hang(isOver) : nil
        }
        let waits = (1...6).map { id in
            Step(
                id: id, operation: Operation(.wait, step(id).operation.object, of: step(id).operation.address),
                after: [], effect: .none)
        }
        var session = try await StateSession.open(MemoryStore(), as: holder)
        let report = await apply(
            plan(waits + (7...12).map { step($0, after: [$0 - 1].filter { $0 > 6 }) }), in: &session,
            on: FaultyHypervisor([host]), limits: ApplyLimits(parallelism: 2, perHost: 1))
        #expect(report.done.count == 12)
    }

    @Test func theJobsOfAPoolRunOneAtATimeAndOthersBesideThem() async throws {
        let host = FaultyHost(hostAddress(0)) { _, _ in .delay(.milliseconds(2)) }
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let steps = (1...30).map { step($0, pool: $0 % 3 == 0 ? nil : "pool-\($0 % 3)") }
        let report = await apply(plan(steps), in: &session, on: FaultyHypervisor([host]))
        #expect(report.done.count == 30)
        #expect(mostAtOnceInAPool(host) == 1)
        #expect(host.mostRunning > 1)
    }

    @Test func aHostThatIsDownDoesNotHoldUpTheOthers() async throws {
        let host = FaultyHost(hostAddress(0))
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let steps = [step(1), step(2, host: 1), step(3, after: [2]), step(4, after: [1]), step(5, after: [1], host: 1)]
        let report = await apply(plan(steps, hosts: 2), in: &session, on: FaultyHypervisor([host]))
        #expect(report.doneIDs == [1, 4])
        #expect(report.failedIDs == [2], "told once")
        #expect(report.failed.allSatisfy { $0.error.reason == .unreachable })
        #expect(report.skippedIDs == [3, 5])
        #expect(session.openIntents.isEmpty)
    }

    /// The daemon goes while steps of its host run, are announced, wait for their pool and for each other.
    @Test func aHostThatGoesIsLeftAlone() async throws {
        let gone = HostError(.unreachable, "The connection was lost", "It is gone.")
        let host = FaultyHost(hostAddress(0)) { _, operation in
            operation.address == step(3).operation.address ? .fail(gone) : nil
        }
        let other = FaultyHost(hostAddress(1))
        var session = try await StateSession.open(MemoryStore(), as: holder)
        let steps = (1...300).map { step($0, after: $0 > 200 ? [$0 - 200] : []) } + [step(301, host: 1)]
        let report = await apply(
            plan(steps, hosts: 2), in: &session, on: FaultyHypervisor([host, other]),
            limits: ApplyLimits(parallelism: 1))
        #expect(report.doneIDs.isSuperset(of: [1, 2, 301]) && report.doneIDs.count == 3)
        #expect(report.failedIDs == [3])
        #expect(report.skipped.count == 297)
        #expect(report.skipped.allSatisfy { $0.waitsFor?.id == 3 })
        // Whether the one that failed was done is not known; nothing else was begun.
        #expect(session.openIntents.map(\.address) == [step(3).operation.address])
    }

    /// Who is told to stop does not wait for a guest to get ready.
    @Test func anInterruptEndsAWait() async throws {
        let stop = StopFlag()
        let host = FaultyHost(hostAddress(0)) { _, operation in
            operation.verb == .wait ? .fail(HostError(.timedOut, "It is not ready", "No.")) : nil
        }
        var session = try await StateSession.open(MemoryStore(), as: holder)
        let waits = { (id: Int) in
            Step(
                id: id, operation: Operation(.wait, step(1).operation.object, of: step(1).operation.address),
                after: [1], effect: .none)
        }
        let report = await apply(
            plan([step(1), waits(2), step(3, after: [2])]), in: &session, on: FaultyHypervisor([host]), stop: stop
        ) { event in
            if case .started(let step) = event, step.id == 2 { stop.request() }
        }
        #expect(
            report.doneIDs == [1] && report.remainingIDs == [2, 3] && report.failed.isEmpty && report.skipped.isEmpty)
        #expect(report.interrupted && session.openIntents.isEmpty)
    }

    @Test func afterAnInterruptWhatRunsIsFinishedAndRecorded() async throws {
        let gate = Gate()
        let host = FaultyHost(hostAddress(0)) { _, _ in .hang(gate) }
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let stop = StopFlag()
        let watch = Task {
            while gate.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
            stop.request()
            gate.open()
        }
        let report = await apply(
            plan((1...500).map { step($0) }), in: &session, on: FaultyHypervisor([host]),
            limits: ApplyLimits(parallelism: 2), stop: stop)
        try await watch.value
        #expect(report.interrupted)
        #expect(report.doneIDs == [1, 2])
        #expect(report.remainingIDs == Set(3...500))
        #expect(session.openIntents.isEmpty, "what was announced and not begun is withdrawn")
        #expect(try readState(store).recorded.records.count == 2)
    }

    @Test func aConnectionThatHangsDoesNotOutliveAnInterruptedRun() async throws {
        let gate = Gate()
        let stop = StopFlag()
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        stop.request()
        let report = await apply(
            plan([step(1)]), in: &session, on: FaultyHypervisor([], gate: gate), stop: stop)
        #expect(report.interrupted && report.remainingIDs == [1])
    }

    @Test(arguments: [
        [step(1, after: [2]), step(2, after: [1]), step(3)],
        [step(1, after: [99]), step(2, after: [1]), step(3)],
        [step(1, after: [1]), step(2, after: [1, 1]), step(3)],
    ])
    func aPlanThatCannotEndEnds(steps: [Step]) async throws {
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let report = await apply(plan(steps), in: &session, on: FaultyHypervisor([FaultyHost(hostAddress(0))]))
        #expect(report.doneIDs == [3])
        #expect(report.skippedIDs == [1, 2])
    }

    @Test func recordsWhatNeedsNoStep() async throws {
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        var first = plan([])
        guard case .put(let one) = step(1).effect, case .put(let two) = step(2).effect else { return }
        first.unrecorded = [one, two]
        _ = await apply(plan([]), in: &session, on: FaultyHypervisor([]))
        let isFolded = !session.needsFold
        #expect(isFolded, "there was nothing to record")
        _ = await apply(first, in: &session, on: FaultyHypervisor([]))
        let isChanged = session.needsFold
        #expect(isChanged)
        #expect(session.recorded.records.count == 2)
        var second = plan([])
        second.forgotten = [one.address]
        _ = await apply(second, in: &session, on: FaultyHypervisor([]))
        #expect(try readState(store).recorded.records == [two.address: two])
    }

    /// Ready steps are announced together: one wait for the disk for many.
    @Test func manyIntentsShareASynchronization() async throws {
        let store = MemoryStore()
        var session = try await StateSession.open(store, as: holder)
        let report = await apply(
            plan((1...1024).map { step($0) }), in: &session, on: FaultyHypervisor([FaultyHost(hostAddress(0))]))
        #expect(report.done.count == 1024)
        #expect(store.content.withLock { $0.synchronizations } == 4)
    }

    /// Whichever write fails: nothing is begun after it, and the state knows of all that was done.
    @Test(arguments: 1...40) func aStateThatCannotBeWrittenStopsTheRun(failing: Int) async throws {
        let store = MemoryStore { $0 >= failing }
        let host = FaultyHost(hostAddress(0))
        var session = try await StateSession.open(store, as: holder)
        let steps = (1...12).map { step($0, after: $0 > 2 ? [$0 - 2] : []) }
        let events = Events()
        let report = await apply(plan(steps), in: &session, on: FaultyHypervisor([host]), report: events.add)
        let made = Set(host.objects.map { $0.object.name })
        let view = try readState(store)
        let known = Set(view.recorded.records.values.map(\.object.name)).union(view.intents.map(\.object.name))
        #expect(known.isSuperset(of: made))
        #expect(report.doneIDs.count == made.count)
        #expect(Set(session.recorded.records.values.map(\.object.name)) == made)
        if let error = report.stateError {
            #expect(error.code == .full)
            #expect(report.doneIDs.union(report.remainingIDs) == Set(1...12))
            let trouble = try #require(events.all.firstIndex { if case .stateTrouble = $0 { true } else { false } })
            #expect(!events.all[trouble...].contains { if case .started = $0 { true } else { false } })
        } else {
            #expect(report.doneIDs.count == 12)
        }
    }

    @Test func anOutcomeThatCouldNotBeWrittenGoesWithTheNextWrite() async throws {
        // 1 the hosts, 2 the intents, 3 the first outcome.
        let store = MemoryStore { $0 == 3 }
        var session = try await StateSession.open(store, as: holder)
        let report = await apply(
            plan([step(1), step(2)]), in: &session, on: FaultyHypervisor([FaultyHost(hostAddress(0))]),
            limits: ApplyLimits(parallelism: 2))
        #expect(report.stateError != nil)
        #expect(report.done.count == 2)
        #expect(try readState(store).recorded.records.count == 2)
        #expect(try readState(store).intents.isEmpty)
    }
}

/// How many jobs of one pool ran at once at most.
func mostAtOnceInAPool(_ host: FaultyHost) -> Int {
    var running: [String: Int] = [:]
    var most = 0
    for mark in host.marks {
        switch mark {
        case .began(let operation):
            guard let pool = operation.object.pool else { continue }
            running[pool, default: 0] += 1
            most = max(most, running[pool] ?? 0)
        case .ended(let operation, _):
            if let pool = operation.object.pool { running[pool, default: 0] -= 1 }
        }
    }
    return most
}
