import Model
import TestSupport
import Testing

@testable import CLI

@Suite struct PatienceTests {
    @Test func whoDoesNotAnswerIsLeftAlone() async {
        let gate = Gate()
        defer { gate.open() }
        await #expect { try await within(.milliseconds(50), of: Lab.host) { await gate.pass() } } throws: {
            ($0 as? HostError)?.reason == .timedOut
        }
    }

    @Test(arguments: [nil, .seconds(100)] as [Duration?])
    func whoAnswersIsHeard(_ limit: Duration?) async throws {
        #expect(try await within(limit, of: Lab.host) { 7 } == 7)
        let error = HostError(.denied, "It may not be read", "Permission denied.")
        await #expect(throws: error) {
            try await within(limit, of: Lab.host) { () async throws(HostError) -> Int in throw error }
        }
    }
}
