import Glibc
import Model
import StateFile
import Testing

@Suite struct JournalTests {
    let scratch = Scratch()

    /// Ten steps in groups of two, each concluded.
    private func write(_ location: StateLocation) async throws {
        try await fold([], at: location)
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        for pair in 0..<5 {
            let records = [domain("a\(pair)"), domain("b\(pair)")]
            let ids = try session.intend(records.map { step(.create, $0) })
            for id in ids { try session.conclude(id, .done) }
        }
    }

    @Test func aTornTailIsNoErrorAndLosesNothingBeforeIt() async throws {
        let location = try scratch.location
        try await write(location)
        let whole = contents(location.journalPath)
        var done = 0
        var line = 0
        for count in 0...whole.count {
            // Header, hosts, then per group: two intents, two outcomes.
            if count > 0, whole[count - 1] == 10 {
                line += 1
                if line > 2, (line - 3) % 4 >= 2 { done += 1 }
            }
            put(Array(whole[..<count]), at: location.journalPath)
            let view = try readState(location)
            #expect(view.recorded.records.count == done, "cut at byte \(count)")
        }
        #expect(done == 10)
    }

    @Test func whatWasTornIsCutOffByTheNextWrite() async throws {
        let location = try scratch.location
        try await write(location)
        let whole = contents(location.journalPath)
        put(Array(whole.dropLast(5)), at: location.journalPath)
        do {
            var session = try await StateSession.open(location, as: holder)
            #expect(session.openIntents.count == 1)
            let id = try #require(session.openIntents.first).id
            guard case .torn = session.journalFound else { Issue.record("not torn"); return }
            try session.conclude(id, .done)
        }
        let view = try readState(location)
        #expect(view.journal == .whole(entries: 21))
        #expect(view.recorded.records.count == 10)
    }

    @Test func aTornMiddleIsReportedWithItsPlace() async throws {
        let location = try scratch.location
        try await write(location)
        let whole = contents(location.journalPath)
        let lines = whole.indices.filter { $0 == 0 || whole[$0 - 1] == 10 }
        // Everything before the last group's lines was synchronized before they were written.
        for start in lines.dropLast(4) {
            var bytes = whole
            bytes[start + 9] ^= 1
            put(bytes, at: location.journalPath)
            let error = #expect(throws: StateError.self) { try readState(location) }
            #expect(error?.code == .journalDamaged)
            #expect(error?.detail.contains("byte \(start),") ?? false, "\(error?.detail ?? "")")
        }
    }

    @Test func aHoleInWhatNobodyVouchesForIsATornTail() async throws {
        let location = try scratch.location
        try await write(location)
        var bytes = contents(location.journalPath)
        let lines = bytes.indices.filter { $0 > 0 && bytes[$0 - 1] == 10 }
        // The last group was being written when the power went: its first line was lost, its second was not. Nothing
        // of it had begun, so there are no outcomes.
        bytes.removeSubrange(lines[lines.count - 2]...)
        bytes[lines[lines.count - 4] + 9] ^= 1
        put(bytes, at: location.journalPath)
        let view = try readState(location)
        #expect(view.recorded.records.count == 8)
        #expect(view.intents.isEmpty)
    }

    @Test func anyBytesAreReadWithoutTrapping() async throws {
        let location = try scratch.location
        try await write(location)
        let whole = contents(location.journalPath)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            put(bytes, at: location.journalPath)
            _ = try? readState(location)
        }
    }

    @Test func aSecondStepOfAnObjectTellsOnlyTheDifference() async throws {
        let location = try scratch.location
        try await fold([], at: location)
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        var off = domain("web")
        off.attributes[.power] = "Off"
        off.attributes[.autostart] = true
        _ = try session.intend([step(.create, off)])
        let before = session.journalSize
        let ids = try session.intend([step(.start, domain("web"))])
        #expect(session.journalSize - before < 150)
        try session.conclude(ids.lowerBound - 1, .done)
        try session.conclude(ids.lowerBound, .done)
        let view = try readState(location)
        #expect(view.recorded.records[off.address] == domain("web"))
    }

    @Test func writesAtMostThreeTimesTheFinalStatesBytes() async throws {
        let location = try scratch.location
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        for number in 0..<200 {
            var off = domain("vm\(number)")
            off.attributes[.power] = "Off"
            let ids = try session.intend([
                step(.create, volume("vm\(number)")), step(.create, off), step(.start, domain("vm\(number)")),
            ])
            for id in ids { try session.conclude(id, .done) }
        }
        let journal = session.journalSize
        try session.fold(by: author, from: source)
        let snapshot = contents(location.path).count
        #expect(journal + snapshot <= 3 * snapshot)
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
