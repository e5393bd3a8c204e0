import Glibc
import Model
import TestSupport
import Testing

@testable import Git

@Suite("A repository of a server", .hangLimit)
struct CloneTests {
    /// A repository with two commits, a tag and a branch, served over http.
    private func served() async throws -> (TestRepository, HTTPServer, first: String) {
        let repository = try await TestRepository("repo.git")
        let first = try await repository.commit(["s/a.yaml": "1"])
        try await repository.git("tag", "-a", "-m", "One", "v1.0.0")
        try await repository.git("branch", "old")
        try await repository.commit(["s/a.yaml": "2"])
        return (repository, try await HTTPServer(repository.scratch), first)
    }

    @Test("is cloned once and fetched after that; a whole commit that is here needs nobody")
    func cache() async throws {
        let (repository, server, first) = try await served()
        let (scratch, url) = (repository.scratch, server.url("git/repo.git"))
        let snapshot = try await open("\(url)//s", scratch)
        #expect(snapshot.text("a.yaml") == "2" && snapshot.resolvedRef == "refs/heads/main")
        #expect(try await open("\(url)//s?ref=^1", scratch).text("a.yaml") == "1")
        #expect(try await open("\(url)//s?ref=old", scratch).commit == first)
        let asked = try server.requests.count
        #expect(try await open("\(url)//s?ref=\(first)", scratch).text("a.yaml") == "1")
        #expect(try server.requests.count == asked)

        let third = try await repository.commit(["s/a.yaml": "3"])
        #expect(try await open("\(url)//s?ref=\(third.prefix(9))", scratch).commit == third)
    }

    @Test("has versions beyond plain numbers, and branches that look like commits")
    func names() async throws {
        let (repository, server, _) = try await served()
        let (scratch, url) = (repository.scratch, server.url("git/repo.git"))
        for tag in ["v3.0.0-rc.1", "v3.0.0+build.7"] { try await repository.git("tag", "-a", "-m", tag, tag) }
        try await repository.git("branch", "FACADE1")
        #expect(try await open("\(url)//s?ref=~3.0.0", scratch).resolvedRef == "refs/tags/v3.0.0+build.7")
        let early = try await open("\(url)//s?ref=>=3.0.0-rc.1 <3.0.0", scratch)
        #expect(early.resolvedRef == "refs/tags/v3.0.0-rc.1")
        #expect(try await open("\(url)//s?ref=FACADE1", scratch).resolvedRef == "refs/heads/FACADE1")
        let none = try await problem("\(url)//s?ref=^9", scratch)
        #expect(none?.detail.contains("Its newest are v3.0.0+build.7, v3.0.0-rc.1, v1.0.0.") == true)
    }

    @Test("is had again where it lost something")
    func damaged() async throws {
        let (repository, server, _) = try await served()
        let (scratch, url) = (repository.scratch, server.url("git/repo.git"))
        _ = try await open("\(url)//s", scratch)
        for file in try filesBelow(scratch.path("cache"), withSuffix: "") where file.contains("/objects/") {
            _ = try await runProcess("chmod", ["u+w", file])
            _ = try await runProcess("truncate", ["-s", "50", file])
        }
        #expect(try await open("\(url)//s", scratch).text("a.yaml") == "2")
        #expect(try await open("\(url)//s", scratch).text("a.yaml") == "2")
    }

    @Test("survives that a branch gives way to a folder of branches, and that history is rewritten")
    func movingRefs() async throws {
        let (repository, server, _) = try await served()
        let (scratch, url) = (repository.scratch, server.url("git/repo.git"))
        #expect(try await open("\(url)//s?ref=old", scratch).text("a.yaml") == "1")
        try await repository.git("branch", "-D", "old")
        try await repository.git("branch", "old/below", "main")
        #expect(try await open("\(url)//s?ref=old/below", scratch).text("a.yaml") == "2")
        #expect(try await problem("\(url)//s?ref=old", scratch)?.reason == .missing)
        let before = try await open("\(url)//s", scratch)
        try write("rewritten", repository)
        try await repository.git("commit", "-q", "-a", "--amend", "-m", "Rewritten")
        let after = try await open("\(url)//s", scratch)
        #expect(after.text("a.yaml") == "rewritten")
        let cache = GitCache(directory: scratch.path("cache"))
        #expect(try await cache.descent(of: after, from: before.commit) != .descends)
    }

