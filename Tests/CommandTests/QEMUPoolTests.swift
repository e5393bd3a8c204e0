import Glibc
import TestSupport
import Testing

/// Pools on real libvirtd, changed by hand.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUPoolTests {
    private func stack(_ host: PrivateLibvirt, at target: String) throws -> TestStack {
        try TestStack(["lab.yaml": lab(host, at: target)])
    }

    private func lab(_ host: PrivateLibvirt, at target: String) -> String {
        let pool = """
            apiVersion: rigaud.io/v1alpha1
            kind: StoragePool
            metadata: {name: tank}
            spec: {providerRef: {name: sim}, type: dir, target: {path: \(target)}}

            """
        return Manifests.stream(
            Manifests.provider("sim", host.uri), pool, Manifests.vmClass(memory: "64Mi"),
            Manifests.machine("web", disks: "[{name: root, size: 1Gi, storageClass: tank}]"))
    }

    private func define(_ target: String, for stack: TestStack, on host: PrivateLibvirt) async throws {
        let xml = try await host.virsh("pool-dumpxml", "tank")
        let path = try Regex("<path>.*</path>")
        try stack.scratch.write(xml.replacing(path, with: "<path>\(target)</path>"), to: "pool.xml")
        try await host.virsh("pool-define", stack.scratch.path("pool.xml"))
    }

    /// What was made in it is where it was, and nothing is made in its place.
    @Test func aPoolThatWasPointedElsewhere() async throws {
        let host = try await PrivateLibvirt.start()
        let (tank, other) = ("\(host.directory)/tank", "\(host.directory)/other")
        let stack = try stack(host, at: tank)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "web")
        try await define(other, for: stack, on: host)
        let defined = try await stack.rigaud("plan", expecting: 0)
        #expect(defined.contains("1 to replace") && !defined.contains("unknown"), "\(defined)")
        try await host.virsh("pool-destroy", "tank")
        try await host.virsh("pool-build", "tank")
        try await host.virsh("pool-start", "tank")
        let plan = try await stack.rigaud("plan")
        #expect(plan.exitStatus == 8, "\(plan)")
        #expect(plan.standardOutput.contains("? VirtualMachine/web/disk/root"), "\(plan)")
        #expect(!plan.standardOutput.contains("to create") && !plan.standardOutput.contains("~"), "\(plan)")
        #expect(plan.standardError.contains("A pool is not where it was made"), "\(plan)")
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.contains("? VirtualMachine/web/disk/root"), "\(drift)")
        try await stack.rigaud("apply", "--yes", expecting: 8)
        #expect(try filesIn(other).isEmpty && filesIn(tank).count == 1)
        // It is put back, and all is there again.
        try await stack.rigaud("apply", "--yes", "--allow", "replace", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try await host.virsh("vol-list", "tank").contains("web-root"))
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
    }

    /// Who moves the files too says so in the manifest.
    @Test func aPoolThatWasMovedWithItsFiles() async throws {
        let host = try await PrivateLibvirt.start()
        let (tank, other) = ("\(host.directory)/tank", "\(host.directory)/other")
        let stack = try stack(host, at: tank)
        try stack.scratch.write(
            lab(host, at: tank).replacing("powerState: On", with: "powerState: Off"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await define(other, for: stack, on: host)
        try await host.virsh("pool-destroy", "tank")
        try #require(rename(tank, other) == 0)
        try await host.virsh("pool-start", "tank")
        try stack.scratch.write(
            lab(host, at: other).replacing("powerState: On", with: "powerState: Off"), to: "lab.yaml")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(!plan.contains("unknown") && !plan.contains("to create"), "\(plan)")
    }
}
