import Glibc
import TestSupport
import Testing

/// A server that answers as GitHub, GitLab or Forgejo do, and a repository that the scripts of a pipeline run in.
final class Forge: Sendable {
    enum Platform: String, CaseIterable, Sendable { case github, gitlab, forgejo }

    let platform: Platform
    let scratch: ScratchDirectory
    let url: String
    private let server: ChildProcess

    init(_ platform: Platform, in scratch: ScratchDirectory? = nil) async throws {
        self.platform = platform
        self.scratch = try scratch ?? ScratchDirectory()
        mkdir(self.scratch.path("forge"), 0o755)
        try self.scratch.write(#"{"pull_request": {"number": 7}}"#, to: "event.json")
        server = try ChildProcess(
            Tools.python, [Tools.fixture("forge.py"), self.scratch.path("forge")])
        var port = ""
        while !port.hasSuffix("\n") {
            try await Task.sleep(for: .milliseconds(20))
            port = server.outputSoFar
        }
        url = "http://127.0.0.1:\(port.dropLast())/\(platform)"
    }

    deinit { server.signal(SIGTERM) }

    /// What a step of a pipeline finds in its environment.
    var environment: [String: String] {
        var environment = [
            "HOME": scratch.path, "PATH": "\(scratch.path("bin")):/usr/bin:/bin", "RIGAUD_PLATFORM": "\(platform)",
            "RIGAUD_API_TOKEN": "bot-token", "RIGAUD_STATE": scratch.path("state/state.json"),
            "GIT_CONFIG_GLOBAL": "/dev/null", "NO_PROXY": "*",
        ]
        let own: [String: String] =
            switch platform {
            case .gitlab:
                [
                    "CI_API_V4_URL": url, "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "7",
                    "CI_JOB_TOKEN": "job-token",
                ]
            case .github, .forgejo:
                [
                    "GITHUB_API_URL": url, "GITHUB_SERVER_URL": url, "GITHUB_REPOSITORY": "o/r",
                    "GITHUB_REPOSITORY_ID": "1", "GITHUB_EVENT_PATH": scratch.path("event.json"),
                ]
            }
        environment.merge(own) { $1 }
        return environment
    }

    /// Runs one of `deploy/scripts` in the folder `checkout`.
    func run(
        _ script: String, _ arguments: String..., in checkout: String = "work", with more: [String: String] = [:],
        expecting status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ProcessResult {
        let result = try await runProcess(
            PackageFiles.path("deploy/scripts/\(script)"), arguments, environment: environment.merging(more) { $1 },
            directory: scratch.path(checkout))
        #expect(result.exitStatus == status, "\(script): \(result)", sourceLocation: sourceLocation)
        for secret in ["bot-token", "job-token"] {
            #expect(!"\(result)".contains(secret), "a token is in the log", sourceLocation: sourceLocation)
        }
        return result
    }

    /// Asks jq about a file of the server's.
    func jq(_ filter: String, _ file: String = "comments.json") async throws -> String {
        try await Tools.run("jq", "-r", filter, scratch.path("forge/\(file)"))
    }

    /// Git, with nobody's configuration.
    @discardableResult
    func git(_ arguments: String..., in checkout: String = "work") async throws -> String {
        let result = try await runProcess(
            "git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": scratch.path, "GIT_CONFIG_GLOBAL": "/dev/null"],
            directory: scratch.path(checkout))
        guard result.exitStatus == 0 else { throw SystemFailure(because: "git \(arguments): \(result)") }
        return result.standardOutput
    }

    /// A bare repository `origin.git` with a stack on its branch `main`, and a clone `work`.
    func makeRepository() async throws {
        try await git("init", "-q", "--bare", "-b", "main", "origin.git", in: ".")
        try await git("clone", "-q", "origin.git", "work", in: ".")
        try await git("checkout", "-q", "-b", "main")
        // What a pipeline leaves is none of the repository.
        try scratch.write("out\n", to: "work/.git/info/exclude")
        for file in try filesIn(PackageFiles.path("stacks/quickstart")) {
            try scratch.write(
                try readFile(PackageFiles.path("stacks/quickstart/\(file)")), to: "work/stacks/prod/\(file)")
        }
        try await commit("A stack")
    }

    func commit(_ message: String, in checkout: String = "work") async throws {
        try await git("add", "-A", in: checkout)
        try await git("commit", "-q", "-m", message, in: checkout)
        try await git("push", "-q", "origin", "HEAD", in: checkout)
    }

    /// A program `rigaud` that writes down what it is asked and ends as the next line of the file `answers` says; 0 after
    /// the last.
    func makeStandIn(answering statuses: Int32...) throws {
        let program = try scratch.write(
            """
            #!/bin/bash
            echo "$*" >>'\(scratch.path("asked"))'
            status=$(head -n 1 '\(scratch.path("answers"))')
            sed -i 1d '\(scratch.path("answers"))'
            exit "${status:-0}"

            """, to: "bin/rigaud")
        chmod(program, 0o755)
        try scratch.write(statuses.map { "\($0)\n" }.joined(), to: "answers")
        try scratch.write("", to: "asked")
    }

    func asked() throws -> [String] {
        try scratch.read("asked").split(separator: "\n").map(String.init)
    }
}
