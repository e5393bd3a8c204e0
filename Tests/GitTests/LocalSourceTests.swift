import TestSupport
import Testing

@testable import Git

@Suite("A repository of this machine")
struct LocalSourceTests {
    @Test("gives the manifests of a folder at a branch, a tag, a commit or a range of versions")
    func refs() async throws {
        let repository = try await TestRepository()
        let first = try await repository.commit(["stacks/a.yaml": "1"])
        try await repository.git("tag", "v1.2.0")
        try await repository.git("tag", "-a", "-m", "One three", "v1.3.0")
        try await repository.git("tag", "v2.0.0-rc.1")
        let second = try await repository.commit(["stacks/a.yaml": "2"])
        try await repository.git("branch", "dev")
        try await repository.git("tag", "v1.10.0")
        try await repository.commit(["stacks/a.yaml": "3"], "The third\n\nWith a body")
        let expected: [(String, String, String, String)] = [
            ("", "3", "refs/heads/main", ""), ("?ref=dev", "2", "refs/heads/dev", second),
            ("?ref=heads/dev", "2", "refs/heads/dev", second), ("?ref=v1.2.0", "1", "refs/tags/v1.2.0", first),
            ("?ref=v1.3.0", "1", "refs/tags/v1.3.0", first), ("?ref=^1.2", "2", "refs/tags/v1.10.0", second),
            ("?ref=~1.3", "1", "refs/tags/v1.3.0", first), ("?ref=\(first)", "1", first, first),
            ("?ref=\(first.prefix(8))", "1", first, first), ("?ref=refs/tags/v1.2.0", "1", "refs/tags/v1.2.0", first),
            ("?ref=>=2.0.0-rc.1", "1", "refs/tags/v2.0.0-rc.1", first),
        ]
        for (query, text, name, commit) in expected {
            let snapshot = try await open("file://\(repository.path)//stacks\(query)", repository.scratch)
            #expect(snapshot.text("a.yaml") == text, "\(query)")
            #expect(snapshot.resolvedRef == name)
            #expect(commit.isEmpty || snapshot.commit == commit)
        }
        let snapshot = try await open("\(repository.path)//", repository.scratch)
        #expect(snapshot.names == ["stacks/a.yaml"])
        #expect(snapshot.author == "Ada <ada@example.org>" && snapshot.time == testTime)
        #expect(snapshot.subject == "The third" && snapshot.askedRef == nil && snapshot.signature == nil)
        #expect(!repository.scratch.exists("cache"))
        let cache = GitCache(directory: repository.scratch.path("cache"))
        #expect(try await cache.descent(of: snapshot, from: first) == .descends)
        #expect(try await cache.descent(of: snapshot, from: snapshot.commit) == .descends)
        let old = try await open("\(repository.path)//?ref=\(first)", repository.scratch)
        #expect(try await cache.descent(of: old, from: second) == .diverges)
        #expect(try await cache.descent(of: old, from: String(repeating: "a", count: 40)) == .unknown)
    }

    @Test("says what it has where it has not what was asked for")
    func missing() async throws {
        let repository = try await TestRepository()
        #expect(try await problem("\(repository.path)//", repository.scratch)?.detail.contains("is empty") == true)
        try await repository.commit(["stacks/a.yaml": "1"])
        for (query, words) in [
            ("?ref=nope", "Its branches are main; it has 0 tags."), ("?ref=^1", "no tags of the form"),
            ("?ref=abcdef01", "no commit abcdef01"), ("//nope", "At its root there are stacks/."),
            ("//stacks/a.yaml/b", "no folder"),
        ] {
            let error = try await problem("\(repository.path)\(query)", repository.scratch)
            #expect(error?.reason == .missing && error?.detail.contains(words) == true, "\(String(describing: error))")
        }
        try await repository.git("tag", "twice")
        try await repository.git("branch", "twice")
        #expect(try await open("\(repository.path)?ref=twice", repository.scratch).resolvedRef == "refs/tags/twice")
        try await repository.commit([:])
        try await repository.git("branch", "-f", "twice")
        #expect(try await problem("\(repository.path)?ref=twice", repository.scratch)?.reason == .ambiguous)
    }

