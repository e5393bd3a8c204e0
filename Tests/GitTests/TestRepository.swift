import Git
import TestSupport

/// A repository that `git` makes, with nobody's configuration and fixed dates.
struct TestRepository: Sendable {
    let scratch: ScratchDirectory
    let name: String
    var path: String { scratch.path(name) }

    /// A new one with a work tree and the branch `main`.
    init(_ name: String = "repo", in scratch: ScratchDirectory? = nil, bare: Bool = false) async throws {
        self.scratch = try scratch ?? ScratchDirectory()
        self.name = name
        _ = try await runGit(
            ["init", "-q", "-b", "main"] + (bare ? ["--bare"] : []) + [path], in: self.scratch.path,
            home: self.scratch.path)
    }

    @discardableResult
    func git(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> String {
        try await runGit(arguments, in: path, home: scratch.path, input: input, environment: environment)
    }

    func write(_ contents: String, to file: String) throws { try scratch.write(contents, to: "\(name)/\(file)") }

    /// Writes the files, commits everything, and gives the commit.
    @discardableResult
    func commit(_ files: [String: String], _ message: String = "A change") async throws -> String {
        for (file, contents) in files { try write(contents, to: file) }
        try await git("add", "-A")
        try await git("commit", "-q", "--allow-empty", "-m", message)
        return try await git("rev-parse", "HEAD")
    }

    /// An object made by hand.
    func object(_ kind: String, _ text: String) async throws -> String {
        try await git("hash-object", "-t", kind, "-w", "--stdin", "--literally", input: text)
    }

    /// A tree of lines as `git mktree` takes them, without its checks, and a commit of it on `main`.
    func commit(tree lines: [(mode: String, name: String, id: String)]) async throws -> String {
        let bytes = try lines.map { "\($0.mode) \($0.name)\0".utf8 + (try binary($0.id)) }.flatMap { $0 }
        let file = try scratch.write(bytes, to: "tree-\(bytes.count)")
        let tree = try await git("hash-object", "-t", "tree", "-w", "--literally", file)
        let commit = try await git("commit-tree", tree, "-m", "By hand")
        try await git("update-ref", "refs/heads/main", commit)
        return commit
    }

    private func binary(_ hex: String) throws -> [UInt8] {
        try stride(from: 0, to: 40, by: 2).map { index in
            guard let byte = UInt8(hex.dropFirst(index).prefix(2), radix: 16) else {
                throw SystemFailure(because: "\(hex) is not an object's name.")
            }
            return byte
        }
    }
}

let testDate = "2024-05-06T07:08:09Z"
let testTime: Int64 = 1_714_979_289

@discardableResult
func runGit(
    _ arguments: [String], in directory: String, home: String, input: String = "",
    environment: [String: String] = [:]
) async throws -> String {
    let own = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Bob", "GIT_COMMITTER_EMAIL": "bob@example.org", "GIT_AUTHOR_DATE": testDate,
        "GIT_COMMITTER_DATE": testDate, "LC_ALL": "C",
    ].merging(environment) { $1 }
    let result = try await runProcess("git", arguments, environment: own, directory: directory, input: input)
    guard result.exitStatus == 0 else {
        throw SystemFailure(because: "git \(arguments.joined(separator: " ")): \(result)")
    }
    return result.standardOutput.hasSuffix("\n") ? String(result.standardOutput.dropLast()) : result.standardOutput
}

/// What an address leads to; the cache lies in the scratch folder.
func open(
    _ text: String, _ scratch: ScratchDirectory, credentials: GitCredentials = GitCredentials(),
    policy: GitPolicy = GitPolicy(), limits: GitLimits = GitLimits()
) async throws -> GitSnapshot {
    var cache = GitCache(directory: scratch.path("cache"))
    cache.limits = limits
    cache.timeLimit = .seconds(60)
    return try await cache.open(try address(text), credentials: credentials, policy: policy)
}

func address(_ text: String) throws -> GitAddress {
    guard let address = try GitAddress(text) else { throw SystemFailure(because: "\(text) is no git address.") }
    return address
}

/// The error that reading a source ends with.
func problem(
    _ text: String, _ scratch: ScratchDirectory, credentials: GitCredentials = GitCredentials(),
    policy: GitPolicy = GitPolicy(), limits: GitLimits = GitLimits()
) async throws -> GitError? {
    do {
        _ = try await open(text, scratch, credentials: credentials, policy: policy, limits: limits)
        return nil
    } catch let error as GitError {
        return error
    }
}

extension GitSnapshot {
    var names: [String] { files.map(\.name) }
    func text(_ name: String) -> String? {
        files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
