import Model
import TestSupport
import Testing

@testable import Reports

@Suite struct DriftMemoryTests {
    static func plan(_ fields: [(String, String, Value)], unknown: [String] = []) -> Plan {
        let byAddress = Dictionary(grouping: fields, by: \.0).sorted { $0.key < $1.key }
        var plan = Plan(stack: "lab", unknown: unknown.map(Lab.address))
        plan.changes = byAddress.map { address, fields in
            Samples.change(
                .update, address, cause: .drift, fields: fields.map { Samples.field($0.1, $0.2, 1, .drift) })
        }
        return plan
    }

    static func words(_ records: [DriftRecord]) -> [String] {
        records.map {
            "\($0.address.name) \($0.path ?? "-") \($0.status.rawValue) \($0.firstSeen) \($0.lastSeen) \($0.runs)"
        }
    }

    @Test func newThenStillThenGone() throws {
        var memory = DriftMemory()
        let one = Self.plan([("VirtualMachine/a", "vcpus", 3), ("VirtualMachine/b", "vcpus", 4)])
        #expect(Self.words(memory.record(one, at: 100)) == ["a vcpus new 100 100 1", "b vcpus new 100 100 1"])
        memory = try DriftMemory(reading: memory.bytes)
        let two = Self.plan([("VirtualMachine/a", "vcpus", 3), ("VirtualMachine/a", "memory", 5)])
        #expect(
            Self.words(memory.record(two, at: 200)) == [
                "a memory new 200 200 1", "a vcpus still 100 200 2", "b vcpus gone 100 100 1",
            ])
        memory = try DriftMemory(reading: memory.bytes)
        #expect(
            Self.words(memory.record(Self.plan([]), at: 300)) == ["a memory gone 200 200 1", "a vcpus gone 100 200 2"])
        #expect(memory.record(Self.plan([]), at: 400).isEmpty, "gone is said once")
    }

    @Test func anotherValueIsNew() {
        var memory = DriftMemory()
        _ = memory.record(Self.plan([("VirtualMachine/a", "vcpus", 3)]), at: 100)
        #expect(
            Self.words(memory.record(Self.plan([("VirtualMachine/a", "vcpus", 7)]), at: 200)) == [
                "a vcpus new 200 200 1"
            ])
    }

    @Test func whatCannotBeSeenIsNotGone() {
        var memory = DriftMemory()
        _ = memory.record(Self.plan([("VirtualMachine/a", "vcpus", 3), ("VirtualMachine/b", "vcpus", 3)]), at: 100)
        #expect(
            memory.record(Self.plan([], unknown: ["VirtualMachine/a"]), at: 200, isSeen: { $0.name != "b" }).isEmpty)
        let again = Self.plan([("VirtualMachine/a", "vcpus", 3)])
        #expect(Self.words(memory.record(again, at: 300)) == ["a vcpus still 100 300 2", "b vcpus gone 100 100 1"])
    }

    @Test func anObjectThatVanished() {
        var memory = DriftMemory()
        let plan = Plan(stack: "lab", changes: [Samples.change(.create, "VirtualMachine/a", cause: .drift)])
        #expect(Self.words(memory.record(plan, at: 100)) == ["a - new 100 100 1"])
    }

    @Test func whatTheManifestsWantIsNoDrift() {
        var memory = DriftMemory()
        let change = Samples.change(.update, "VirtualMachine/a", fields: [Samples.field("vcpus", 1, 2)])
        #expect(memory.record(Plan(stack: "lab", changes: [change]), at: 100).isEmpty)
    }

    @Test func isBounded() throws {
        var memory = DriftMemory()
        let many = (0..<DriftMemory.limit + 50).map { ("VirtualMachine/vm-\($0)", "vcpus", Value.integer(9)) }
        #expect(memory.record(Self.plan(many), at: 100).count == many.count)
        #expect(memory.entries.count == DriftMemory.limit)
        #expect(try DriftMemory(reading: memory.bytes).entries == memory.entries)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"formatVersion":2,"drifts":[]}"#, #"{"formatVersion":1}"#,
        #"{"formatVersion":1,"drifts":[{}]}"#,
        #"{"formatVersion":1,"drifts":[{"address":"VirtualMachine/a","path":"nonsense","observed":"0","firstSeen":1,"lastSeen":1,"runs":1}]}"#,
        #"{"formatVersion":1,"drifts":[{"address":"","path":null,"observed":"0","firstSeen":1,"lastSeen":1,"runs":1}]}"#,
        #"{"formatVersion":1,"drifts":[{"address":"VirtualMachine/a","path":null,"observed":"0","firstSeen":2,"lastSeen":1,"runs":1}]}"#,
        #"{"formatVersion":1,"drifts":[{"address":"VirtualMachine/a","path":null,"observed":"0","firstSeen":1,"lastSeen":1,"runs":0}]}"#,
        String(repeating: "[", count: 100_000),
    ])
    func hostileFilesAreErrors(text: String) {
        let error = #expect(throws: ReportError.self) { try DriftMemory(reading: Array(text.utf8)) }
        #expect(error?.code == "drift-memory-unreadable")
        #expect(error?.detail.contains("Move the file away") == true)
    }

    @Test(arguments: 1...20)
    func damagedFilesAreErrorsOrMemories(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var memory = DriftMemory()
        _ = memory.record(Self.plan([("VirtualMachine/a", "vcpus", 3), ("VirtualMachine/b", "memory", 4)]), at: 100)
        for _ in 0..<200 {
            var bytes = memory.bytes
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do throws(ReportError) {
                _ = try DriftMemory(reading: bytes)
            } catch {
                #expect(error.code == "drift-memory-unreadable")
            }
        }
    }
}