    @Test("is read as a directory would be: kinds, hidden ones, order, links, one file")
    func files() async throws {
        let repository = try await TestRepository()
        try await repository.git("config", "core.symlinks", "true")
        try await repository.commit([
            "s/b.yml": "b", "s/a.yaml": "a", "s/c/d.json": "d", "s/c.yaml": "c", "s/README.md": "no",
            "s/.hidden.yaml": "no",
            "s/.data/e.yaml": "e", "other/f.yaml": "f", "a.yaml": "no",
        ])
        for (target, link) in [
            (".data/e.yaml", "s/e.yaml"), ("../other", "s/linked"), ("a.yaml", "s/again.yaml"), ("../s", "other/back"),
        ] {
            _ = try await runProcess("ln", ["-s", target, "\(repository.path)/\(link)"])
        }
        try await repository.commit([:])
        let snapshot = try await open("\(repository.path)//s", repository.scratch)
        #expect(snapshot.names == ["a.yaml", "b.yml", "c/d.json", "c.yaml", "e.yaml", "linked/f.yaml"].sortedAsWalked)
        #expect(snapshot.text("linked/f.yaml") == "f" && snapshot.text("e.yaml") == "e")
        #expect(try await open("\(repository.path)//s/c.yaml", repository.scratch).names == ["c.yaml"])
        #expect(try await open("\(repository.path)//s/linked", repository.scratch).names.first == "back/a.yaml")
    }

    @Test("may be bare, a linked work tree, or another user's")
    func forms() async throws {
        let repository = try await TestRepository()
        try await repository.commit(["a.yaml": "1"])
        try await repository.git("worktree", "add", "-q", "-b", "side", repository.scratch.path("side"))
        _ = try await runGit(
            ["clone", "-q", "--bare", repository.path, "bare.git"], in: repository.scratch.path,
            home: repository.scratch.path)
        #expect(try await open("\(repository.scratch.path("bare.git"))//", repository.scratch).names == ["a.yaml"])
        let side = try await open("\(repository.scratch.path("side"))//", repository.scratch)
        #expect(side.resolvedRef == "refs/heads/side" && side.names == ["a.yaml"])
        let chown = try await runProcess("chown", ["-R", "65534", repository.path])
        if chown.exitStatus == 0 {
            #expect(try await open("\(repository.path)//", repository.scratch).names == ["a.yaml"])
            #expect(describeWorkTree(at: repository.path)?.isDirty == false)
        }
    }

    @Test("of ten thousand manifests is read in well under a second")
    func speed() async throws {
        let repository = try await TestRepository(bare: true)
        var stream = "commit refs/heads/main\ncommitter A <a@example.org> 1 +0000\ndata 1\nx\n"
        for index in 0..<10_000 {
            let text = "kind: VirtualMachine\nmetadata: {name: vm-\(index)}\n"
            stream += "M 644 inline d\(index / 100)/vm-\(index).yaml\ndata \(text.utf8.count)\n\(text)\n"
        }
        try await repository.git("fast-import", "--quiet", input: stream)
        let start = ContinuousClock.now
        let snapshot = try await open("\(repository.path)//", repository.scratch)
        let duration = ContinuousClock.now - start
        #expect(snapshot.files.count == 10_000)
        // A release takes a tenth of a second; this one is for debugging, on a machine that is busy.
        #expect(duration < .seconds(60), "\(duration): far from what it takes on a machine that is busy")
    }
}

extension [String] {
    /// Names within a folder before those of the folders: the order of names in each folder.
    fileprivate var sortedAsWalked: [String] {
        map { $0.split(separator: "/").map(String.init) }.sorted { $0.lexicographicallyPrecedes($1) }
            .map { $0.joined(separator: "/") }
    }
}
