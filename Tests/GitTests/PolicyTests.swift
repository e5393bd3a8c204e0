import Glibc
import TestSupport
import Testing

@testable import Git

@Suite("The policy", .hangLimit)
struct PolicyTests {
    @Test("pins branches and folders")
    func pins() async throws {
        let repository = try await TestRepository("repo.git")
        let first = try await repository.commit(["s/p/a.yaml": "1", "sx/a.yaml": "1"])
        try await repository.git("checkout", "-q", "-b", "side")
        let side = try await repository.commit(["s/p/a.yaml": "2"])
        try await repository.git("checkout", "-q", "main")
        let server = try await HTTPServer(repository.scratch)
        var policy = GitPolicy()
        policy.branches = ["main"]
        for place in ["\(repository.path)//s", "\(server.url("git/repo.git"))//s"] {
            #expect(try await open("\(place)?ref=\(first)", repository.scratch, policy: policy).commit == first)
            let error = try await problem("\(place)?ref=\(side)", repository.scratch, policy: policy)
            #expect(error?.reason == .refused && error?.detail.contains("on none of the branches main") == true)
            policy.branches = ["gone"]
            #expect(try await problem(place, repository.scratch, policy: policy)?.reason == .refused)
            policy.branches = ["gone", "side"]
            #expect(try await problem("\(place)?ref=side", repository.scratch, policy: policy) == nil)
            policy.branches = ["main"]
        }
        policy = GitPolicy()
        for folder in ["./s/", "/s/"] {
            policy.folders = [folder]
            #expect(try await problem("\(repository.path)//s/p", repository.scratch, policy: policy) == nil)
            #expect(try await problem("\(repository.path)//s", repository.scratch, policy: policy) == nil)
        }
        for folder in ["sx", ""] {
            #expect(
                try await problem("\(repository.path)//\(folder)", repository.scratch, policy: policy)?.reason
                    == .refused)
        }
    }

    /// A commit brings its links along, and so does whoever may write elsewhere in the repository.
    @Test("pins what links lead to")
    func linksOut() async throws {
        let repository = try await TestRepository("repo.git")
        try await repository.commit(["s/real/a.yaml": "1", "other/evil.yaml": "2", "s/in.yaml": "3"])
        func link(_ name: String, to target: String) async throws {
            try #require(symlink(target, "\(repository.path)/\(name)") == 0)
            try await repository.git("add", "-A")
            try await repository.git("commit", "-q", "-m", name)
        }
        try await link("s/real/in.yaml", to: "../in.yaml")
        try await link("linked", to: "s")
        var policy = GitPolicy()
        policy.folders = ["s"]
        #expect(try await problem("\(repository.path)//s", repository.scratch, policy: policy) == nil)
        policy.folders = ["s/real"]
        let out = try await problem("\(repository.path)//s/real", repository.scratch, policy: policy)
        #expect(out?.reason == .refused && out?.detail.contains("`in.yaml` is a symbolic link to `s/in.yaml`") == true)
        policy.folders = ["linked"]
        let folder = try await problem("\(repository.path)//linked", repository.scratch, policy: policy)
        #expect(
            folder?.reason == .refused && folder?.detail.contains("link to `s`") == true,
            "\(String(describing: folder))")
    }

    @Test("tells signatures made with ssh apart: good, bad, unsigned, unknown, expired")
    func ssh() async throws {
        let repository = try await TestRepository()
        let scratch = repository.scratch
        var signers = ""
        for name in ["ada", "eve", "old"] {
            _ = try await runProcess(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", scratch.path(name)])
            let key = try scratch.read("\(name).pub").split(separator: " ").prefix(2).joined(separator: " ")
            // Hers is for files, and not for commits.
            if name == "eve" { signers += "eve@example.org namespaces=\"file\" \(key)\n" }
            if name == "ada" { signers += "ada@example.org namespaces=\"git\" \(key)\n" }
            if name == "old" { signers += "old@example.org valid-before=\"20240601\" \(key)\n" }
        }
        var trust = GitTrust()
        trust.allowedSigners = try scratch.write(signers, to: "signers")
        try await repository.git("config", "gpg.format", "ssh")
        try await check(repository, trust, good: .good(by: "ada@example.org"), expired: .expired(by: "old@example.org"))
        {
            scratch.path("\($0).pub")
        }
    }

    @Test("tells signatures made with GnuPG apart: good, bad, unsigned, unknown, expired")
    func gpg() async throws {
        let repository = try await TestRepository()
        let scratch = repository.scratch
        let home = try scratch.write("", to: "gpg/empty").dropLast(6)
        _ = try await runProcess("chmod", ["700", String(home)])
        func gpg(_ arguments: [String]) async throws -> ProcessResult {
            try await runProcess(
                "gpg",
                ["--homedir", String(home), "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]
                    + arguments)
        }
        // The dead of "old" is long over: its key is made in the past.
        for (name, expiry, time) in [("ada", "0", nil), ("eve", "0", nil), ("old", "30d", "20240501T000000!")] {
            let made = try await gpg(
                (time.map { ["--faked-system-time", $0] } ?? [])
                    + ["--quick-gen-key", "\(name) <\(name)@example.org>", "ed25519", "sign", expiry])
            try #require(made.exitStatus == 0, "\(made)")
        }
        let keys = try await gpg(["--armor", "--export", "ada", "old"])
        var trust = GitTrust()
        trust.gpgKeyring = try scratch.write(keys.standardOutput, to: "keyring.asc")
        let program = try scratch.write(
            "#!/bin/sh\ncase \"$*\" in *old*) time='--faked-system-time 20240506T000000!';; esac\n"
                + "exec gpg --homedir \(home) --batch --no-tty --pinentry-mode loopback --passphrase '' $time \"$@\"\n",
            to: "sign-gpg")
        _ = try await runProcess("chmod", ["755", program])
        try await repository.git("config", "gpg.program", program)
        try await check(
            repository, trust, good: .good(by: "ada <ada@example.org>"), expired: .expired(by: "old <old@example.org>")
        ) { "\($0)@example.org" }

        // Fingerprints narrow the keyring down; a keybox is as good as an export.
        let listed = try await gpg(["--with-colons", "--list-keys", "ada"])
        let fingerprint = listed.standardOutput.split(separator: "\n").first { $0.hasPrefix("fpr") }?
            .split(separator: ":").last.map(String.init)
        try await repository.git("checkout", "-q", "good")
        trust.gpgFingerprints = [try #require(fingerprint).lowercased()]
        #expect(try await signature(repository, trust, "good") == .good(by: "ada <ada@example.org>"))
        trust.gpgKeyring = "\(home)/pubring.kbx"
        #expect(try await signature(repository, trust, "good") == .good(by: "ada <ada@example.org>"))
        #expect(try await signature(repository, trust, "unknown") != .good(by: "eve <eve@example.org>"))
        trust.gpgFingerprints = [String(repeating: "A", count: 40)]
        #expect(try await signature(repository, trust, "good") == .unknownKey(try #require(fingerprint)))
        _ = try await runProcess("gpgconf", ["--homedir", String(home), "--kill", "all"])
    }

    private func signature(_ repository: TestRepository, _ trust: GitTrust, _ ref: String) async throws -> GitSignature?
    {
        var policy = GitPolicy()
        policy.trust = trust
        return try await open("\(repository.path)//?ref=\(ref)", repository.scratch, policy: policy).signature
    }

    /// Commits and tags signed by ada (who counts), eve (who does not) and old (who did), and one that was changed afterwards.
    private func check(
        _ repository: TestRepository, _ trust: GitTrust, good: GitSignature, expired: GitSignature,
        key: (String) -> String
    ) async throws {
        func commit(_ name: String, signedBy signer: String?) async throws {
            try repository.write(name, to: "a.yaml")
            try await repository.git("add", "-A")
            let signing = signer.map { ["-c", "user.signingKey=\(key($0))"] } ?? []
            _ = try await runGit(
                signing + ["commit", "-q", "--allow-empty", "-m", name] + (signer == nil ? [] : ["-S"]),
                in: repository.path, home: repository.scratch.path)
            try await repository.git("branch", name)
        }
        func tag(_ name: String, signedBy signer: String) async throws {
            try await repository.git("-c", "user.signingKey=\(key(signer))", "tag", "-s", "-m", "A tag", name)
        }
        try await commit("good", signedBy: "ada")
        try await commit("unknown", signedBy: "eve")
        try await commit("expired", signedBy: "old")
        try await commit("unsigned", signedBy: nil)
        try await tag("v1.0.0", signedBy: "ada")
        try await tag("v2.0.0", signedBy: "eve")
        try await repository.git("tag", "-a", "-m", "Not signed", "v3.0.0")
        try await repository.git("update-ref", "refs/tags/renamed", "refs/tags/v1.0.0")

        // One bit of the message, after it was signed.
        let signed = try await repository.git("cat-file", "commit", "good")
        let tampered = signed.replacing("\n\ngood", with: "\n\nbad!")
        try #require(tampered != signed)
        let id = try await repository.git("hash-object", "-t", "commit", "-w", "--stdin", input: tampered + "\n")
        try await repository.git("update-ref", "refs/heads/tampered", id)

        #expect(try await signature(repository, trust, "good") == good)
        #expect(try await signature(repository, trust, "tampered") == .bad)
        #expect(try await signature(repository, trust, "unsigned") == .unsigned)
        #expect(try await signature(repository, trust, "expired") == expired)
        #expect(try await signature(repository, trust, "v1.0.0") == good)
        #expect(try await signature(repository, trust, "v3.0.0") == .unsigned)
        #expect(try await signature(repository, trust, "renamed") == .bad)
        for ref in ["unknown", "v2.0.0"] {
            let verdict = try await signature(repository, trust, ref)
            guard case .unknownKey = verdict else {
                Issue.record("\(ref): \(String(describing: verdict))")
                continue
            }
        }
        for ref in ["good", "v1.0.0"] {
            let verdict = try await signature(repository, GitTrust(), ref)
            guard case .uncheckable = verdict else {
                Issue.record("\(ref): \(String(describing: verdict))")
                continue
            }
            #expect(verdict?.problem?.contains("no keys were given") == true)
        }
        var policy = GitPolicy()
        policy.trust = trust
        policy.requiresSignature = true
        for (ref, words) in [
            ("tampered", "does not fit"), ("unsigned", "not signed"), ("unknown", "none of those"),
            ("expired", "expired"), ("v2.0.0", "The tag `v2.0.0` is signed with the key"),
            ("renamed", "The tag `renamed` has a signature"),
        ] {
            let error = try await problem("\(repository.path)//?ref=\(ref)", repository.scratch, policy: policy)
            #expect(error?.reason == .refused && error?.detail.contains(words) == true, "\(String(describing: error))")
        }
        #expect(try await problem("\(repository.path)//?ref=^1", repository.scratch, policy: policy) == nil)
        #expect(try filesIn(repository.scratch.path("cache")).isEmpty)
        policy.trust = nil
        #expect(try await problem("\(repository.path)//", repository.scratch, policy: policy)?.reason == .refused)
    }
}
