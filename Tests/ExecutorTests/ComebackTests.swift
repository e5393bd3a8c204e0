import Executor
import Hypervisor
import Model
import StateFile
import TestSupport
import Testing

/// Guests that are off for something that is not done after all.
@Suite struct ComebackTests {
    private let lan = ObjectReference(.network, host: hostAddress(0), name: "lan", id: ObjectID(high: 2, low: 1))

    private func operation(_ verb: Operation.Verb, _ name: String) -> Operation {
        if name == "lan" { return Operation(verb, lan, of: Address(kind: "Network", name: "lan")) }
        let object = ObjectReference(
            .domain, host: hostAddress(0), name: name, id: ObjectID(high: 1, low: UInt64(name.utf8.first ?? 0)))
        return Operation(verb, object, of: Address(kind: "VirtualMachine", name: name))
    }

    private func record(_ name: String, _ attributes: [(Attribute, Value)]) -> Record {
        let operation = operation(.start, name)
        return Record(
            operation.address, operation.object, attributes: .init(attributes.map { (AttributePath($0), $1) }))
    }

    /// A network is restarted, with two guests on it; one of them is changed with it.
    private var steps: [Step] {
        let effect = { (name: String, power: Value, vcpus: Value) in
            RecordEffect.put(record(name, [(.power, power), (.vcpus, vcpus)]))
        }
        return [
            Step(id: 1, operation: operation(.stop, "good"), after: [], effect: effect("good", "Off", 1)),
            Step(id: 2, operation: operation(.stop, "deaf"), after: [], effect: effect("deaf", "Off", 1)),
            Step(id: 3, operation: operation(.update, "lan"), after: [1, 2], effect: .none),
            Step(id: 4, operation: operation(.stop, "lan"), after: [3], effect: .none),
            Step(id: 5, operation: operation(.start, "lan"), after: [4], effect: .none),
            Step(id: 6, operation: operation(.update, "good"), after: [1, 5], effect: effect("good", "Off", 2)),
            Step(id: 7, operation: operation(.start, "good"), after: [6], effect: effect("good", "On", 2)),
            Step(id: 8, operation: operation(.wait, "good"), after: [7], effect: .none),
            Step(id: 9, operation: operation(.start, "deaf"), after: [2, 5], effect: effect("deaf", "On", 1)),
        ]
    }

    /// What fails; what is done, and what is recorded of the one that would have started.
    @Test(
        arguments: [
            (2, [1, 7], "On", 1), (3, [1, 2, 7, 9], "On", 1), (4, [1, 2, 3, 7, 9], "On", 1),
            // What is off now cannot be started with.
            (5, [1, 2, 3, 4], "Off", 1),
            (6, [1, 2, 3, 4, 5, 7, 9], "On", 1), (1, [2, 9], nil, nil),
        ] as [(Int, Set<Int>, Value?, Value?)], [Duration.zero, .milliseconds(30)])
    func whoWasTurnedOffComesBack(
        _ expected: (failing: Int, done: Set<Int>, power: Value?, vcpus: Value?), delay: Duration
    )
        async throws
    {
        let failing = steps[expected.failing - 1].operation
        let host = FaultyHost(hostAddress(0)) { _, operation in
            if operation == failing { return .fail(broken) }
            return operation.verb == .stop ? .delay(delay) : nil
        }
        for name in ["good", "deaf", "lan"] {
            host.place(ObservedObject(operation(.start, name).object, attributes: .init()))
        }
        var session = try await StateSession.open(MemoryStore(), as: holder)
        let report = await apply(plan(steps), in: &session, on: FaultyHypervisor([host]))
        #expect(report.failedIDs == [expected.failing] && report.doneIDs == expected.done, "\(report.doneIDs)")
        #expect(report.skippedIDs == Set(1...9).subtracting(expected.done).subtracting([expected.failing]))
        let recorded = session.recorded.records[operation(.start, "good").address]
        #expect(recorded?.attributes[.power] == expected.power && recorded?.attributes[.vcpus] == expected.vcpus)
        #expect(session.openIntents.isEmpty)
    }
}
