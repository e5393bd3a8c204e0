import Model
import TestSupport
import Testing

/// What an apply says while it waits for a guest.
@Suite(.needsPrivateLibvirt) struct QEMUWaitTests {
    @Test func anApplySaysWhatItWaitsForAndWhatItSees() async throws {
        let host = try await PrivateLibvirt.start()
        // Without an operating system it never asks for an address.
        let machine = Manifests.machine(
            "db", annotations: "rigaud.io/ready: \"tcp:9\", rigaud.io/ready-timeout: 1s")
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(Manifests.provider("sim", host.uri), Manifests.vmClass(), machine)
        ])
        let result = try await stack.rigaud("apply", "--yes")
        #expect(result.exitStatus == 4, "\(result)")
        let seen = "running, no address, no DHCP lease, the guest agent does not answer"
        #expect(
            result.standardError.contains("  … wait for VirtualMachine/db: TCP port 9 (\(seen)"), "\(result)")
        #expect(result.standardError.contains("so that nothing was tried"), "\(result)")
    }
}
