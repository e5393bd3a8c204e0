import TestSupport
import Testing

/// `plan-comment` against a server that behaves as each forge does.
@Suite(.needs("curl", "jq", "python3")) struct CommentTests {
    static let report = "<!-- rigaud:plan stack=prod digest=1 -->\n\n### rigaud plan \"a\" 'b' `c` $(id) \\ ü 🙂\n"

    @Test(arguments: Forge.Platform.allCases)
    func isWrittenOnceAndThenReplaced(platform: Forge.Platform) async throws {
        let forge = try await Forge(platform)
        let user = platform == .gitlab ? #""author": {"username""# : #""user": {"login""#
        // More than a page of them; one by somebody who knows the marker, one of ours about another stack, one of ours
        // about something else.
        var others = (1...130).map { #"{"id": \#($0), \#(user): "ada"}, "body": "number \#($0)"}"# }
        others += [
            #"{"id": 131, \#(user): "mallory"}, "body": "<!-- rigaud:stack stacks/prod -->\n<!-- rigaud:plan -->"}"#,
            #"{"id": 132, \#(user): "rigaud-bot"}, "body": "<!-- rigaud:stack stacks/lab -->\n<!-- rigaud:plan -->"}"#,
            #"{"id": 133, \#(user): "rigaud-bot"}, "body": "a line of mine"}"#,
        ]
        try forge.scratch.write("[\(others.joined(separator: ",\n"))]", to: "forge/comments.json")
        try forge.scratch.write(Self.report, to: "work/plan.md")

        let first = try await forge.run("plan-comment", "plan.md", "stacks/prod")
        #expect(first.standardOutput == "Wrote comment 134.\n")
        let body = try await forge.jq(".[-1].body")
        #expect(body == "<!-- rigaud:stack stacks/prod -->\n\(Self.report)\n")

        try forge.scratch.write(Self.report + "Another one.\n", to: "work/plan.md")
        let second = try await forge.run("plan-comment", "plan.md", "stacks/prod")
        #expect(second.standardOutput == "Replaced comment 134.\n")
        #expect(try await forge.jq(".[-1].body").contains("Another one."))
        #expect(try await forge.jq("length") == "134\n")
        #expect(try await forge.jq(".[] | select(.body | contains(\"Another one\")) | .id") == "134\n")

        // Without a name it is a comment of its own.
        let third = try await forge.run("plan-comment", "plan.md")
        #expect(third.standardOutput == "Wrote comment 135.\n")
        let fourth = try await forge.run("plan-comment", "plan.md")
        #expect(fourth.standardOutput == "Replaced comment 135.\n")
    }

    @Test func theTokenOfARunOnGitHubDoesNotKnowItsName() async throws {
        let forge = try await Forge(.github)
        try forge.scratch.write(Self.report, to: "work/plan.md")
        for words in ["Wrote comment 1.\n", "Replaced comment 1.\n"] {
            let result = try await forge.run("plan-comment", "plan.md", with: ["RIGAUD_API_TOKEN": "run-token"])
            #expect(result.standardOutput == words)
        }
        #expect(try await forge.jq(".[].user.login") == "github-actions[bot]\n")
    }

    @Test(arguments: Forge.Platform.allCases)
    func aTokenThatIsRefusedIsAnError(platform: Forge.Platform) async throws {
        let forge = try await Forge(platform)
        try forge.scratch.write(Self.report, to: "work/plan.md")
        let environment = ["RIGAUD_API_TOKEN": "wrong-token", "RIGAUD_COMMENT_AUTHOR": "rigaud-bot"]
        let result = try await forge.run("plan-comment", "plan.md", with: environment, expecting: 22)
        #expect(result.standardError.contains("401") && !"\(result)".contains("wrong-token"))
    }

    @Test(
        arguments: [
            ([], 64), (["absent.md"], 66), (["empty.md"], 66),
        ] as [([String], Int32)])
    func whatCannotBeIsSaid(arguments: [String], status: Int32) async throws {
        let forge = try await Forge(.github)
        try forge.scratch.write("", to: "work/empty.md")
        let result = try await runProcess(
            PackageFiles.path("deploy/scripts/plan-comment"), arguments, environment: forge.environment,
            directory: forge.scratch.path("work"))
        #expect(result.exitStatus == status, "\(result)")
    }
}
