import Glibc
import Model
import StateFile
import Testing

@Suite struct SessionTests {
    let scratch = Scratch()

    @Test(arguments: [
        (StepOutcome.done, 1, 0), (.failed("no"), 0, 0), (.withdrawn, 0, 0), (.unclear("the line broke"), 0, 1),
    ])
    func anOutcomeIsRecorded(outcome: StepOutcome, records: Int, open: Int) async throws {
        let location = try scratch.location
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        let ids = try session.intend([step(.create, domain("web"))])
        try session.conclude(ids.lowerBound, outcome)
        let view = try readState(location)
        #expect(view.recorded.records.count == records)
        #expect(view.intents.count == open)
        #expect(view.recorded == session.recorded)
        #expect(view.recorded.lineage == session.lineage)
    }

    @Test func openIntentsLiveThroughFolds() async throws {
        let location = try scratch.location
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        _ = try session.intend([step(.create, domain("web")), step(.delete, domain("db"))])
        let intents = session.openIntents
        try session.fold(by: author, from: source)
        #expect(Scratch.names(location.directory) == ["state.json", "state.json.lock"])
        #expect(try readState(location).intents == intents)
        try session.fold(by: author, from: source)
        #expect(try readState(location).intents == intents)
        let ids = try session.intend([step(.create, domain("new"))])
        #expect(ids.lowerBound == 3, "numbers are not given twice")
        try session.conclude(1, .done)
        let view = try readState(location)
        #expect(view.recorded.records[domain("web").address] == domain("web"))
        #expect(view.intents.map(\.id) == [2, 3])
    }

    @Test func aJournalThatWasFoldedIsNotPlayedTwice() async throws {
        let location = try scratch.location
        try await fold([], at: location)
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        for id in try session.intend([step(.create, domain("web"))]) { try session.conclude(id, .done) }
        let journal = contents(location.journalPath)
        try session.fold(by: author, from: source)
        put(journal, at: location.journalPath)
        #expect(try readState(location).journal == .folded)
        // The run that comes next writes its own over it.
        _ = consume session
        var next = try await StateSession.open(location, as: holder)
        for id in try next.intend([step(.delete, domain("web"))]) { try next.conclude(id, .done) }
        #expect(try readState(location).recorded.records.isEmpty)
    }

    @Test func aJournalOfAnotherStateIsRefused() async throws {
        let location = try scratch.location
        try await fold([], at: location)
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI], put: [domain("web")])
        let other = Scratch()
        let otherLocation = try other.location
        try await fold([], at: otherLocation)
        put(contents(location.journalPath), at: otherLocation.journalPath)
        let error = #expect(throws: StateError.self) { try readState(otherLocation) }
        #expect(error?.code == .journalDamaged)
    }

    @Test func aLostSnapshotIsNotANewBeginning() async throws {
        let location = try scratch.location
        try await fold([domain("web")], at: location)
        try await fold([domain("db")], at: location)
        unlink(location.path)
        let error = #expect(throws: StateError.self) { try readState(location) }
        #expect(error?.code == .missing)
    }

    @Test func whatBreaksAnInvariantIsNotBegun() async throws {
        let location = try scratch.location
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI], put: [domain("web")])
        let size = session.journalSize
        let twin = Record(Address(kind: "VirtualMachine", name: "twin"), domain("web").object, attributes: .init())
        var problem: StateError?
        do throws(StateError) { _ = try session.intend([step(.create, twin)]) } catch { problem = error }
        #expect(problem?.code == .invariant)
        #expect(session.journalSize == size)
        #expect(session.openIntents.isEmpty)
    }

    @Test func theLastTenSnapshotsAreKept() async throws {
        let location = try scratch.location
        for number in 1...13 { try await fold([domain("vm\(number)")], at: location) }
        #expect(try stateHistory(location).map(\.serial) == Array((3...12).reversed()))
        for former in try stateHistory(location) {
            #expect(try former.content.get().recordCount == former.serial)
            #expect(try loadFormer(location, serial: former.serial).recorded.records.count == former.serial)
        }
        #expect(try verifyState(location).isWhole)
        var bytes = contents(location.historyPath(serial: 5))
        bytes[bytes.count - 9] ^= 1
        put(bytes, at: location.historyPath(serial: 5))
        let verification = try verifyState(location)
        #expect(!verification.isWhole)
        #expect(
            verification.history.filter { if case .failure = $0.content { true } else { false } }.map(\.serial) == [5])
        #expect(throws: Never.self) { try verification.current.get() }
    }

    @Test func hostsThatNothingIsOnAreForgotten() async throws {
        let location = try scratch.location
        var session = try await StateSession.open(location, as: holder)
        let spare = Address(kind: "Provider", name: "spare")
        try session.note(hosts: [lab: labURI, spare: "test:///spare"], put: [domain("web")])
        try session.fold(by: author, from: source)
        #expect(session.recorded.hosts == [lab: labURI])
        try session.note(remove: [domain("web").address])
        try session.fold(by: author, from: source)
        #expect(session.recorded.hosts.isEmpty)
    }
}
