import Glibc
import Model
import TestSupport
import Testing

/// Commits as sources of plans that are saved, and of applies that must not go back.
@Suite struct GitSourceTests {
    /// A repository with one commit, and the address of its stack.
    static func start() async throws -> (stack: TestStack, address: String) {
        let stack = try TestStack()
        try await git(stack, "init", "-q", "-b", "main", "repo")
        try await commit(stack, power: "Off")
        return (stack, "file://\(stack.scratch.path("repo"))//lab")
    }

    @discardableResult
    static func git(_ stack: TestStack, _ arguments: String..., at folder: String = "") async throws -> String {
        let result = try await runProcess(
            "/usr/bin/git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"] + arguments,
            environment: ["HOME": stack.scratch.path, "PATH": "/usr/bin:/bin"],
            directory: folder.isEmpty ? stack.scratch.path : stack.scratch.path(folder))
        #expect(result.exitStatus == 0, "\(result)")
        return result.standardOutput.split(separator: "\n").first.map(String.init) ?? ""
    }

    @discardableResult
    static func commit(_ stack: TestStack, power: String, in repository: String = "repo") async throws -> String {
        let manifests = Manifests.stream(
            Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web", power: power))
        try stack.scratch.write(manifests, to: "\(repository)/lab/lab.yaml")
        try await git(stack, "add", "-A", at: repository)
        try await git(stack, "commit", "-q", "--allow-empty", "-m", "Power \(power)", at: repository)
        return try await git(stack, "rev-parse", "HEAD", at: repository)
    }

    @Test func aSavedPlanStaysWithItsCommit() async throws {
        let (stack, address) = try await Self.start()
        let first = try await Self.git(stack, "rev-parse", "HEAD", at: "repo")
        let plan = try await stack.rigaud("plan", address, "--out", "p", expecting: 0)
        #expect(plan.contains("at \(first.prefix(12))"), "\(plan)")
        #expect(try await stack.rigaud("show", "p", expecting: 0).contains("at \(first.prefix(12))"))
        try await Self.commit(stack, power: "On")
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        let history = try await stack.rigaud("plan", address, "--format", "json", expecting: 0)
        #expect(history.contains("\"On\""), "what came after is still to be applied: \(history)")
        let state = try filesBelow(stack.scratch.path(".local/state"), withSuffix: "state.json")
        #expect(state.count == 1, "it has a folder of its own, by the user's: \(state)")
        #expect(try await Self.find(stack).contains(first), "the commit is recorded")
    }

    /// Readers of SARIF look for the files in the repository.
    @Test func mistakesAreNamedFromTheRepositorysRoot() async throws {
        let (stack, address) = try await Self.start()
        try await Self.commit(stack, power: "Sideways")
        let result = try await stack.rigaud("validate", address, "--report", "sarif=found.sarif")
        #expect(result.exitStatus == 1, "\(result)")
        let run = try JSONReader.value(of: try stack.scratch.read("found.sarif"))["runs"]?.items?.first
        let place = run?["results"]?.items?.first?["locations"]?.items?.first?["physicalLocation"]
        #expect(place?["artifactLocation"]?["uri"]?.text == "lab/lab.yaml")
    }

    @Test func aFolderWithoutANameIsNone() async throws {
        let (stack, address) = try await Self.start()
        let result = try await stack.rigaud("plan", address, "--pin-path", "")
        #expect(result.exitStatus == 64 && result.standardError.contains("--pin-path"), "\(result)")
    }

    /// What is demanded is that the commit or its tag is signed, then as now.
    @Test func aSavedPlanOfASignedTagIsApplied() async throws {
        let (stack, address) = try await Self.start()
        let key = stack.scratch.path("key")
        _ = try await runProcess("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", key])
        let words = try stack.scratch.read("key.pub").split(separator: " ").prefix(2).joined(separator: " ")
        try stack.scratch.write("ada@example.org \(words)\n", to: "signers")
        try await Self.git(
            stack, "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key).pub", "tag", "-s", "-m", "One", "v1",
            at: "repo")
        let trust = ["--allowed-signers", "signers"]
        let unsigned = try await stack.run(["plan", "\(address)?ref=main"] + trust)
        #expect(unsigned.exitStatus == 5 && unsigned.standardError.contains("git -C "), "\(unsigned)")
        let planned = try await stack.run(["plan", "\(address)?ref=v1", "--out", "p"] + trust)
        #expect(planned.exitStatus == 0, "\(planned)")
        let applied = try await stack.run(["apply", "p", "--yes"] + trust)
        #expect(applied.exitStatus == 0, "\(applied)")
        // A tag that leads elsewhere by now vouches for nothing.
        let later = try await stack.run(["plan", "\(address)?ref=v1", "--out", "q"] + trust)
        #expect(later.exitStatus == 0, "\(later)")
        try await Self.commit(stack, power: "On")
        try await Self.git(
            stack, "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key).pub", "tag", "-f", "-s", "-m", "One", "v1",
            at: "repo")
        let moved = try await stack.run(["apply", "q", "--yes"] + trust)
        #expect(moved.exitStatus == 5 && moved.standardError.contains("is not signed"), "\(moved)")
    }

    /// Some of what was applied is still there: it is of that commit.
    @Test func aPartialDestroyForgetsNoCommit() async throws {
        let (stack, address) = try await Self.start()
        let first = try await Self.git(stack, "rev-parse", "HEAD", at: "repo")
        try stack.scratch.write(Manifests.machine("db"), to: "repo/lab/db.yaml")
        try await Self.commit(stack, power: "On")
        try await stack.rigaud("apply", address, "--yes", expecting: 0)
        try await stack.rigaud(
            "destroy", address, "--target", "VirtualMachine/web", "--yes", "--allow", "delete-data",
            expecting: 0)
        let back = try await stack.rigaud("apply", "\(address)?ref=\(first)", "--yes")
        #expect(back.exitStatus == 5 && back.standardError.contains("rewind"), "\(back)")
    }

    @Test func whatIsDemandedHoldsForADestroyToo() async throws {
        let (stack, address) = try await Self.start()
        try await stack.rigaud("apply", address, "--yes", expecting: 0)
        let destroy = ["destroy", "--yes", "--allow", "delete-data"]
        let pinned = try await stack.run(destroy + [address, "--pin-branch", "other"])
        #expect(pinned.exitStatus == 5, "\(pinned)")
        try #require(rename(stack.scratch.path("repo"), stack.scratch.path("away")) == 0)
        let gone = try await stack.run(destroy + [address])
        #expect(gone.exitStatus != 0 && gone.standardError.contains("rigaud destroy --state"), "\(gone)")
        let state = try #require(try filesBelow(stack.scratch.path(".local/state"), withSuffix: "state.json").first)
        try await stack.rigaud(
            "destroy", "--yes", "--allow", "delete-data", "--state", state, "empty", expecting: 0)
    }

    @Test func anOlderCommitIsRefused() async throws {
        let (stack, address) = try await Self.start()
        let first = try await Self.git(stack, "rev-parse", "HEAD", at: "repo")
        try await stack.rigaud("plan", address, "--out", "early", expecting: 0)
        let second = try await Self.commit(stack, power: "On")
        try await stack.rigaud("apply", address, "--yes", expecting: 0)
        let older = try await stack.rigaud("apply", "\(address)?ref=\(first)", "--yes")
        #expect(older.exitStatus == 5 && older.standardError.contains("--allow rewind"), "\(older)")
        #expect(older.standardError.contains("does not descend from it"), "\(older)")
        try await stack.rigaud("apply", "\(address)?ref=\(second)", "--yes", expecting: 0)
        try await stack.rigaud("apply", "\(address)?ref=\(first)", "--yes", "--allow", "rewind", expecting: 0)
        try await stack.rigaud("apply", address, "--yes", expecting: 0)
        let back = try await stack.rigaud("plan", "\(address)?ref=\(first)", "--out", "p")
        #expect(back.exitStatus == 0 && back.standardError.contains("An apply of this would go back"), "\(back)")
        let permitted = try await stack.rigaud("plan", "\(address)?ref=\(first)", "--allow", "rewind")
        #expect(!permitted.standardError.contains("go back"), "\(permitted)")
        let saved = try await stack.rigaud("apply", "p", "--yes")
        #expect(saved.exitStatus == 5 && saved.standardError.contains("rewind"), "\(saved)")
        try await stack.rigaud("apply", "p", "--yes", "--allow", "rewind", expecting: 0)
    }

    @Test func submodulesOfThisMachineAreReadWithLeave() async throws {
        let (stack, address) = try await Self.start()
        try await Self.git(stack, "init", "-q", "-b", "main", "parts")
        try stack.scratch.write(Manifests.vmClass("extra"), to: "parts/extra.yaml")
        try await Self.git(stack, "add", "-A", at: "parts")
        try await Self.git(stack, "commit", "-q", "-m", "Parts", at: "parts")
        try await Self.git(
            stack, "-c", "protocol.file.allow=always", "submodule", "add", "-q", stack.scratch.path("parts"),
            "lab/parts", at: "repo")
        try await Self.git(stack, "commit", "-q", "-m", "Submodule", at: "repo")
        let refused = try await stack.rigaud("validate", address)
        #expect(refused.exitStatus == 1 && refused.standardError.contains("--allow-local-submodules"), "\(refused)")
        try await stack.rigaud("validate", address, "--allow-local-submodules", expecting: 0)
    }

    /// A commit that changes nothing has been applied all the same.
    @Test func whatChangesNothingIsRecordedToo() async throws {
        let (stack, address) = try await Self.start()
        let first = try await Self.git(stack, "rev-parse", "HEAD", at: "repo")
        try await stack.rigaud("apply", address, "--yes", expecting: 0)
        let second = try await Self.commit(stack, power: "Off")
        try await stack.rigaud("apply", address, "--yes", expecting: 0)
        #expect(try await Self.find(stack).contains(second))
        let history = try await stack.rigaud("state", "history", "--source", address, "--format", "json", expecting: 0)
        let snapshots = try JSONReader.value(of: history)["snapshots"]?.items ?? []
        #expect(snapshots.compactMap { $0["commit"]?.text } == [second, first], "\(history)")
        let back = try await stack.rigaud("apply", "\(address)?ref=\(first)", "--yes")
        #expect(back.exitStatus == 5 && back.standardError.contains("rewind"), "\(back)")
        let twice = try await stack.rigaud("plan", "\(address)?ref=\(first)&ref=\(second)")
        #expect(twice.exitStatus == 64 && twice.standardError.contains("more than one"), "\(twice)")
    }

    @Test func anotherRepositoryIsRefused() async throws {
        let (stack, address) = try await Self.start()
        try await stack.rigaud("apply", address, "--yes", "--state", "s/state.json", expecting: 0)
        try await Self.git(stack, "init", "-q", "-b", "main", "other")
        try await Self.commit(stack, power: "On", in: "other")
        let other = "file://\(stack.scratch.path("other"))//lab"
        let result = try await stack.rigaud("apply", other, "--yes", "--state", "s/state.json")
        #expect(
            result.exitStatus == 5 && result.standardError.contains("it is another one, or history was rewritten"),
            "\(result)")
        // What lies in a directory is recorded, and goes through.
        try await stack.rigaud("apply", "other/lab", "--yes", "--state", "s/state.json", expecting: 0)
    }

    private static func find(_ stack: TestStack) async throws -> String {
        let result = try await runProcess(
            "/bin/sh", ["-c", "find . -name state.json | xargs head -n 2"], directory: stack.scratch.path)
        return result.standardOutput
    }
}
