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
}