    private func write(_ text: String, _ repository: TestRepository) throws {
        try repository.write(text, to: "s/a.yaml")
    }

    @Test("is fetched by several at once, and what a killed one left is not trusted")
    func concurrency() async throws {
        let (repository, server, _) = try await served()
        let (scratch, url) = (repository.scratch, server.url("git/repo.git"))
        let key = sha1Hex(Array(url.utf8))
        // A clone that was killed, and a clone whose last byte was never written.
        try scratch.write("ref: refs/heads/evil", to: "cache/\(key).new.AAAAAA/HEAD")
        try scratch.write("not a repository", to: "cache/\(key).git/HEAD")
        let directory = scratch.path("cache")
        #expect(chmod(directory, 0o700) == 0)
        let texts = try await withThrowingTaskGroup(of: String?.self) { group in
            for index in 0..<6 {
                group.addTask {
                    try await open("\(url)//s?ref=\(index % 2 == 0 ? "main" : "old")", scratch).text("a.yaml")
                }
            }
            return try await group.reduce(into: []) { $0.append($1 ?? "") }.sorted()
        }
        #expect(texts == ["1", "1", "1", "2", "2", "2"])
        #expect(try filesIn(directory) == ["\(key).git", "\(key).lock"])
        #expect(try scratch.read("cache/\(key).git/config").contains("url = \(url)"))
        _ = repository
    }

    @Test("is kept in a folder that is the user's alone")
    func directory() async throws {
        let (repository, server, _) = try await served()
        let (scratch, url) = (repository.scratch, server.url("git/repo.git"))
        _ = try await open("\(url)//s", scratch)
        var information = stat()
        #expect(stat(scratch.path("cache"), &information) == 0 && information.st_mode & 0o777 == 0o700)
        #expect(chmod(scratch.path("cache"), 0o777) == 0)
        let error = try await problem("\(url)//s", scratch)
        #expect(error?.reason == .denied && error?.command?.hasPrefix("chmod 700") == true)
    }

