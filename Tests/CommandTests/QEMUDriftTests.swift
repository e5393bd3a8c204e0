import TestSupport
import Testing

/// Drift and its healing on real libvirtd and real QEMU.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUDriftTests {
    @Test func powerIsHealedFirstAndThenTheRest() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(cpu: 2, memory: "128Mi"),
                Manifests.machine("web"))
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
        try await host.virsh("destroy", "web")
        try await host.virsh("setvcpus", "web", "1", "--config")
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.contains("Changed on the hosts") && drift.contains("Off -> On"), "\(drift)")
        #expect(drift.contains("1 -> 2") && drift.contains("Not managed"), "\(drift)")
        let power = try await stack.rigaud("apply", "--only-drift", "--heal", "power", "--yes", expecting: 5)
        #expect(power.contains("drift, left by --heal power"), "\(power)")
        #expect(try await host.virsh("domstate", "web").contains("running"))
        #expect(try await host.virsh("vcpucount", "web", "--config", "--current").contains("1"))
        let number = try await host.virsh("domid", "web")
        try await stack.rigaud("apply", "--only-drift", "--heal", "next-boot", "--yes", expecting: 0)
        #expect(try await host.virsh("vcpucount", "web", "--config", "--current").contains("2"))
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
        try await stack.rigaud("drift", expecting: 0)
    }
}
