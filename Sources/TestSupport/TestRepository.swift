/// A repository that `git` makes, with nobody's configuration and fixed dates.
package struct TestRepository: Sendable {
    package let scratch: ScratchDirectory
    package let name: String
    package var path: String { scratch.path(name) }

    /// A new one with a work tree and the branch `main`.
    package init(_ name: String = "repo", in scratch: ScratchDirectory? = nil, bare: Bool = false) async throws {
        self.scratch = try scratch ?? ScratchDirectory()
        self.name = name
        _ = try await runGit(
            ["init", "-q", "-b", "main"] + (bare ? ["--bare"] : []) + [path], in: self.scratch.path,
            home: self.scratch.path)
    }

    @discardableResult
    package func git(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws
        -> String
    {
        try await runGit(arguments, in: path, home: scratch.path, input: input, environment: environment)
    }

    package func write(_ contents: String, to file: String) throws {
        try scratch.write(contents, to: "\(name)/\(file)")
    }

    /// Writes the files, commits everything, and gives the commit.
    @discardableResult
    package func commit(_ files: [String: String], _ message: String = "A change") async throws -> String {
        for (file, contents) in files { try write(contents, to: file) }
        try await git("add", "-A")
        try await git("commit", "-q", "--allow-empty", "-m", message)
        return try await git("rev-parse", "HEAD")
    }

    /// An object made by hand.
    package func object(_ kind: String, _ text: String) async throws -> String {
        try await git("hash-object", "-t", kind, "-w", "--stdin", "--literally", input: text)
    }

    /// A tree of lines as `git mktree` takes them, without its checks, and a commit of it on `main`.
    package func commit(tree lines: [(mode: String, name: String, id: String)]) async throws -> String {
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

package let testDate = "2024-05-06T07:08:09Z"
package let testTime: Int64 = 1_714_979_289

@discardableResult
package func runGit(
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
