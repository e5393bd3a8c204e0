import Dispatch
import Glibc
import Model
import StateFile
import Testing

/// A process that writes state without pause, and is killed at any moment. Whatever moment that is, the state can be read,
/// and nothing that was announced is lost.
@Suite struct CrashTests {
    @Test(arguments: 0..<32) func killedAtAnyMoment(round: Int) async throws {
        let scratch = Scratch()
        let location = try scratch.location
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = location.path as String, round = round as Int] in
            var random = SeededGenerator(seed: UInt64(round))
            // Not a task, which would wait for a thread that the loop below never leaves.
            let delay = DispatchTimeInterval.microseconds(Int.random(in: 0...25_000, using: &random))
            DispatchQueue(label: "death").asyncAfter(deadline: .now() + delay) { kill(getpid(), SIGKILL) }
            var session = try await StateSession.open(StateLocation(path), as: holder)
            try session.note(hosts: [lab: labURI])
            for serial in 1... {
                for number in 0..<5 {
                    let ids = try session.intend([step(.create, domain("vm-\(serial)-\(number)"))])
                    // Stands for the effect on a host.
                    put([], at: "\(path).effect-\(serial)-\(number)")
                    for id in ids { try session.conclude(id, .done) }
                }
                try session.fold(by: author, from: source)
            }
        }
        let view = try readState(location)
        let known = Set(view.recorded.records.keys.map { String($0.name) })
            .union(view.intents.map { String($0.address.name) })
        let effects = Scratch.names(location.directory).filter { $0.contains(".effect-") }
            .map { $0.replacing("state.json.effect-", with: "vm-") }
        #expect(known.isSuperset(of: effects))
        // And the next run goes on from there.
        var session = try await StateSession.open(location, as: holder)
        try session.note(hosts: [lab: labURI])
        for intent in session.openIntents { try session.conclude(intent.id, .done) }
        try session.fold(by: author, from: source)
        #expect(try readState(location).recorded.records.count >= effects.count)
    }
}
