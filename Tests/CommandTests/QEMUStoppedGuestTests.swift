import Glibc
import TestSupport
import Testing

/// Guests that are turned off by the plan, or were saved, on real QEMU: what they have is not lost, nor are they.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUStoppedGuestTests {
    private static func manifest(
        _ host: PrivateLibvirt, size: String = "64Mi", start: Int = 10, power: String = "On", image: String? = nil
    ) -> String {
        let network = """
            apiVersion: rigaud.io/v1alpha1
            kind: Network
            metadata: {name: lan}
            spec: {mode: isolated, addresses: [{address: 198.51.100.1/\(start)}]}

            """
        let more = "  lifecycle: {gracefulShutdownTimeout: 300s}\n"
        return Manifests.stream(
            Manifests.provider("sim", host.uri), Manifests.vmClass(memory: "128Mi"), network,
            Manifests.machine(
                "deaf", power: power, disks: "[{name: root, size: \(size)}]", networks: "[{name: lan}]",
                more: "  lifecycle: {gracefulShutdownTimeout: 2s}\n"),
            image.map {
                Manifests.machine("good", networks: "[{name: lan}]", more: more + "  imageRef: {name: guest}\n")
                    + "\n---\n" + Manifests.guestImage($0)
            } ?? "")
    }

    /// Memory that goes on with another disk ruins what is on that.
    @Test func aSavedGuestAndItsDisk() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack(["lab.yaml": Self.manifest(host, start: 25)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await host.virsh("managedsave", "deaf")
        try stack.scratch.write(Self.manifest(host, size: "32Mi", start: 25), to: "lab.yaml")
        let refused = try await stack.rigaud("plan", expecting: 0)
        #expect(refused.contains("resumes from its saved state") && !refused.contains("saved state  "), "\(refused)")
        let plan = try await stack.rigaud("plan", "--allow", "delete-data", expecting: 0)
        #expect(!plan.contains("resumes") && plan.contains("saved state  yes -> no"), "\(plan)")
        try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try await host.virsh("domstate", "deaf", "--reason").contains("running (booted)"))
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)

        // Somebody took the file away meanwhile.
        try await host.virsh("managedsave", "deaf")
        let path = "\(host.imagesDirectory)/deaf-root.qcow2"
        try #require(rename(path, "\(path).aside") == 0)
        try await host.virsh("pool-refresh", "default")
        let without = try await stack.rigaud("apply", "--yes", expecting: 5)
        #expect(without.contains("refused: --allow delete-data"), "\(without)")
        #expect(access(path, F_OK) != 0)
        try #require(rename("\(path).aside", path) == 0)
        try await host.virsh("pool-refresh", "default")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await host.virsh("domstate", "deaf", "--reason").contains("running (restored)"))
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// A running guest goes on with a file that has no name any more.
    @Test func aDiskThatIsTakenFromUnderAGuest() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack(["lab.yaml": Self.manifest(host, start: 25)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "deaf")
        let path = "\(host.imagesDirectory)/deaf-root.qcow2"
        try #require(unlink(path) == 0)
        try await host.virsh("pool-refresh", "default")
        try await stack.rigaud("apply", "--yes", expecting: 5)
        #expect(try await stack.rigaud("drift", expecting: 3).contains("VirtualMachine/deaf/disk/root"))
        #expect(access(path, F_OK) != 0)
        #expect(try await host.virsh("domid", "deaf") == number)
        try stack.scratch.write(Self.manifest(host, start: 25, power: "\"Off\""), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(access(path, F_OK) == 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// One guest that does not listen is no reason for another one to stay off.
    @Test(.needsTestGuest) func whoWasTurnedOffForNothingComesBack() async throws {
        let host = try await PrivateLibvirt.start()
        let image = try await TestGuest.image()
        let stack = try TestStack(["lab.yaml": Self.manifest(host, start: 25, image: image)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "deaf")
        try stack.scratch.write(Self.manifest(host, start: 24, image: image), to: "lab.yaml")
        let applied = try await stack.rigaud("apply", "--yes", "--allow", "restart")
        #expect(applied.exitStatus == 4, "\(applied)")
        #expect(try await host.virsh("domid", "deaf") == number)
        #expect(try await host.virsh("domstate", "good").contains("running"), "\(applied)")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(!plan.contains("Off -> On"), "\(plan)")
    }
}
