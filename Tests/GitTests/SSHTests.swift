import Glibc
import TestSupport
import Testing

@testable import Git

@Suite("A repository over ssh", .hangLimit)
struct SSHTests {
    private func served() async throws -> (TestRepository, SSHServer) {
        let repository = try await TestRepository("repo.git")
        try await repository.commit(["s/a.yaml": "1"])
        return (repository, try await SSHServer(repository.scratch))
    }

    private func credentials(_ scratch: ScratchDirectory, keys: [String], known: String = "known") -> GitCredentials {
        var credentials = GitCredentials()
        credentials.keys = keys.map { .init(path: scratch.path($0)) }
        credentials.knownHosts = [scratch.path(known), scratch.path("more")]
        return credentials
    }

    @Test("is read with a key that the server knows, from a host that the user knows", arguments: ["ed25519", "ecdsa"])
    func keys(type: String) async throws {
        let repository = try await TestRepository("repo.git")
        try await repository.commit(["s/a.yaml": "1"])
        let server = try await SSHServer(repository.scratch, hostKeys: [type])
        let scratch = repository.scratch
        try scratch.write("other.example \(try scratch.read("user.pub"))" + server.line(type), to: "known")
        for names in [["user"], ["stranger", "missing", "user"], ["stranger", "user-ecdsa"]] {
            let snapshot = try await open(
                "\(server.url("repo.git"))//s", scratch, credentials: credentials(scratch, keys: names))
            #expect(snapshot.text("a.yaml") == "1")
        }
        let hashed = try await runProcess("ssh-keygen", ["-q", "-H", "-f", scratch.path("known")])
        #expect(try hashed.exitStatus == 0 && !scratch.read("known").contains("127.0.0.1"))
        #expect(
            try await open("\(server.url("repo.git"))//s", scratch, credentials: credentials(scratch, keys: ["user"]))
                .files
                .count == 1)

