import Glibc
import TestSupport
import Testing

/// What the other suites stand on.
@Suite("Test support")
struct TestSupportTests {
    @Test("A program's output, error, input and status")
    func process() async throws {
        let result = try await runProcess(
            "sh", ["-c", "cat; echo \"$WORD\"; pwd; echo no >&2; exit 3"],
            environment: ["WORD": "yes", "PATH": "/usr/bin:/bin"], directory: "/usr", input: "in\n")
        #expect(result.end == .exited(3))
        #expect(result.standardOutput == "in\nyes\n/usr\n")
        #expect(result.standardError == "no\n")
    }

    @Test("Much output and input that nobody reads block nothing")
    func flood() async throws {
        let input = String(repeating: "x", count: 1 << 20)
        let result = try await runProcess("sh", ["-c", "head -c 1000000 /dev/zero; exec <&-"], input: input)
        #expect(result.standardOutput.utf8.count == 1_000_000)
    }

    @Test("A signal and a time limit end a program")
    func ends() async throws {
        let child = try ChildProcess("sleep", ["60"])
        child.signal(SIGKILL)
        #expect(try await child.result.end == .signalled(SIGKILL))
        #expect(try await runProcess("sleep", ["60"], timeout: .milliseconds(50)).end == .timedOut)
        await #expect(throws: SystemFailure.self) { try await runProcess("/nowhere/at/all") }
    }

    @Test("A scratch folder goes with its last reference")
    func scratch() throws {
        var scratch: ScratchDirectory? = try ScratchDirectory()
        let path = try #require(scratch?.path)
        try scratch?.write("text", to: "a/b/c.txt")
        #expect(try scratch?.read("a/b/c.txt") == "text")
        scratch = nil
        #expect(access(path, F_OK) != 0)
    }

    @Test("SplitMix64's published numbers for the seed 1234567")
    func generator() {
        var generator = SeededGenerator(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        ]
        #expect(expected.map { _ in generator.next() } == expected)
    }

    @Test("A unified difference")
    func difference() {
        let old = (1...12).map(String.init).joined(separator: "\n")
        let new = old.replacing("\n6\n", with: "\nsix\n")
        #expect(
            unifiedDifference(from: old, to: new, named: "x") == """
                --- x (recorded)
                +++ x (now)
                @@ -3,7 +3,7 @@
                 3
                 4
                 5
                -6
                +six
                 7
                 8
                 9
                """)
    }
}
