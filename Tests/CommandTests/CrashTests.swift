import Glibc
import Model
import TestSupport
import Testing

/// Applies that are ended in the middle, by whatever means, and the apply after them.
@Suite(.serialized) struct CrashTests {
    /// 100 machines with a disk each: 200 objects.
    static func many(_ count: Int = 100) -> [String: String] {
        let machines = (0..<count).map { Manifests.machine("vm\($0)") }
        return ["lab.yaml": Manifests.stream([Manifests.simulatedProvider, Manifests.vmClass()] + machines)]
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func killedAtRandomMoments(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let stack = try TestStack(Self.many())
        var kills = 0
        for _ in 0..<8 {
            let child = try stack.start("apply", "--yes")
            await child.signal(SIGKILL, after: .milliseconds(Int.random(in: 20...600, using: &generator)))
            if case .signalled = try await child.result.end { kills += 1 }
            // Whatever was found there, a plan can be made and writes nothing.
            let plan = try await stack.rigaud("plan")
            #expect(plan.exitStatus == 0, "after a kill (seed \(seed)): \(plan)")
        }
        #expect(kills > 0, "no kill came in time")
        try await expectWhole(stack, machines: 100)
    }

    @Test func interruptedOnce() async throws {
        let stack = try TestStack(Self.many(300))
        let child = try stack.start("apply", "--yes")
        await child.signal(SIGINT) { Self.hasBegun(stack) }
        let result = try await child.result
        #expect(result.exitStatus == 130, "\(result)")
        #expect(result.standardError.contains("Finishing what runs"))
        let state = try await stack.rigaud("state", "verify", expecting: 0)
        #expect(state.contains("0 open steps; no journal"), "what ran was finished and recorded: \(state)")
        try await expectWhole(stack, machines: 300)
    }

    @Test func twoAtOnce() async throws {
        let stack = try TestStack(Self.many(300))
        let first = try stack.start("apply", "--yes")
        await first.signal(SIGSTOP) { Self.hasBegun(stack) }
        let second = try await stack.rigaud("apply", "--yes")
        first.signal(SIGCONT)
        #expect(second.exitStatus == 7, "\(second)")
        #expect(second.standardError.contains("locked"))
        #expect(try await first.result.exitStatus == 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    @Test func aDestroyThatIsKilledIsFinishedByTheNext() async throws {
        let stack = try TestStack(Self.many())
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let child = try stack.start("destroy", "--yes", "--allow", "delete-data")
        await child.signal(SIGKILL, after: .milliseconds(150))
        _ = try await child.result
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try stack.machineFiles().isEmpty)
        #expect(try stack.volumeFiles().isEmpty)
    }

    /// The next apply ends clean: nothing twice, nothing forgotten, nothing left over.
    private func expectWhole(
        _ stack: TestStack, machines: Int, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        try await stack.rigaud("apply", "--yes", expecting: 0, sourceLocation: sourceLocation)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0, sourceLocation: sourceLocation)
        try await stack.rigaud("state", "verify", expecting: 0, sourceLocation: sourceLocation)
        let records = try await stack.rigaud("state", "list", expecting: 0, sourceLocation: sourceLocation)
        #expect(records.split(separator: "\n").count == 2 * machines + 1, sourceLocation: sourceLocation)
        #expect(try stack.machineFiles().count == machines, sourceLocation: sourceLocation)
        #expect(try stack.volumeFiles().count == machines, sourceLocation: sourceLocation)
        try await stack.rigaud(
            "destroy", "--yes", "--allow", "delete-data", expecting: 0, sourceLocation: sourceLocation)
        #expect(
            try stack.machineFiles().isEmpty && stack.volumeFiles().isEmpty, "orphans", sourceLocation: sourceLocation)
    }

    /// The apply has made something.
    static func hasBegun(_ stack: TestStack) -> Bool {
        ((try? stack.volumeFiles().count) ?? 0) > 3
    }
}

extension TestStack {
    func volumeFiles(_ provider: String = "default.sim", pool: String = "default") throws -> [String] {
        let folder = ".rigaud/hosts/\(provider)/pools/\(pool)/volumes"
        guard scratch.exists(folder) else { return [] }
        return try filesIn(scratch.path(folder)).filter { $0.hasSuffix(".xml") }
    }
}
