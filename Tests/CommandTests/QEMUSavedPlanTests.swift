import TestSupport
import Testing

/// Saved plans on real libvirtd and real QEMU (TCG), each test with a libvirtd of its own.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUSavedPlanTests {
    static func lab(_ host: PrivateLibvirt, memory: String = "128Mi", password: String = "hunter2-secret") -> String {
        Manifests.stream(
            Manifests.provider("sim", host.uri), Manifests.vmClass(memory: memory),
            Manifests.machine(
                "web",
                more: """
                      userData: {cloudInit: {inline: "#cloud-config\\npassword: \(password)\\n"}}
                      lifecycle: {gracefulShutdownTimeout: 2s}

                    """),
            Manifests.machine("spare", power: "Off"))
    }

    @Test func aChangeByHandMakesItStale() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack(["lab.yaml": Self.lab(host)])
        try await stack.rigaud("state", "init", expecting: 0)
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        #expect(try !stack.scratch.read("p").contains("hunter2"), "no secret is in the file")
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        #expect(try await host.virsh("domstate", "web").contains("running"))
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))

        try stack.scratch.write(Self.lab(host, memory: "160Mi"), to: "lab.yaml")
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try await host.virsh("setmaxmem", "spare", "262144", "--config")
        let before = try await host.virsh("dumpxml", "web", "--inactive")
        let stale = try await stack.rigaud("apply", "p", "--yes")
        #expect(stale.exitStatus == 6, "\(stale)")
        #expect(stale.standardError.contains("was 128 MiB and is 256 MiB"), "\(stale)")
        #expect(try await host.virsh("dumpxml", "web", "--inactive") == before, "nothing was done")
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        #expect(try await host.virsh("dumpxml", "web", "--inactive") != before)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    @Test func whatVolumesAreFilledWithIsReadAgain() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack(["lab.yaml": Self.lab(host)])
        try await stack.rigaud("state", "init", expecting: 0)
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try stack.scratch.write(Self.lab(host, password: "another"), to: "lab.yaml")
        let stale = try await stack.rigaud("apply", "p", "--yes")
        #expect(
            stale.exitStatus == 6 && stale.standardError.contains("are not those that it was made from"), "\(stale)")
        #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace))
        try stack.scratch.write(Self.lab(host), to: "lab.yaml")
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
    }
}
