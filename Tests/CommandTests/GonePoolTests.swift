import Glibc
import TestSupport
import Testing

@Suite struct GonePoolTests {
    /// With one host down, what cannot be seen on another one is listed too.
    @Test func aPoolThatWentWithItsManifest() async throws {
        let pool = MissingPlaceTests.pool("tank")
        let rest = Manifests.stream(Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("db"))
        let volume = """
            apiVersion: rigaud.io/v1alpha1
            kind: Volume
            metadata: {name: data}
            spec: {providerRef: {name: sim}, pool: tank, size: 1Gi}

            """
        let stack = try TestStack(["lab.yaml": rest, "pool.yaml": Manifests.stream(pool, volume)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try #require(
            rename(stack.scratch.path(".rigaud/hosts/default.sim/pools/tank"), stack.scratch.path("tank")) == 0)
        let far = Manifests.stream(
            Manifests.provider("far", "qemu+unix:///system?socket=/nonexistent/socket"),
            Manifests.machine("away", provider: "far"))
        try stack.scratch.write(far, to: "pool.yaml")
        let plan = try await stack.rigaud("plan", "--allow", "delete-data")
        #expect(plan.exitStatus == 8 && plan.standardOutput.contains("3 unknown"), "\(plan)")
        #expect(plan.standardOutput.contains("? Provider/far") && plan.standardOutput.contains("? Volume/data"))
        #expect(plan.standardError.contains("Put its StoragePool back"), "\(plan)")
        try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 8)
        #expect(try await stack.rigaud("state", "list", expecting: 0).contains("Volume/data"))
        try #require(
            rename(stack.scratch.path("tank"), stack.scratch.path(".rigaud/hosts/default.sim/pools/tank")) == 0)
        try stack.scratch.write(Manifests.stream(pool), to: "pool.yaml")
        try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try !(await stack.rigaud("state", "list", expecting: 0)).contains("Volume/data"))
    }
}