        let denied = try await problem(
            "\(server.url("repo.git"))//s", scratch, credentials: credentials(scratch, keys: ["stranger"]))
        #expect(
            denied?.reason == .denied && denied?.detail.contains("/stranger") == true, "\(String(describing: denied))")
        let nothing = try await problem(server.url("repo.git"), scratch, credentials: credentials(scratch, keys: []))
        #expect(nothing?.reason == .denied, "\(String(describing: nothing))")
        let missing = try await problem(
            server.url("none.git"), scratch, credentials: credentials(scratch, keys: ["user"]))
        #expect(missing?.reason == .missing, "\(String(describing: missing))")
    }

    /// A failure before anybody was asked for a key is the same with every key.
    @Test("is not asked again and again where nothing answers, or nothing in common is spoken")
    func noServer() async throws {
        let (repository, server) = try await served()
        let scratch = repository.scratch
        let keys = credentials(scratch, keys: ["user", "stranger"])
        let closed = try await problem("ssh://git@127.0.0.1:1/x.git", scratch, credentials: keys)
        #expect(closed?.reason == .unreachable, "\(String(describing: closed))")
        // Known by a key of a kind that the server has not.
        let other = try scratch.read("user-ecdsa.pub").split(separator: " ").prefix(2).joined(separator: " ")
        let place = try server.line("ed25519").split(separator: " ").first ?? ""
        try scratch.write("\(place) \(other)\n", to: "known")
        let unknown = try await problem("\(server.url("repo.git"))//s", scratch, credentials: keys)
        #expect(unknown != nil && unknown?.detail.contains("within") == false, "\(String(describing: unknown))")
    }

    @Test("is refused from a host that is not known, with the line to add")
    func unknownHost() async throws {
        let (repository, server) = try await served()
        let scratch = repository.scratch
        let login = credentials(scratch, keys: ["user"])
        let error = try await problem("\(server.url("repo.git"))//s", scratch, credentials: login)
        #expect(error?.reason == .untrusted)
        let shown = try await runProcess("ssh-keygen", ["-l", "-f", scratch.path("host-ecdsa.pub")])
        let others = try await runProcess("ssh-keygen", ["-l", "-f", scratch.path("host-ed25519.pub")])
        let fingerprints = [shown, others].map { $0.standardOutput.split(separator: " ")[1] }
        #expect(fingerprints.contains { error?.detail.contains($0) == true }, "\(String(describing: error))")
        // What is to be added, added: then it is known.
        let command = try #require(error?.command)
        _ = try await runProcess("sh", ["-c", command])
        #expect(try await open("\(server.url("repo.git"))//s", scratch, credentials: login).names == ["a.yaml"])
    }

    @Test("is refused in stronger words where the host's key has changed, or was revoked")
    func changedHost() async throws {
        let (repository, server) = try await served()
        let scratch = repository.scratch
        let login = credentials(scratch, keys: ["user"])
        // Keys of both types, of another server.
        for type in ["ed25519", "ecdsa"] {
            _ = try await runProcess("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", scratch.path("other-\(type)")])
            try scratch.write(
                (scratch.exists("known") ? try scratch.read("known") : "")
                    + "[127.0.0.1]:\(server.port) \(try scratch.read("other-\(type).pub"))", to: "known")
        }
        let changed = try await problem(server.url("repo.git"), scratch, credentials: login)
        #expect(changed?.summary.contains("has changed") == true && changed?.detail.contains("SOMEBODY") == true)
        #expect(changed?.command?.hasPrefix("ssh-keygen -R '[127.0.0.1]:\(server.port)'") == true)
        // Several keys of a type are fine; a revoked one is not.
        try scratch.write(try scratch.read("known") + server.line("ed25519") + server.line("ecdsa"), to: "known")
        #expect(try await open(server.url("repo.git"), scratch, credentials: login).files.count == 1)
        try scratch.write("@revoked \(try server.line("ed25519"))@revoked \(try server.line("ecdsa"))", to: "more")
        let revoked = try await problem(server.url("repo.git"), scratch, credentials: login)
        #expect(revoked?.summary.contains("revoked") == true, "\(String(describing: revoked))")
    }

    @Test("is read with the agent's keys, and without an agent with the others")
    func agent() async throws {
        let (repository, server) = try await served()
        let scratch = repository.scratch
        try scratch.write(try server.line("ed25519") + server.line("ecdsa"), to: "known")
        let agent = try ChildProcess("ssh-agent", ["-D", "-a", scratch.path("agent")])
        defer { agent.signal(SIGTERM) }
        while !scratch.exists("agent") { try await Task.sleep(for: .milliseconds(20)) }
        let added = try await runProcess(
            "ssh-add", ["-q", scratch.path("user")],
            environment: ["SSH_AUTH_SOCK": scratch.path("agent"), "PATH": "/usr/bin:/bin"])
        try #require(added.exitStatus == 0, "\(added)")
        let (folder, url) = (scratch.path, "\(server.url("repo.git"))//s")
        // In a process of its own: the agent is found by the environment.
        await #expect(processExitsWith: .success) { [folder = folder as String, url = url as String] in
            var credentials = GitCredentials()
            credentials.usesAgent = true
            credentials.knownHosts = ["\(folder)/known"]
            let cache = GitCache(directory: "\(folder)/agent-cache")
            setenv("SSH_AUTH_SOCK", "\(folder)/agent", 1)
            let snapshot = try await cache.open(try address(url), credentials: credentials)
            #expect(snapshot.names == ["a.yaml"])
            setenv("SSH_AUTH_SOCK", "\(folder)/none", 1)
            await #expect(throws: GitError.self) { try await cache.open(try address(url), credentials: credentials) }
            credentials.keys = [.init(path: "\(folder)/user")]
            #expect(try await cache.open(try address(url), credentials: credentials).names == ["a.yaml"])
        }
    }
}
