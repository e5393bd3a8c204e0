import Glibc
import TestSupport
import Testing

/// Images on simulated hosts, where nothing is brought and what is not there is taken to be.
@Suite struct SimulatedImageTests {
    @Test(arguments: [
        ("source: {libvirt: {path: /images/a.qcow2}}", "true"),
        ("source: {libvirt: {path: /images/a.qcow2}}, prepare: {onMissing: Wait, timeout: 10m}", "false"),
        ("source: {libvirt: {volume: a.qcow2}}, prepare: {onMissing: Wait, timeout: 10m}", "false"),
        ("source: https://example.org/a.qcow2, prepare: {onMissing: Fail}", "false"),
        ("source: https://example.org/a.qcow2", "true"),
        ("source: https://example.org/a.iso, format: iso", "false"),
    ])
    func areRehearsed(_ image: String, isCopied: String) async throws {
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(),
                "apiVersion: infra.virtrigaud.io/v1beta1\nkind: VMImage\nmetadata: {name: a}\nspec: {\(image)}\n",
                Manifests.machine(
                    "web", more: "  imageRef: {name: a}\n", annotations: "rigaud.io/disk-copy: \"\(isCopied)\""))
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
    }

    /// Without leave to make the disk anew, the machine keeps the seed that its disk was started with.
    @Test(arguments: ["replace", "next-boot"])
    func aSeedThatMeansAnotherDiskWaitsForIt(first: String) async throws {
        func lab(_ policy: String, _ text: String) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(),
                Manifests.machine(
                    "web", more: "  userData: {cloudInit: {inline: \"#cloud-config\\n\(text)\"}}\n",
                    annotations: "rigaud.io/seed-change: \(policy)"))
        }
        let stack = try TestStack(["lab.yaml": lab(first, "locale: C")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        // The policy alone changes nothing, and is there when the seed changes.
        try stack.scratch.write(lab("replace", "locale: C"), to: "lab.yaml")
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try stack.scratch.write(lab("replace", "locale: de"), to: "lab.yaml")
        let seeds = try stack.machineFiles()
        let refused = try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 5)
        #expect(refused.contains("--allow delete-data"), "\(refused)")
        #expect(try stack.machineFiles() == seeds)
        let state = try await stack.rigaud("state", "list", expecting: 0)
        #expect(state.split(separator: "\n").count { $0.contains("/seed/") } == 1, "\(state)")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", "--allow", "delete-data", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// Whose data goes anyway does not start from what is out of date.
    @Test func aDiskThatIsMadeAnewStartsFromTheNewVersion() async throws {
        func lab(_ image: String, _ size: Int) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(),
                """
                apiVersion: infra.virtrigaud.io/v1beta1
                kind: VMImage
                metadata: {name: a}
                spec: {source: {libvirt: {url: "https://example.org/\(image).qcow2"}}}

                """,
                Manifests.machine("web", disks: "[{name: root, size: \(size)Gi}]", more: "  imageRef: {name: a}\n"))
        }
        let stack = try TestStack(["lab.yaml": lab("old", 4)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(lab("new", 2), to: "lab.yaml")
        let refused = try await stack.rigaud("plan")
        #expect(
            refused.standardOutput.contains("refused") && refused.standardOutput.contains("stay on a former version"))
        let permitted = try await stack.rigaud("plan", "--allow", "replace,delete-data", expecting: 0)
        #expect(!permitted.contains("former version"), "\(permitted)")
        try await stack.rigaud("apply", "--yes", "--allow", "replace,delete-data", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try await stack.rigaud("state", "list", expecting: 0).ranges(of: "VMImage/a/").count == 1)
    }

    /// A host that lost everything while its disks were on a former version of their image.
    @Test func aHostThatIsMadeAnew() async throws {
        func lab(_ digit: String) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(),
                """
                apiVersion: infra.virtrigaud.io/v1beta1
                kind: VMImage
                metadata: {name: a}
                spec:
                  source:
                    libvirt: {url: "https://example.org/a.qcow2", checksum: "\(String(repeating: digit, count: 64))"}

                """, Manifests.machine("web", more: "  imageRef: {name: a}\n"))
        }
        let stack = try TestStack(["lab.yaml": lab("1")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(lab("2"), to: "lab.yaml")
        #expect(try await stack.rigaud("apply", "--yes", expecting: 0).contains("stay on a former version"))
        #expect(try await stack.rigaud("state", "list", expecting: 0).ranges(of: "VMImage/a/").count == 2)
        #expect(rename(stack.scratch.path(".rigaud/hosts"), stack.scratch.path("lost")) == 0)
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(!plan.contains("refused") && !plan.contains("former version"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try await stack.rigaud("state", "list", expecting: 0).ranges(of: "VMImage/a/").count == 1)
    }
}
