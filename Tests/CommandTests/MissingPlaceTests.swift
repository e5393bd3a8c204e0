import Model
import TestSupport
import Testing

/// Networks and pools that are neither on the host nor among the manifests: the plan says so, not the apply.
@Suite struct MissingPlaceTests {
    static let network = """
        apiVersion: rigaud.io/v1alpha1
        kind: Network
        metadata: {name: lan}
        spec: {providerRef: {name: sim}, mode: isolated}

        """

    static func pool(_ name: String) -> String {
        """
        apiVersion: rigaud.io/v1alpha1
        kind: StoragePool
        metadata: {name: \(name)}
        spec: {providerRef: {name: sim}, type: dir, target: {path: /srv/\(name)}}

        """
    }

    static func machine(disk: String, network: String) -> String {
        Manifests.machine(
            "web", disks: "[{name: root, size: 1Gi, storageClass: \(disk)}]", networks: "[{name: \(network)}]")
    }

    @Test(
        arguments: [
            ("tank", "lan", []), ("default", "default", []), ("tnak", "lan", ["pool-missing"]),
            ("tank", "lam", ["network-missing"]), ("tnak", "lam", ["network-missing", "pool-missing"]),
        ] as [(String, String, [String])])
    func isSaidByThePlan(disk: String, network: String, codes: [String]) async throws {
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), Self.network, Self.pool("tank")),
            "web.yaml": Self.machine(disk: disk, network: network),
        ])
        // A simulated host takes any network, and does not know those of the host that it stands for.
        let status: Int32 = codes.contains("pool-missing") ? 1 : 0
        let plan = try await stack.rigaud("plan", "--format", "json", expecting: status)
        let diagnostics = try JSONReader.value(of: plan)["diagnostics"]?.items ?? []
        #expect(diagnostics.compactMap { $0["code"]?.text }.sorted() == codes)
        let lines = ["pool-missing": 8, "network-missing": 9] as [String: Int64]
        for diagnostic in diagnostics {
            #expect(diagnostic["file"] == "web.yaml")
            #expect(diagnostic["severity"] == (diagnostic["code"] == "pool-missing" ? "error" : "warning"))
            #expect(diagnostic["line"]?.number == lines[diagnostic["code"]?.text ?? ""], "\(diagnostic)")
            #expect(diagnostic["address"]?.text?.hasPrefix("VirtualMachine/default/web") == true)
        }
        let applied = try await stack.rigaud("apply", "--yes")
        #expect(applied.exitStatus == status, "\(applied)")
        for (word, code) in [("`tank`", "pool-missing"), ("`lan`", "network-missing")] where codes.contains(code) {
            #expect(applied.standardError.contains("Did you mean \(word)?"), "\(applied)")
        }
    }

    @Test func aDiskThatMovesToAPoolThatIsNowhere() async throws {
        func files(_ disk: String) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), Self.machine(disk: disk, network: "default"))
        }
        let stack = try TestStack(["lab.yaml": files("default")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(files("defualt"), to: "lab.yaml")
        for leave in ["restart", "replace"] {
            let result = try await stack.rigaud("apply", "--yes", "--allow", leave)
            #expect(result.exitStatus == 1 && result.standardError.contains("Did you mean `default`?"), "\(result)")
        }
    }
}
