import Git
import Glibc
import TestSupport
import Testing

@Suite("A local directory")
struct WorkTreeTests {
    @Test("is at a commit, and dirty only by what lies below it")
    func dirtiness() async throws {
        let repository = try await TestRepository()
        #expect(describeWorkTree(at: repository.path) == nil)
        try await repository.commit(["a/x.yaml": "1", "b/y.yaml": "2", ".gitignore": "ignored\n", "a[1]/z.yaml": "3"])
        let commit = try await repository.git("rev-parse", "HEAD")
        func isDirty(_ folder: String) throws -> Bool {
            let facts = try #require(describeWorkTree(at: "\(repository.path)/\(folder)"))
            #expect(facts.commit == commit && facts.root == repository.path)
            return facts.isDirty
        }
        #expect(try !isDirty("") && !isDirty("a"))
        try repository.write("{}", to: "a/.rigaud/state.json")
        try repository.write("", to: "a/ignored")
        #expect(try !isDirty("") && !isDirty("a"))
        try repository.write("changed", to: "b/y.yaml")
        #expect(try isDirty("") && isDirty("b") && !isDirty("a") && !isDirty("a[1]"))
        try await repository.git("add", "-A", "b")
        #expect(try isDirty("b") && !isDirty("a"))
        try repository.write("new", to: "a/new.yaml")
        #expect(try isDirty("a") && !isDirty("a[1]"))
        _ = try await runProcess("rm", ["\(repository.path)/a[1]/z.yaml"])
        #expect(try isDirty("a[1]"))
    }

    /// What git is not to look at is read as a manifest all the same.
    @Test("is dirty by manifests that git was told to overlook")
    func overlooked() async throws {
        let repository = try await TestRepository()
        try await repository.commit(["a/x.yaml": "1", "b/y.yaml": "2", ".gitignore": "secret*\nout/\n"])
        func isDirty(_ folder: String) throws -> Bool {
            try #require(describeWorkTree(at: "\(repository.path)/\(folder)")).isDirty
        }
        try repository.write("", to: "a/secret.txt")
        try repository.write("", to: "a/out/notes.txt")
        #expect(try !isDirty("a") && !isDirty(""))
        try repository.write("", to: "a/out/secret.yaml")
        #expect(try isDirty("a") && isDirty("") && !isDirty("b"))
        for flag in ["assume-unchanged", "skip-worktree"] {
            try await repository.git("update-index", "--\(flag)", "b/y.yaml")
            #expect(try !isDirty("b"), "\(flag)")
            try repository.write("changed", to: "b/y.yaml")
            #expect(try isDirty("b"), "\(flag)")
            try repository.write("2", to: "b/y.yaml")
            #expect(try !isDirty("b"), "\(flag)")
            try await repository.git("update-index", "--no-\(flag)", "b/y.yaml")
        }
    }

    @Test("costs little where the repository around it is big")
    func speed() async throws {
        let repository = try await TestRepository()
        var stream = "commit refs/heads/main\ncommitter A <a@example.org> 1 +0000\ndata 1\nx\n"
        for index in 0..<3_000 { stream += "M 644 inline d\(index / 100)/f\(index)\ndata 1\nx\n" }
        try await repository.git("fast-import", "--quiet", input: stream)
        try await repository.git("reset", "-q", "--hard")
        // Of the processor's time, which does not count what else a busy machine does; the least of several.
        func cost(_ folder: String) -> Duration? {
            (0..<5).map { _ in
                let start = processorTime()
                #expect(describeWorkTree(at: repository.path + folder)?.isDirty == false)
                return processorTime() - start
            }.min()
        }
        let (ofOne, ofAll) = (try #require(cost("/d7")), try #require(cost("")))
        #expect(ofOne < ofAll * 2 / 3, "\(ofOne) for one folder, \(ofAll) for all")
    }

    @Test("may lie in no repository")
    func outside() throws {
        let scratch = try ScratchDirectory()
        #expect(describeWorkTree(at: scratch.path) == nil)
        #expect(describeWorkTree(at: scratch.path("nowhere")) == nil)
    }
}

/// What this thread has had of the processor.
private func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
