import Glibc
import Model
import TestSupport
import Testing

/// What users and hostile people put before the program: each a clear message, the right exit status, nothing lost.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let files: [String: String]
        /// Every one of these stands in what is said.
        let says: [String]
        var status: Int32 = 1
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "broken YAML", files: ["a.yaml": "kind: [unclosed\nfoo: bar\n"], says: ["a.yaml:"]),
        Case(
            name: "an unknown field", files: ["a.yaml": Manifests.vmClass(more: ", memroy: 2Gi")],
            says: ["a.yaml:4:", "memroy", "memory"]),
        Case(
            name: "a missing reference",
            files: [
                "a.yaml": Manifests.stream(
                    Manifests.simulatedProvider, Manifests.machine("web", vmClass: "smal"), Manifests.vmClass())
            ],
            says: ["a.yaml:", "smal", "small"]),
        Case(
            name: "an alias bomb",
            files: [
                "a.yaml": "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                    + (1..<12).map { index in
                        let name = Character(UnicodeScalar(UInt8(97 + index)))
                        let former = Character(UnicodeScalar(UInt8(96 + index)))
                        return "\(name): &\(name) [\((0..<10).map { _ in "*\(former)" }.joined(separator: ","))]\n"
                    }.joined()
            ], says: ["alias"]),
        Case(
            name: "a thousand levels", files: ["a.yaml": String(repeating: "[", count: 1000)],
            says: ["a.yaml:1:", "nested"]),
        Case(name: "the same key twice", files: ["a.yaml": "kind: VMClass\nkind: VMClass\n"], says: ["a.yaml:2:1"]),
        Case(name: "no manifests", files: ["readme.txt": "hello"], says: ["manifest"]),
        Case(
            name: "the same thing twice", files: ["a.yaml": Manifests.vmClass(), "b.yaml": Manifests.vmClass()],
            says: ["a.yaml:", "b.yaml:"]),
    ])
    func isSaidClearly(_ test: Case) async throws {
        let stack = try TestStack(test.files)
        for verb in ["validate", "plan", "apply"] {
            let result = verb == "apply" ? try await stack.rigaud(verb, "--yes") : try await stack.rigaud(verb)
            #expect(result.exitStatus == test.status, "\(verb): \(result)")
            for word in test.says {
                #expect(result.standardError.contains(word), "\(verb) does not say \(word): \(result)")
            }
            #expect(!stack.scratch.exists(".rigaud"))
        }
    }

    @Test func aSymbolicLinkOutOfTheTree() async throws {
        let stack = try TestStack(["a.yaml": Manifests.vmClass()])
        #expect(symlink("/etc/passwd", stack.scratch.path("b.yaml")) == 0)
        let result = try await stack.rigaud("validate")
        #expect(result.exitStatus == 1 && result.standardError.contains("b.yaml"), "\(result)")
        #expect(!result.standardError.contains("root:"), "nothing of it is shown")
    }

    @Test func programsAreToldInJSON() async throws {
        let stack = try TestStack(["a.yaml": Manifests.vmClass(more: ", memroy: 2Gi")])
        for arguments in [["plan", "--format", "json"], ["validate", "--format", "json"]] {
            let result = try await runProcess(try builtExecutable("rigaud"), arguments, directory: stack.scratch.path)
            #expect(result.exitStatus == 1)
            let value = try JSONReader.value(of: result.standardOutput)
            #expect(value["diagnostics"]?.items?.first?["code"] == "unknown-field")
            #expect(value["diagnostics"]?.items?.first?["line"] == 4)
        }
    }

    @Test func aFileThatMayNotBeRead() async throws {
        try #require(getuid() == 0, "becoming somebody else needs root")
        let stack = try TestStack(["a.yaml": Manifests.vmClass(), "b.yaml": Manifests.simulatedProvider])
        #expect(chmod(stack.scratch.path, 0o755) == 0 && chmod(stack.scratch.path("b.yaml"), 0) == 0)
        let result = try await runProcess(
            "setpriv", ["--reuid", "65534", "--clear-groups", try builtExecutable("rigaud"), "validate"],
            directory: stack.scratch.path)
        #expect(result.exitStatus == 1 && result.standardError.contains("b.yaml"), "\(result)")
        #expect(result.standardError.contains("Permission denied"))
    }

    @Test func aNameThatIsTakenBySomethingElse() async throws {
        let stack = try TestStack(LifeTests.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        // The state is lost; the hosts stay.
        for file in try filesIn(stack.scratch.path(".rigaud")) where file.hasPrefix("state.json") {
            try removeFile(stack.scratch.path(".rigaud/\(file)"))
        }
        let before = try stack.machineFiles()
        let result = try await stack.rigaud("apply", "--yes")
        #expect(result.exitStatus == 1, "\(result)")
        #expect(result.standardError.contains("is not ours"))
        #expect(try stack.machineFiles() == before)
    }

    @Test func secretsAreNeverShown() async throws {
        let secret = """
            apiVersion: v1
            kind: Secret
            metadata: {name: key}
            stringData: {password: hunter2-hunter2}
            """
        let provider = Manifests.simulatedProvider.replacing(
            "endpoint:", with: "credentialSecretRef: {name: key}, endpoint:")
        let stack = try TestStack([
            "a.yaml": Manifests.stream(provider, secret + "\n", Manifests.vmClass(), Manifests.machine("web"))
        ])
        for arguments in [
            ["validate"], ["plan"], ["plan", "--format", "json"], ["apply", "--yes"], ["show", "--format", "json"],
        ] {
            let result = try await runProcess(
                try builtExecutable("rigaud"), arguments, directory: stack.scratch.path)
            #expect(result.exitStatus == 0, "\(result)")
            #expect(!result.description.contains("hunter2"), "\(arguments): \(result)")
        }
        for file in try filesBelow(stack.scratch.path(".rigaud"), withSuffix: "") {
            #expect(!String(decoding: try readFile(file), as: UTF8.self).contains("hunter2"), "\(file)")
        }
    }

    @Test(arguments: ["damaged", "empty", "newer", "not json"])
    func aStateThatCannotBeBelieved(kind: String) async throws {
        let stack = try TestStack(LifeTests.lab)
        try stack.scratch.write(LifeTests.lab["lab.yaml"]?.replacing("256Mi", with: "512Mi") ?? "", to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(LifeTests.lab["lab.yaml"] ?? "", to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let path = ".rigaud/state.json"
        let good = try stack.scratch.read(path)
        let bad =
            switch kind {
            case "damaged": good.replacing("268435456", with: "268435457")
            case "empty": ""
            case "newer": good.replacing("\"formatVersion\":1", with: "\"formatVersion\":9")
            default: "hello"
            }
        #expect(bad != good)
        try stack.scratch.write(bad, to: path)
        for verb in ["plan", "drift", "show"] {
            let result = try await stack.rigaud(verb)
            #expect(result.exitStatus == 1, "\(verb): \(result)")
            #expect(result.standardError.contains("state"))
        }
        let applied = try await stack.rigaud("apply", "--yes")
        #expect(applied.exitStatus == 1)
        #expect(try stack.scratch.read(path) == bad, "what is there is left for a human")
        // The command that it names is about this state, from wherever it is run, and shows what can be put in its place.
        if kind != "newer" {
            #expect(applied.standardError.contains("rigaud state verify --state .rigaud/state.json\n"), "\(applied)")
        }
        let verified = try await stack.rigaud("state", "verify", "--state", path)
        #expect(verified.exitStatus == 1 && verified.standardOutput == "Whole: .rigaud/history/1.json\n", "\(verified)")
        #expect(try stack.machineFiles().count == 2)
    }

    @Test func statesInOneDirectoryAreApart() async throws {
        let stack = try TestStack(LifeTests.lab)
        for power in ["On", "Off"] {
            let other = Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("a", power: power))
            try stack.scratch.write(other, to: "other.yaml.txt")
            let input = try stack.scratch.read("other.yaml.txt")
            let result = try await stack.run(["apply", "-", "--yes", "--state", "states/a.json"], input: input)
            #expect(result.exitStatus == 0, "\(result)")
        }
        try await stack.rigaud("apply", "--yes", "--state", "states/b.json", expecting: 0)
        #expect(try filesIn(stack.scratch.path("states/a.json.history")) == ["1.json"])
        #expect(!stack.scratch.exists("states/b.json.history") && !stack.scratch.exists("states/history"))
    }

    /// A command to copy is about what was asked for.
    @Test func commandsNameWhatWasNamed() async throws {
        let stack = try TestStack(["a lab/lab.yaml": LifeTests.lab["lab.yaml"] ?? ""])
        let result = try await stack.rigaud("apply", "a lab")
        #expect(result.exitStatus == 5 && result.standardError.contains("rigaud apply --yes 'a lab'\n"), "\(result)")
    }

    @Test func aFullDiskLosesNothing() async throws {
        try #require(getuid() == 0, "mounting a small file system needs root")
        let stack = try TestStack(CrashTests.many(150))
        #expect(mkdir(stack.scratch.path("small"), 0o700) == 0)
        #expect(mount("none", stack.scratch.path("small"), "tmpfs", 0, "size=200k") == 0)
        defer { umount2(stack.scratch.path("small"), Int32(MNT_DETACH)) }
        let hosts = ["apply", "--yes", "--state", "small/state.json"]
        let result = try await runProcess(try builtExecutable("rigaud"), hosts, directory: stack.scratch.path)
        #expect(result.exitStatus == 1 || result.exitStatus == 4, "\(result)")
        #expect(result.standardError.contains("no room") || result.standardError.contains("full"), "\(result)")
        // With room again the next apply goes on from there.
        #expect(mount("none", stack.scratch.path("small"), "tmpfs", UInt(MS_REMOUNT), "size=64m") == 0)
        let again = try await runProcess(try builtExecutable("rigaud"), hosts, directory: stack.scratch.path)
        #expect(again.exitStatus == 0, "\(again)")
        let plan = try await stack.rigaud("plan", "--detailed-exitcode", "--state", "small/state.json")
        #expect(plan.exitStatus == 0, "\(plan)")
    }

    @Test func aStateThatCannotBeWritten() async throws {
        let stack = try TestStack(LifeTests.lab)
        try stack.scratch.write("a file where a directory should be", to: "taken")
        let result = try await stack.rigaud("apply", "--yes", "--state", "taken/state.json")
        #expect(result.exitStatus == 1, "\(result)")
        let unsupported = try await stack.rigaud("plan", "--state", "s3://bucket/state")
        #expect(unsupported.exitStatus == 1 && unsupported.standardError.contains("s3"), "\(unsupported)")
    }
}