    @Test("that is not there, says nothing, or is not to be waited for")
    func failures() async throws {
        let (repository, server, _) = try await served()
        let scratch = repository.scratch
        #expect(try await problem(server.url("git/none.git"), scratch)?.reason == .missing)
        #expect(try await problem("http://127.0.0.1:1/x", scratch)?.reason == .unreachable)
        #expect(try await problem("http://nowhere.invalid/x", scratch)?.reason == .unreachable)
        #expect(try await problem("https://127.0.0.1:\(server.port)/x", scratch)?.reason == .unreachable)
        #expect(try filesIn(scratch.path("cache")).allSatisfy { $0.hasSuffix(".lock") })

        var cache = GitCache(directory: scratch.path("cache"))
        cache.timeLimit = .milliseconds(300)
        let silent = try address(server.url("silent/x.git"))
        let started = ContinuousClock.now
        let timedOut = await #expect(throws: GitError.self) { try await cache.open(silent) }
        #expect(timedOut?.reason == .timedOut)
        // The first call still holds the lock: the second says so, rather than waiting for good.
        let waited = await #expect(throws: GitError.self) { try await cache.open(silent) }
        #expect(waited?.detail.contains("Another process") == true)
        cache.timeLimit = .hang
        let stopped = await #expect(throws: GitError.self) {
            try await cache.open(try address(server.url("silent/y.git")), isStopped: { true })
        }
        #expect(stopped?.reason == .stopped)
        let cancelled = Task { [cache] in try await cache.open(try address(server.url("silent/z.git"))) }
        try await Task.sleep(for: .milliseconds(100))
        cancelled.cancel()
        #expect(await #expect(throws: GitError.self) { try await cancelled.value }?.reason == .stopped)
        #expect(ContinuousClock.now - started < .hang)
    }

    @Test("lets in who has the password, which is nowhere afterwards")
    func passwords() async throws {
        let (repository, server, _) = try await served()
        let (scratch, url) = (repository.scratch, server.url("private/repo.git"))
        func credentials(_ change: (inout GitCredentials) -> Void) -> GitCredentials {
            var credentials = GitCredentials()
            change(&credentials)
            return credentials
        }
        let right = GitCredentials.Login(user: HTTPServer.user, password: Secret(HTTPServer.password))
        let wrong = GitCredentials.token(Secret("wrong-token"))
        let netrc = Secret("machine 127.0.0.1 login \(HTTPServer.user) password \(HTTPServer.password)")
        let helper = try scratch.write(
            "#!/bin/sh\necho \"$@\" >>\(scratch.path("helper-arguments"))\ncat >>\(scratch.path("helper-input"))\n"
                + "echo username=\(HTTPServer.user)\necho password=\(HTTPServer.password)\n", to: "helper")
        #expect(chmod(helper, 0o755) == 0)
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch.path, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": try scratch.write("[credential]\n helper = \(helper)\n", to: "gitconfig"),
        ]
        for (index, one) in [
            credentials { $0.login = right }, credentials { $0.netrc = netrc },
            credentials { ($0.login, $0.netrc) = (wrong, netrc) },
            credentials { ($0.login, $0.helperEnvironment) = (wrong, environment) },
        ].enumerated() {
            let snapshot = try await open("\(url)//s", scratch, credentials: one)
            #expect(snapshot.text("a.yaml") == "2", "\(index)")
        }
        #expect(try scratch.read("helper-arguments") == "get\n")
        #expect(try scratch.read("helper-input").contains("host=127.0.0.1:\(server.port)"))
        let named = "http://\(HTTPServer.user)@127.0.0.1:\(server.port)/private/repo.git"
        let several = Secret(
            "machine 127.0.0.1 login eve password no\nmachine 127.0.0.1 login \(HTTPServer.user) password \(HTTPServer.password)"
        )
        #expect(
            try await open("\(named)//s", scratch, credentials: credentials { $0.netrc = several }).text("a.yaml")
                == "2")
        let inURL = "http://\(HTTPServer.user):\(HTTPServer.password)@127.0.0.1:\(server.port)/private/repo.git"
        #expect(try await open("\(inURL)//s", scratch).text("a.yaml") == "2")

        let nothing = try await problem("\(url)//s", scratch)
        #expect(nothing?.reason == .denied && nothing?.detail.contains("nor a credential helper gave") == true)
        let denied = try await problem(
            "\(url)//s", scratch,
            credentials: credentials { ($0.login, $0.netrc) = (wrong, Secret("default login a password b")) })
        #expect(denied?.reason == .denied)
        #expect(denied?.detail.contains("the token or password given, nor the netrc file") == true)
        #expect(denied?.detail.contains("wrong-token") == false)

        let found = try await runProcess(
            "grep", ["-r", "-l", "-e", HTTPServer.password, "-e", "wrong-token", scratch.path("cache")])
        #expect(found.exitStatus == 1, "\(found)")
        #expect(try filesIn(scratch.path("cache")).filter { $0.hasSuffix(".git") }.count == 1)
        _ = repository
    }

    @Test("is followed to another place of the same server, and to no other")
    func redirection() async throws {
        let (repository, server, _) = try await served()
        #expect(try await open("\(server.url("moved/repo.git"))//s", repository.scratch).text("a.yaml") == "2")
        var credentials = GitCredentials()
        credentials.login = .init(user: HTTPServer.user, password: Secret(HTTPServer.password))
        let error = try await problem(server.url("offsite/repo.git"), repository.scratch, credentials: credentials)
        #expect(
            error?.reason == .unreachable && error?.detail.contains("redirect") == true, "\(String(describing: error))")
    }

    @Test("must have a certificate that this machine trusts")
    func certificates() async throws {
        let repository = try await TestRepository("repo.git")
        try await repository.commit(["a.yaml": "1"])
        let (key, certificate) = (repository.scratch.path("key.pem"), repository.scratch.path("certificate.pem"))
        let made = try await runProcess(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ])
        try #require(made.exitStatus == 0, "\(made)")
        let both = try repository.scratch.write(
            try repository.scratch.read("key.pem") + repository.scratch.read("certificate.pem"), to: "both.pem")
        let server = try await HTTPServer(repository.scratch, certificate: both)
        let error = try await problem("https://localhost:\(server.port)/git/repo.git", repository.scratch)
        #expect(
            error?.reason == .untrusted && error?.command?.contains("openssl s_client") == true,
            "\(String(describing: error))")
        #expect(try server.requests.isEmpty)
    }

    @Test("has submodules, fetched from where they are, with the password for their own server alone")
    func submodules() async throws {
        let (repository, server, _) = try await served()
        let inner = try await TestRepository("inner.git", in: repository.scratch)
        try await inner.commit(["z/i.yaml": "inner"])
        let outer = try await TestRepository("outer.git", in: repository.scratch)
        try await outer.commit(["s/a.yaml": "outer"])
        try await outer.git(
            "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "main", inner.path, "s/lib")
        try await outer.git("config", "-f", ".gitmodules", "submodule.s/lib.url", "../inner.git")
        try await outer.commit([:])
        let snapshot = try await open("\(server.url("git/outer.git"))//s", repository.scratch)
        #expect(snapshot.names == ["a.yaml", "lib/z/i.yaml"] && snapshot.text("lib/z/i.yaml") == "inner")
        #expect(try await open("\(server.url("git/outer.git"))//s/lib", repository.scratch).names == ["z/i.yaml"])

        var credentials = GitCredentials()
        credentials.login = .init(user: HTTPServer.user, password: Secret(HTTPServer.password))
        let (one, other) = ("http://127.0.0.1:\(server.port)", "http://localhost:\(server.port)")
        for (host, isDenied) in [(one, false), (other, true)] {
            try await outer.git("config", "-f", ".gitmodules", "submodule.s/lib.url", "\(host)/private/inner.git")
            try await outer.commit([:])
            let error = try await problem("\(one)/private/outer.git//s", repository.scratch, credentials: credentials)
            #expect(error?.reason == (isDenied ? .denied : nil), "\(String(describing: error))")
        }

        // Over a path of this machine only where that was allowed.
        try await outer.git("config", "-f", ".gitmodules", "submodule.s/lib.url", inner.path)
        try await outer.commit([:])
        #expect(try await problem("\(server.url("git/outer.git"))//s", repository.scratch)?.reason == .hostile)
        #expect(try await problem("\(outer.path)//s", repository.scratch)?.reason == .hostile)
        var policy = GitPolicy()
        policy.allowsLocalSubmodules = true
        #expect(
            try await open("\(outer.path)//s", repository.scratch, policy: policy).names == ["a.yaml", "lib/z/i.yaml"])
        #expect(
            try await problem("\(server.url("git/outer.git"))//s", repository.scratch, policy: policy)?.reason
                == .hostile)
    }

    @Test("sends no more than is allowed")
    func downloadLimit() async throws {
        let (repository, server, _) = try await served()
        var limits = GitLimits()
        limits.download = 100
        #expect(try await problem(server.url("git/repo.git"), repository.scratch, limits: limits)?.reason == .tooLarge)
    }
}
