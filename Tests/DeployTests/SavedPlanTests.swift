import TestSupport
import Testing

/// `plan-store` and `apply-saved`: which plan is applied after a merge, and when none is.
@Suite(.needs("git", "curl", "jq", "python3")) struct SavedPlanTests {
    static let stack = "stacks/prod"

    /// A forge with a repository, and a plan of what is checked out in `work/out`.
    static func planned(on platform: Forge.Platform) async throws -> Forge {
        let forge = try await Forge(platform)
        try await forge.makeRepository()
        let tree = try await forge.git("rev-parse", "HEAD:\(stack)")
        try forge.scratch.write("stacks-prod-\(tree)", to: "work/out/plan.key")
        try forge.scratch.write("one", to: "work/out/plan.rigaud")
        return forge
    }

    @Test(arguments: [Forge.Platform.gitlab, .forgejo])
    func aPlanIsFoundByItsManifests(platform: Forge.Platform) async throws {
        let forge = try await Self.planned(on: platform)
        _ = try await forge.run("plan-store", "put", Self.stack, "out")
        try forge.scratch.write("two", to: "work/out/plan.rigaud")
        _ = try await forge.run("plan-store", "put", Self.stack, "out")

        // Another commit, with the same manifests.
        try forge.scratch.write("out/\ngot/\n", to: "work/.gitignore")
        try await forge.commit("A merge")
        _ = try await forge.run("plan-store", "get", Self.stack, "got")
        #expect(try forge.scratch.read("work/got/plan.rigaud") == "two")

        try forge.scratch.write("# changed\n", to: "work/stacks/prod/more.yaml")
        try await forge.commit("Another change")
        let none = try await forge.run("plan-store", "get", Self.stack, "none", expecting: 6)
        #expect(none.standardError.contains("Plan again"))
        let other = try await forge.run("plan-store", "put", Self.stack, "out", expecting: 65)
        #expect(other.standardError.contains("of other manifests"))
        _ = try await forge.run("plan-store", "get", "stacks/absent", "got", expecting: 66)

        // A forge that is down is not a plan that is missing.
        try forge.scratch.write("", to: "forge/down")
        _ = try await forge.run("plan-store", "get", Self.stack, "got", expecting: 1)
    }

    /// What a script writes into the stack's own folder would be among its manifests at the next run.
    @Test(arguments: ["plan-saved", "apply-saved", "drift-report"])
    func whatIsWrittenIsNoManifest(script: String) async throws {
        let forge = try await Self.planned(on: .gitlab)
        for out in ["out", "./stacks/../out/deeper"] {
            let refused = try await forge.run(script, ".", out, expecting: 64)
            #expect(refused.standardError.contains("would be read as manifests"), "\(refused)")
        }
        let allowed =
            "for pair in '. .out' '. ../out' 'stacks/prod out' 'https://example.org/r.git out'; do apart $pair; done"
        let result = try await runProcess(
            "bash", ["-euc", ". '\(PackageFiles.path("deploy/scripts/platform.sh"))'; \(allowed)"],
            directory: forge.scratch.path("work"))
        #expect(result.exitStatus == 0, "\(result)")
    }

    /// A plan's key is that of the stack, from wherever in the repository it is named.
    @Test func aStackIsNamedFromAnywhere() async throws {
        let forge = try await Self.planned(on: .gitlab)
        func key(_ stack: String, in folder: String) async throws -> String {
            let result = try await runProcess(
                "bash", ["-euc", ". '\(PackageFiles.path("deploy/scripts/platform.sh"))'; plan_key '\(stack)'"],
                directory: forge.scratch.path(folder))
            #expect(result.exitStatus == 0, "\(result)")
            return result.standardOutput
        }
        let expected = try await key(Self.stack, in: "work")
        #expect(expected.hasPrefix("stacks-prod-"))
        for (stack, folder) in [(".", "work/stacks/prod"), ("./", "work/stacks/prod"), ("prod/", "work/stacks")] {
            #expect(try await key(stack, in: folder) == expected, "\(stack) in \(folder)")
        }
        #expect(try await key(".", in: "work").hasPrefix("root-"))
    }

    @Test(.needs("unzip")) func artifactsOfForksAreNotTaken() async throws {
        let forge = try await Self.planned(on: .github)
        let key = try forge.scratch.read("work/out/plan.key").filter { $0 != "\n" }
        func artifact(_ id: Int, _ day: Int, from fork: Int = 1, expired: Bool = false) -> String {
            """
            {"id": \(id), "name": "rigaud-plan-\(key)", "expired": \(expired), "created_at": "2026-01-0\(day)T00:00:00Z",
             "workflow_run": {"repository_id": 1, "head_repository_id": \(fork)}}
            """
        }
        for (id, contents) in [(1, "old"), (2, "ours"), (3, "of a fork"), (4, "expired")] {
            try forge.scratch.write(contents, to: "zip\(id)/plan.rigaud")
            try forge.scratch.write(key, to: "zip\(id)/plan.key")
            try await Tools.run(
                Tools.python, "-m", "zipfile", "-c", forge.scratch.path("forge/\(id).zip"), "plan.rigaud", "plan.key",
                directory: forge.scratch.path("zip\(id)"))
        }
        let all = [artifact(1, 1), artifact(2, 2), artifact(3, 3, from: 99), artifact(4, 4, expired: true)]
        try forge.scratch.write("[\(all.joined(separator: ","))]", to: "forge/artifacts.json")
        _ = try await forge.run("plan-store", "get", Self.stack, "got")
        #expect(try forge.scratch.read("work/got/plan.rigaud") == "ours")

        try forge.scratch.write("[\(all[2])]", to: "forge/artifacts.json")
        _ = try await forge.run("plan-store", "get", Self.stack, "none", expecting: 6)
    }

    /// What `rigaud plan --detailed-exitcode` and then each `rigaud apply` end with, and how `apply-saved` ends.
    @Test(
        arguments: [
            ([0], 0, 1, "nothing to apply"),
            ([2, 0], 0, 2, ""),
            ([2, 4], 4, 2, "some steps failed"),
            ([2, 6], 6, 2, "Plan again"),
            ([2, 7, 7, 0], 0, 4, ""),
            ([2, 8], 8, 2, "ended with 8"),
            ([1, 1], 1, 2, "ended with 1"),
        ] as [([Int32], Int32, Int, String)])
    func applyEndsAsItShould(statuses: [Int32], status: Int32, calls: Int, words: String) async throws {
        let forge = try await Self.planned(on: .github)
        try forge.makeStandIn()
        try forge.scratch.write(statuses.map { "\($0)\n" }.joined(), to: "answers")
        let result = try await forge.run(
            "apply-saved", Self.stack, "out",
            with: ["RIGAUD_LOCK_PAUSE": "0", "RIGAUD_APPLY_OPTIONS": "--allow restart"],
            expecting: status)
        #expect("\(result)".contains(words), "\(result)")
        let asked = try forge.asked()
        #expect(asked.count == calls)
        #expect(
            asked.dropFirst().allSatisfy {
                $0.hasPrefix("apply out/plan.rigaud --yes") && $0.hasSuffix("--allow restart")
            })
    }

    @Test func aLockThatIsHeldTooLongIsSaid() async throws {
        let forge = try await Self.planned(on: .github)
        try forge.makeStandIn(answering: 2, 7, 7)
        let result = try await forge.run(
            "apply-saved", Self.stack, "out", with: ["RIGAUD_LOCK_WAIT": "0"], expecting: 7)
        #expect(result.standardError.contains("Run this again"))
    }

    /// It was not shown in any comment, whatever its name is.
    @Test func aPlanThatWasCommittedIsNotApplied() async throws {
        let forge = try await Self.planned(on: .gitlab)
        try forge.makeStandIn(answering: 2)
        try await forge.git("add", "-f", "out", in: "work")
        try await forge.git("commit", "-q", "-m", "A plan", in: "work")
        let result = try await forge.run("apply-saved", Self.stack, "out", expecting: 1)
        #expect(result.standardError.contains("part of the repository"), "\(result)")
    }

    @Test func aPushThatLeavesTheStackAloneAppliesNothing() async throws {
        let forge = try await Self.planned(on: .gitlab)
        try forge.makeStandIn(answering: 3, 3)
        let before = String(try await forge.git("rev-parse", "HEAD").dropLast())
        try forge.scratch.write("Read me.\n", to: "work/README.md")
        try await forge.commit("Words")
        let result = try await forge.run("apply-saved", Self.stack, "out", with: ["RIGAUD_BEFORE": before])
        #expect(result.standardOutput.contains("does not touch"))
        #expect(try forge.asked().isEmpty)

        // The first push of a branch has a commit of zeros before it.
        try forge.scratch.write("# changed\n", to: "work/stacks/prod/more.yaml")
        try await forge.commit("A change that nobody planned")
        for unknown in [before, String(repeating: "0", count: 40)] {
            let unplanned = try await forge.run(
                "apply-saved", Self.stack, "out", with: ["RIGAUD_BEFORE": unknown], expecting: 6)
            #expect(unplanned.standardError.contains("of other manifests than those that were merged"))
        }
        #expect(try forge.asked().allSatisfy { $0.hasPrefix("plan ") })
    }

    @Test(
        arguments: [
            (0, nil, 0), (2, nil, 0), (3, nil, 3), (8, nil, 8), (1, nil, 1), (3, "0 2 3 8", 0), (2, "0", 2),
        ] as [(Int32, String?, Int32)])
    func driftEndsAsItShould(answer: Int32, harmless: String?, status: Int32) async throws {
        let forge = try await Self.planned(on: .github)
        try forge.makeStandIn(answering: answer)
        var environment = ["RIGAUD_DRIFT_OPTIONS": "--after 2"]
        environment["RIGAUD_DRIFT_OK"] = harmless
        _ = try await forge.run("drift-report", Self.stack, "out", with: environment, expecting: status)
        let asked = try #require(try forge.asked().first)
        #expect(asked.contains("--record \(forge.scratch.path("state/drift-record.json"))"))
        #expect(asked.hasSuffix("--report prometheus=out/drift.prom --after 2"))
    }
}
