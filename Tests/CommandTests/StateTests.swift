import Glibc
import Model
import TestSupport
import Testing

/// Whose state it is, where it is, and what stands beside it.
@Suite struct StateTests {
    static func network(_ name: String) -> String {
        """
        apiVersion: rigaud.io/v1alpha1
        kind: Network
        metadata: {name: \(name)}
        spec: {mode: isolated}

        """
    }

    static func stack(_ networks: String...) -> String {
        Manifests.stream([Manifests.simulatedProvider] + networks.map(network))
    }

    /// An exported `RIGAUD_STATE` is soon that of the wrong stack.
    @Test(arguments: [["plan"], ["drift"], ["apply"], ["apply", "--yes"]])
    func theStateOfAnotherStackIsNotTakenFor(_ verb: [String]) async throws {
        let stack = try TestStack(
            ["alpha/lab.yaml": Self.stack("lan"), "beta/lab.yaml": Self.stack("wan")],
            environment: ["RIGAUD_STATE": "shared/state.json"])
        try await stack.rigaud("apply", "alpha", "--yes", expecting: 0)
        let result = try await stack.run(verb + ["beta"])
        #expect(result.exitStatus == 1, "\(result)")
        #expect(result.standardError.contains("the state of the stack `alpha`"), "\(result)")
        #expect(result.standardError.contains("--state"), "\(result)")
        #expect(try await stack.rigaud("state", "list", expecting: 0).contains("Network/lan"))
        // What is destroyed is what is recorded, whoever says so; then the state is free.
        try await stack.rigaud("destroy", "alpha", "--yes", expecting: 0)
        try await stack.rigaud("apply", "beta", "--yes", expecting: 0)
    }

    @Test func aStackThatIsRenamedKeepsItsState() async throws {
        let stack = try TestStack(["alpha/lab.yaml": Self.stack("lan", "wan")])
        try await stack.rigaud("apply", "alpha", "--yes", expecting: 0)
        try #require(rename(stack.scratch.path("alpha"), stack.scratch.path("beta")) == 0)
        try await stack.rigaud("plan", "beta", "--detailed-exitcode", expecting: 0)
        try stack.scratch.write(Self.stack("lan", "dmz"), to: "beta/lab.yaml")
        try await stack.rigaud("apply", "beta", "--yes", expecting: 0)
        // By now it is called so.
        try stack.scratch.write(Self.stack("mgmt"), to: "beta/lab.yaml")
        try await stack.rigaud("apply", "beta", "--yes", expecting: 0)
    }

    @Test func aDestroyWithoutManifestsKnowsTheStacksName() async throws {
        let stack = try TestStack(["alpha/lab.yaml": Self.stack("lan")])
        try await stack.rigaud("apply", "alpha", "--yes", "--state", "s/state.json", expecting: 0)
        try stack.scratch.write("", to: "empty/README")
        let destroy = try await stack.rigaud("destroy", "empty", "--yes", "--state", "s/state.json", expecting: 0)
        #expect(destroy.contains("Stack alpha"), "\(destroy)")
    }

    /// What is behind a link is the state, for all that lead there.
    @Test(arguments: [true, false])
    func aSymbolicLinkIsFollowed(isThere: Bool) async throws {
        let stack = try TestStack(["one/lab.yaml": Self.stack("lan"), "two/lab.yaml": Self.stack("lan", "wan")])
        for name in ["one/.rigaud/x", "two/.rigaud/x", "shared/x"] { try stack.scratch.write("", to: name) }
        if isThere { try await stack.rigaud("state", "init", "--state", "shared/lab.json", expecting: 0) }
        for name in ["one", "two"] {
            try #require(symlink("../../shared/lab.json", stack.scratch.path("\(name)/.rigaud/state.json")) == 0)
        }
        try await stack.rigaud("apply", "one", "--yes", expecting: 0)
        try await stack.rigaud("apply", "two", "--yes", expecting: 0)
        for name in ["one", "two"] {
            var information = stat()
            #expect(lstat(stack.scratch.path("\(name)/.rigaud/state.json"), &information) == 0)
            #expect(information.st_mode & S_IFMT == S_IFLNK)
            #expect(!stack.scratch.exists("\(name)/.rigaud/state.json.lock"))
            #expect(try await stack.rigaud("state", "list", "--source", name, expecting: 0).contains("Network/wan"))
        }
        #expect(stack.scratch.exists("shared/lab.json.lock") && stack.scratch.exists("shared/lab.json.history"))
        try await stack.rigaud("plan", "two", "--detailed-exitcode", expecting: 0)
    }

    @Test func linksThatGoRoundAreTold() async throws {
        let stack = try TestStack(["lab.yaml": Self.stack("lan")])
        try stack.scratch.write("", to: ".rigaud/x")
        try #require(symlink("state.json", stack.scratch.path(".rigaud/state.json")) == 0)
        let result = try await stack.rigaud("plan")
        #expect(result.exitStatus == 1 && result.standardError.contains("The state cannot be read"), "\(result)")
    }

    /// Seeds are named under it.
    @Test(arguments: ["damaged", "missing"])
    func theKeyIsVerifiedToo(trouble: String) async throws {
        let seeded = Manifests.machine("web", more: "  userData: {cloudInit: {inline: \"#cloud-config\"}}")
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(Manifests.simulatedProvider, Manifests.vmClass(), seeded)
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("state", "verify", expecting: 0)
        let key = ".rigaud/state.json.key"
        if trouble == "missing" { unlink(stack.scratch.path(key)) } else { try stack.scratch.write("no key", to: key) }
        let verified = try await stack.rigaud("state", "verify")
        #expect(verified.exitStatus == 1 && verified.standardError.contains(key), "\(verified)")
        guard trouble == "damaged" else { return }
        let plan = try await stack.rigaud("plan")
        #expect(plan.exitStatus == 1 && plan.standardError.contains("The state's key is missing or damaged"), "\(plan)")
        #expect(!plan.standardError.contains("--state .rigaud/state.json.key"), "\(plan)")
    }

    @Test func withoutSecretsThereIsNoKeyToMiss() async throws {
        let stack = try TestStack(["lab.yaml": Self.stack("lan")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("state", "verify", expecting: 0)
    }

    @Test(arguments: [("networks/lan", "Network/lan"), ("network/lam", "Network/lan")])
    func aTargetThatIsNearlyRight(_ target: String, _ meant: String) async throws {
        let stack = try TestStack(["lab.yaml": Self.stack("lan")])
        let result = try await stack.rigaud("plan", "--target", target)
        #expect(result.standardError.contains("Did you mean \(meant)?"), "\(result)")
    }
}
