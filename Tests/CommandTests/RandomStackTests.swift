import Model
import TestSupport
import Testing

/// Whatever the manifests said before and say now: after an apply with every leave a plan is empty, and after a destroy
/// nothing is left. A failing seed is a case; its manifests are in the message.
@Suite struct RandomStackTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func convergesFromAnythingToAnything(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let stack = try TestStack()
        for round in 1...4 {
            let manifests = Self.stack(using: &generator)
            try stack.scratch.write(manifests, to: "lab.yaml")
            let everything = "restart,replace,delete-data"
            let applied = try await stack.rigaud("apply", "--yes", "--allow", everything)
            #expect(applied.exitStatus == 0, "seed \(seed), round \(round): \(applied)\n\(manifests)")
            let plan = try await stack.rigaud("plan", "--detailed-exitcode")
            #expect(plan.exitStatus == 0, "seed \(seed), round \(round): \(plan)\n\(manifests)")
            #expect(plan.standardOutput.contains("No changes"), "seed \(seed), round \(round): \(plan)\n\(manifests)")
        }
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try stack.machineFiles().isEmpty && stack.volumeFiles().isEmpty)
    }

    static func stack(using generator: inout SeededGenerator) -> String {
        var documents = [Manifests.simulatedProvider]
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
        func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: elements.indices, using: &generator)]
        }
        for name in ["small", "large"] {
            let machine = pick(["", "machine: q35, ", "machine: pc-i440fx-7.2, "])
            let cache = pick(["", "cache: none, io: native", "cache: writethrough"])
            let profile = chance(40) ? ", performanceProfile: {cpuHotAddEnabled: true, memoryHotAddEnabled: true}" : ""
            documents.append(
                Manifests.vmClass(
                    name, cpu: pick([1, 2, 4]), memory: pick(["256Mi", "512Mi", "1Gi", "1.5Gi"]),
                    more: "\(profile), spec: {\(machine)storage: {\(cache)}}"))
        }
        if chance(60) {
            documents.append(
                """
                apiVersion: rigaud.io/v1alpha1
                kind: Network
                metadata: {name: lan}
                spec:
                  mode: \(pick(["nat", "isolated"]))
                  addresses: [{address: 192.0.2.1/24, dhcp: {ranges: [{start: 192.0.2.10, end: 192.0.2.\(pick([50, 99]))}]}}]

                """)
        }
        let hasLAN = documents.count > 3
        for name in ["a", "b", "c", "d"] where chance(70) {
            let disks = ["root", "data", "log"].filter { _ in chance(60) }
                .map { "{name: \($0), size: \(pick(["1Gi", "2Gi", "3Gi"]))}" }
            let networks = (["default"] + (hasLAN ? ["lan"] : [])).filter { _ in chance(70) }.map { "{name: \($0)}" }
            documents.append(
                Manifests.machine(
                    name, vmClass: pick(["small", "large"]), power: pick(["On", "On", "Off", "OffGraceful"]),
                    disks: "[\(disks.joined(separator: ", "))]", networks: "[\(networks.joined(separator: ", "))]",
                    annotations: pick([
                        "", "rigaud.io/description: d\(Int.random(in: 0...3, using: &generator))",
                        "rigaud.io/autostart: \"true\"",
                    ])))
        }
        // An empty stack is refused, on purpose: there is always one machine.
        documents.append(Manifests.machine("always", disks: "[]"))
        return Manifests.stream(documents)
    }
}
