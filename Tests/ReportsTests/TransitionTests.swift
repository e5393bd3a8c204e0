import Model
import TestSupport
import Testing

@testable import Reports

@Suite struct TransitionTests {
    static let runs: [Character: RunReport] = {
        var unknown = Samples.report("drift", exitStatus: 8)
        unknown.plan?.changes = []
        return [
            "f": Samples.inSync, "d": Samples.report("drift"), "u": unknown, "x": Samples.invalid, "a": Samples.applied,
            "l": Samples.report("drift", nil, exitStatus: 7),
        ]
    }()

    /// The events of runs one after the other, a dot for silence.
    static func events(_ runs: String, after: Int = 1) throws -> String {
        var memory: [UInt8]?
        return try runs.map { run in
            let transition = try Transition(from: memory, to: Self.runs[run] ?? Samples.inSync, after: after)
            memory = transition.memory
            guard let body = transition.body else { return "." }
            return try JSONReader.value(of: body)["event"]?.text?.prefix(1).description ?? "?"
        }.joined()
    }

    @Test(arguments: [
        // In sync from the beginning; drift once; recovery once.
        ("fffff", 1, "....."), ("ddd", 1, "d.."), ("fddff", 1, ".d.r."), ("duf", 1, "dur"), ("xxf", 1, "f.r"),
        ("dxd", 1, "dfd"),
        ("af", 1, "fr"),
        // With a threshold, flapping is silent, and so is the end of what nobody was told of.
        ("dfdfdf", 2, "......"), ("ddd", 2, ".d."), ("ddfdfdd", 2, ".dr...d"), ("dududu", 2, "......"),
        ("dddd", 3, "..d."),
        // A run that was locked out says nothing, and does not interrupt.
        ("dldl", 2, "..d."), ("lll", 1, "..."),
    ])
    func transitions(runs: String, after: Int, expected: String) throws {
        #expect(try Self.events(runs, after: after) == expected)
    }

    @Test(arguments: [("drift", "d"), ("failed", "a"), ("unknown", "u"), ("invalid", "x")])
    func body(name: String, run: Character) async throws {
        let body = try #require(try Transition(from: nil, to: Self.runs[run] ?? Samples.inSync).body)
        let text = JSONWriter.text(of: try JSONReader.value(of: body), pretty: true)
        try expectGolden(text + "\n", "notify-\(name).json")
        try await Tools.check(body, against: Tools.schema("notification"))
    }

    @Test func nothingIsMentionedAndNoValueIsTold() throws {
        let body = String(try #require(try Transition(from: nil, to: Samples.hostile).body))
        let text = try #require(try JSONReader.value(of: body)["text"]?.text)
        #expect(!text.contains("<") && !text.contains("@e") && !text.contains("\u{202E}"))
        let drift = String(try #require(try Transition(from: nil, to: Samples.drift).body))
        #expect(!drift.contains("made | by") && drift.contains("\"description\""))
    }

    @Test func whatIsSuspendedIsNoTrouble() throws {
        var report = Samples.drift
        report.suspended = [Suspension(nil, reason: "a move")]
        report.plan?.hosts.removeLast()
        report.plan?.unknown = []
        #expect(try Transition(from: nil, to: report).body == nil)
    }

    @Test(arguments: [
        "", "nonsense", "{}", #"{"formatVersion":9}"#, #"{"formatVersion":1,"announced":"x"}"#,
        String(repeating: " ", count: 1 << 17),
    ])
    func hostileFilesAreErrors(text: String) {
        let error = #expect(throws: ReportError.self) { try Transition(from: Array(text.utf8), to: Samples.inSync) }
        #expect(error?.code == "notify-status-unreadable")
    }
}
