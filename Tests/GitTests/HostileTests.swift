import TestSupport
import Testing

@testable import Git

@Suite("A hostile repository")
struct HostileTests {
    @Test(
        "has links that lead out of it, to the root, to nothing or in a circle",
        arguments: [
            ("../../etc/passwd.yaml", "out of the repository, to `../../etc/passwd.yaml`"),
            ("/etc/passwd", "leads out"), ("nowhere.yaml", "leads to nothing"),
            ("x.yaml", "in a circle"), ("../a/../../b", "leads out"), ("good.yaml/x", "leads to nothing"),
            ("", "target"),
        ])
    func links(target: String, words: String) async throws {
        let repository = try await TestRepository()
        let good = try await repository.object("blob", "good")
        let link = try await repository.object("blob", target)
        let folder = try await repository.commit(tree: [("100644", "good.yaml", good), ("120000", "x.yaml", link)])
        let tree = try await repository.git("rev-parse", "\(folder)^{tree}")
        _ = try await repository.commit(tree: [("40000", "a", tree)])
        let error = try await problem("\(repository.path)//a", repository.scratch)
        #expect(error?.reason == .hostile && error?.detail.contains("`x.yaml`") == true, "\(String(describing: error))")
        #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
        // Where the link is not, nothing is wrong.
        #expect(try await open("\(repository.path)//a/good.yaml", repository.scratch).names == ["good.yaml"])
    }

    @Test("has names that are no file's", arguments: ["..", ".", "a/b", "a\u{1b}[2J.yaml", "x.yaml"])
    func names(name: String) async throws {
        let repository = try await TestRepository()
        let good = try await repository.object("blob", "good")
        _ = try await repository.commit(tree: [("100644", name, good), ("100644", "x.yaml", good)])
        let error = try await problem("\(repository.path)//", repository.scratch)
        #expect(error?.reason == .hostile, "\(String(describing: error))")
        #expect(error?.detail.contains("\u{1b}") == false)
    }

    @Test("has more than is read")
    func limits() async throws {
        let repository = try await TestRepository()
        try await repository.commit([
            "a/b/c/d.yaml": "deep", "big.yaml": String(repeating: "x", count: 2000), "e.txt": "",
        ])
        func limited(_ change: (inout GitLimits) -> Void) async throws -> GitError? {
            var limits = GitLimits()
            change(&limits)
            return try await problem("\(repository.path)//", repository.scratch, limits: limits)
        }
        for error in [
            try await limited { $0.fileSize = 1999 }, try await limited { $0.totalSize = 2001 },
            try await limited { $0.files = 1 }, try await limited { $0.depth = 2 },
            try await limited { $0.entries = 4 },
        ] {
            #expect(error?.reason == .tooLarge, "\(String(describing: error))")
        }
        #expect(
            try await limited {
                ($0.fileSize, $0.totalSize, $0.files, $0.depth, $0.entries) = (2000, 2004, 2, 3, 6)
            } == nil)
    }

    @Test("has a file of which only the header is looked at")
    func hugeHeader() async throws {
        let repository = try await TestRepository()
        let id = String(repeating: "ab", count: 20)
        _ = try await repository.commit(tree: [("100644", "huge.yaml", id)])
        // Nothing but a header that promises 80 GB.
        let script =
            "import zlib,os,sys; os.makedirs(sys.argv[1]); "
            + "open(sys.argv[1]+'/'+sys.argv[2],'wb').write(zlib.compress(b'blob 80000000000\\0x'))"
        _ = try await runProcess(
            "python3", ["-c", script, "\(repository.path)/.git/objects/ab", String(id.dropFirst(2))])
        let error = try await problem("\(repository.path)//", repository.scratch)
        #expect(
            error?.reason == .tooLarge && error?.detail.contains("`huge.yaml`") == true, "\(String(describing: error))")
    }

    @Test("unfolds into more folders than there are atoms")
    func bomb() async throws {
        let repository = try await TestRepository()
        var id = try await repository.object("blob", "x")
        for level in 0..<10 {
            let lines = (0..<10).map { "\(level == 0 ? "100644 blob" : "040000 tree") \(id)\tf\($0)" }
            id = try await repository.git("mktree", input: lines.joined(separator: "\n"))
        }
        let commit = try await repository.git("commit-tree", id, "-m", "Bomb")
        try await repository.git("update-ref", "refs/heads/main", commit)
        var limits = GitLimits()
        limits.entries = 20_000
        #expect(try await problem("\(repository.path)//", repository.scratch, limits: limits)?.reason == .tooLarge)
    }

    @Test("has submodules that are not followed")
    func submodules() async throws {
        let repository = try await TestRepository()
        let commit = String(repeating: "cd", count: 20)
        for (url, words) in [
            ("file:///etc", "--allow-local-submodules"), ("/srv/x", "--allow-local-submodules"),
            ("ext::sh -c true", "Remote helpers"), ("-u", "no URL"), ("git://127.0.0.1/x", "scheme"),
            ("https://user:hunter2@-h/x", "dash"),
        ] {
            let modules = try await repository.object("blob", "[submodule \"x\"]\n path = lib/x\n url = \(url)\n")
            let lib = try await repository.git("mktree", "--missing", input: "160000 commit \(commit)\tx")
            _ = try await repository.commit(tree: [("100644", ".gitmodules", modules), ("40000", "lib", lib)])
            let error = try await problem("\(repository.path)//", repository.scratch)
            #expect(error?.reason == .hostile && error?.detail.contains(words) == true, "\(String(describing: error))")
            #expect(error?.detail.contains("hunter2") == false)
            _ = try await repository.commit(tree: [("100644", "a.yaml", modules), ("40000", "lib", lib)])
            #expect(try await problem("\(repository.path)//", repository.scratch)?.detail.contains("no URL") == true)
        }
        // Not in the folder that is read: nobody's business.
        try await repository.git("checkout", "-q", "-f", "main")
        #expect(try await open("\(repository.path)//a.yaml", repository.scratch).names == ["a.yaml"])
    }

    @Test("has refs that look like options")
    func refNames() async throws {
        let repository = try await TestRepository()
        let commit = try await repository.commit(["a.yaml": "1"])
        try await repository.git("update-ref", "refs/heads/-x", commit)
        try await repository.git("update-ref", "refs/tags/--upload-pack=x", commit)
        #expect(try await open("\(repository.path)//", repository.scratch).names == ["a.yaml"])
        #expect(throws: GitError.self) { try address("\(repository.path)//?ref=-x") }
    }
}
