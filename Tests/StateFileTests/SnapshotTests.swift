import Glibc
import Model
import StateFile
import Testing

@Suite struct SnapshotTests {
    let scratch = Scratch()

    @Test func readsBackWhatWasWritten() async throws {
        let location = try scratch.location
        var odd = volume("odd")
        odd.isPartial = true
        odd.isCreated = false
        odd.isProtected = true
        odd.shutdownTimeout = 5
        let records = [domain("web"), volume("web"), odd]
        #expect(try await fold(records, at: location) == 1)
        let view = try readState(location)
        #expect(view.recorded.records == Dictionary(uniqueKeysWithValues: records.map { ($0.address, $0) }))
        #expect(view.recorded.hosts == [lab: labURI])
        #expect(view.recorded.serial == 1)
        #expect(view.header?.author == author)
        #expect(view.header?.source == source)
        #expect(view.journal == .absent)
    }

    /// A reviewer's look at the format. To change it on purpose, change it here too.
    @Test func looksAsExpected() async throws {
        let location = try scratch.location
        try await fold([volume("web"), domain("web")], at: location)
        let text = String(decoding: contents(location.path), as: UTF8.self)
        let lineage = try #require(try readState(location).recorded.lineage).description
        let lines = text.replacing(lineage, with: "LINEAGE").split(separator: "\n").dropFirst()
        let golden = contents(#filePath.replacing("SnapshotTests.swift", with: "Golden/state.txt"))
        #expect(lines.joined(separator: "\n") + "\n" == String(decoding: golden, as: UTF8.self))
        #expect(text.hasPrefix("{\"formatVersion\":1,\"sha256\":\""))
        #expect(throws: Never.self) { try JSONReader.value(of: text) }
    }

    @Test func equalStatesAreEqualBytes() async throws {
        let location = try scratch.location
        try await fold([domain("a"), domain("b"), volume("a")], at: location)
        let first = contents(location.path)
        var session = try await StateSession.open(location, as: holder)
        try session.fold(by: author, from: source)
        let second = contents(location.path)
        let changed = zip(first.split(separator: 10), second.split(separator: 10)).filter { $0 != $1 }.count
        #expect(changed == 2, "the checksum's line and the serial's")
    }

    @Test func isForItsOwnerAlone() async throws {
        let location = try scratch.location
        try await fold([domain("web")], at: location)
        try await fold([domain("db")], at: location)
        let modes = [
            location.directory, location.path, location.lockPath, location.historyDirectory,
            location.historyPath(serial: 1),
        ].map { path in
            var information = stat()
            stat(path, &information)
            return information.st_mode & 0o777
        }
        #expect(modes == [0o700, 0o600, 0o600, 0o700, 0o600])
    }

    @Test func everyTruncationIsAnError() async throws {
        let location = try scratch.location
        try await fold([domain("web")], at: location)
        let whole = contents(location.path)
        for count in 0..<whole.count {
            put(Array(whole[..<count]), at: location.path)
            let error = #expect(throws: StateError.self) { try readState(location) }
            #expect(error?.code == .damaged, "at \(count)")
            #expect(error?.command == "rigaud state verify --state \(location.path)")
        }
    }

    @Test func everyFlippedByteIsAnError() async throws {
        let location = try scratch.location
        try await fold([domain("web")], at: location)
        let whole = contents(location.path)
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 1
            put(bytes, at: location.path)
            #expect(throws: StateError.self, "at \(index)") { try readState(location) }
        }
    }

    /// What the checksum does not catch, since whoever wrote it made one.
    @Test(arguments: [
        ("\"kind\":\"domain\"", "\"kind\":\"teapot\"", StateError.Code.damaged),
        ("\"vcpus\":2", "\"vcpus\":2,\"vcpus\":2", .damaged),
        ("\"power\":", "\"pouvoir\":", .damaged),
        ("\"address\":\"VirtualMachine/default/web\"", "\"address\":7", .damaged),
        ("\"address\":\"VirtualMachine/default/web\"", "\"address\":\"VirtualMachine/default/db\"", .damaged),
        ("\"name\":\"web\"", "\"name\":\"web\",\"name\":\"web\"", .damaged),
        ("\"name\":\"web\"", "\"name\":\"web\",\"colour\":\"red\"", .damaged),
        ("\"records\":2", "\"records\":3", .damaged),
        ("\"serial\":1", "\"serial\":-1", .damaged),
        ("\"name\":\"web\"", "\"name\":\"db\"", .invariant),
        ("\"host\":\"Provider/default/lab\"", "\"host\":\"Provider/default/other\"", .invariant),
        ("\"name\":\"web\"", "\"name\":\"web\",\"pool\":\"p\"", .invariant),
        ("disk/root\"]", "disk/root\",\"VirtualMachine/default/web\"]", .invariant),
    ])
    func whatIsNoStateIsRefused(old: String, new: String, code: StateError.Code) async throws {
        let location = try scratch.location
        try await fold([domain("db"), domain("web")], at: location)
        var text = String(decoding: contents(location.path), as: UTF8.self)
        let range = try #require(text.ranges(of: old).last)
        text.replaceSubrange(range, with: new)
        put(resealed(text), at: location.path)
        let error = #expect(throws: StateError.self) { try readState(location) }
        #expect(error?.code == code)
        #expect(error?.detail.contains("history") ?? false)
    }

    @Test func aLaterFormatIsToldFromDamage() async throws {
        let location = try scratch.location
        try await fold([], at: location)
        let text = String(decoding: contents(location.path), as: UTF8.self)
        put(Array(text.replacing("{\"formatVersion\":1", with: "{\"formatVersion\":2").utf8), at: location.path)
        #expect(throws: StateError.self) { try readState(location) }
        let error = #expect(throws: StateError.self) { try readState(location) }
        #expect(error?.code == .newer)
    }

    @Test func lookingCreatesNothing() throws {
        let view = try readState(try scratch.location)
        #expect(view.recorded == RecordedState())
        #expect(Scratch.names(scratch.path).isEmpty)
    }
}
