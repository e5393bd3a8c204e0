import Glibc
import Model
import TestSupport
import Testing

/// Plans that are made now and done later, on the simulated host.
@Suite struct SavedPlanTests {
    static let lab = LifeTests.lab

    static func write(_ stack: TestStack, web: String = "small", db: String = "Off", classes: String = "256Mi") throws {
        let manifests = Manifests.stream(
            Manifests.simulatedProvider, Manifests.vmClass(memory: classes), Manifests.vmClass("large", cpu: 2),
            Manifests.machine("web", vmClass: web), Manifests.machine("db", power: db))
        try stack.scratch.write(manifests, to: "lab.yaml")
    }

    @Test func isWhatThePlanSaidAndIsDoneLater() async throws {
        let stack = try TestStack(Self.lab)
        let planned = try await stack.rigaud("plan", "--out", "p", expecting: 0)
        #expect(!stack.scratch.exists(".rigaud"), "nothing but the file is written")
        var facts = stat()
        #expect(stat(stack.scratch.path("p"), &facts) == 0 && facts.st_mode & 0o777 == 0o600)
        #expect(try await stack.rigaud("show", "p", expecting: 0) == planned)
        let unasked = try await stack.rigaud("apply", "p")
        #expect(unasked.exitStatus == 5 && unasked.standardError.contains("rigaud apply --yes p"), "\(unasked)")
        let applied = try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        #expect(applied.hasPrefix(planned))
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
        let again = try await stack.rigaud("apply", "p", "--yes")
        #expect(
            again.exitStatus == 6 && again.standardError.contains("something was applied after serial 0"), "\(again)")
    }

    @Test func showsTheSameInEveryForm() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try Self.write(stack, web: "large", classes: "512Mi")
        try stack.edit("db") { $0.replacing("<on_reboot>restart</on_reboot>", with: "<on_reboot>destroy</on_reboot>") }
        for format in ["text", "json", "markdown"] {
            let planned = try await stack.rigaud("plan", "--out", "p", "--format", format, expecting: 0)
            #expect(try await stack.rigaud("show", "p", "--format", format, expecting: 0) == planned)
        }
    }

    @Test func equalInputsGiveEqualBytes() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try Self.write(stack, web: "large")
        try await stack.rigaud("plan", "--out", "a", expecting: 0)
        try await stack.rigaud("plan", "--out", "b", expecting: 0)
        #expect(try stack.scratch.read("a") == stack.scratch.read("b"))
    }

    @Test func isStaleWhenAHandWasOnWhatItTouches() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try Self.write(stack, web: "large")
        try await stack.rigaud("plan", "--out", "p", "--allow", "restart", expecting: 0)
        try stack.edit("web") { $0.replacing(">1</vcpu>", with: ">3</vcpu>") }
        let before = try stack.scratch.read(".rigaud/state.json")
        let result = try await stack.rigaud("apply", "p", "--yes")
        #expect(result.exitStatus == 6, "\(result)")
        #expect(result.standardError.contains("vcpus was 1 and is 3"), "\(result)")
        #expect(result.standardError.contains("VirtualMachine/web"))
        #expect(try stack.scratch.read(".rigaud/state.json") == before)
    }

    @Test func whatItDoesNotTouchChangesFreely() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try Self.write(stack, web: "large")
        try await stack.rigaud("plan", "--out", "p", "--allow", "restart", expecting: 0)
        // Somebody's hand, and another apply, on the other machine.
        try stack.edit("db") { $0.replacing(">1</vcpu>", with: ">3</vcpu>") }
        try Self.write(stack, db: "On")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await stack.rigaud("show", expecting: 0).contains("Serial      2"))
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        try Self.write(stack, web: "large", db: "On")
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
    }

    @Test func isStaleWhenAnotherApplyCameBefore() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try Self.write(stack, db: "On")
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let result = try await stack.rigaud("apply", "p", "--yes")
        #expect(result.exitStatus == 6, "\(result)")
        #expect(result.standardError.contains("power was Off and is On"), "\(result)")
    }

    @Test func isStaleForAnotherStateAndForAnOlderOne() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--out", "first", expecting: 0)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let other = try await stack.rigaud("apply", "first", "--yes")
        #expect(other.exitStatus == 6 && other.standardError.contains("It was made for the state"), "\(other)")
        let early = try stack.scratch.read(".rigaud/state.json")
        try Self.write(stack, db: "On")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try Self.write(stack, web: "large", db: "On")
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try stack.scratch.write(early, to: ".rigaud/state.json")
        let older = try await stack.rigaud("apply", "p", "--yes")
        #expect(older.exitStatus == 6 && older.standardError.contains("the state here is at 1"), "\(older)")
    }

    @Test func aNameThatWasTakenMeanwhileIsLeftAlone() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        try Self.write(stack)
        try stack.scratch.write(
            try stack.scratch.read("lab.yaml") + "---\n" + Manifests.machine("new", disks: "[]"), to: "lab.yaml")
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        try stack.edit("db") { $0.replacing("<name>db</name>", with: "<name>new</name>") }
        let result = try await stack.rigaud("apply", "p", "--yes")
        #expect(result.exitStatus == 6 && result.standardError.contains("name is taken"), "\(result)")
    }

    @Test func aFirstPlanWithSeedsNeedsAState() async throws {
        let seeded = Manifests.stream(
            Manifests.simulatedProvider, Manifests.vmClass(),
            Manifests.machine(
                "web", more: "  userData: {cloudInit: {inline: \"#cloud-config\\npassword: hunter2-secret\\n\"}}\n"))
        let stack = try TestStack(["lab.yaml": seeded])
        let early = try await stack.rigaud("plan", "--out", "p")
        #expect(early.exitStatus == 5 && early.standardError.contains("rigaud state init"), "\(early)")
        #expect(!stack.scratch.exists("p"))
        try await stack.rigaud("state", "init", expecting: 0)
        #expect(try await stack.rigaud("state", "init", expecting: 0).contains("There is a state"))
        try await stack.rigaud("state", "verify", expecting: 0)
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        #expect(!(try stack.scratch.read("p").contains("hunter2")), "no secret is in the file")
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
    }

    @Test(arguments: ["plan", "drift", "validate", "graph", "destroy"])
    func otherVerbsSayThatItIsAPlan(verb: String) async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        let result = try await stack.rigaud(verb, "p")
        #expect(result.exitStatus == 1 && result.standardError.contains("This is a saved plan"), "\(result)")
    }

    /// What runs leave beside the manifests changes nothing about them.
    @Test func itsOwnFilesAreNoManifests() async throws {
        let stack = try TestStack(Self.lab)
        func digest() async throws -> String? {
            let plan = try await stack.rigaud("plan", "--format", "json")
            #expect(plan.exitStatus == 0 && !plan.standardError.contains("not for rigaud"), "\(plan)")
            return try JSONReader.value(of: plan.standardOutput)["source"]?["digest"]?.text
        }
        let first = try await digest()
        try await stack.rigaud(
            "plan", "--out", "p.json", "--report", "json=r.json", "--report", "sarif=s.json", "--events", "e.json",
            expecting: 0)
        try await stack.rigaud("drift", "--record", "d.json", expecting: 2)
        try stack.scratch.write(try await stack.rigaud("schema", expecting: 0), to: "schema.json")
        #expect(try await digest() == first && first?.isEmpty == false)
        try await stack.rigaud("apply", "p.json", "--yes", "--events", "e.json", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// Two that wait for a first apply, and are about other objects.
    @Test func theFirstApplyLeavesTheOtherPlansAsTheyAre() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("state", "init", expecting: 0)
        for name in ["web", "db"] {
            try await stack.rigaud("plan", "--target", "VirtualMachine/\(name)", "--out", name, expecting: 0)
        }
        try await stack.rigaud("apply", "web", "--yes", expecting: 0)
        try await stack.rigaud("apply", "db", "--yes", expecting: 0)
        let stale = try await stack.rigaud("apply", "web", "--yes")
        #expect(
            stale.exitStatus == 6
                && stale.standardError.contains("rigaud plan --out web --target VirtualMachine/default/web"), "\(stale)"
        )
    }

    @Test func whatItDoesWasDecidedWhenItWasMade() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--out", "p", "--target", "VirtualMachine/web", expecting: 0)
        for options in [["--target", "VirtualMachine/db"], ["--allow", "restart"], ["--only-drift"]] {
            let result = try await stack.run(["apply", "p", "--yes"] + options)
            #expect(result.exitStatus == 64 && result.standardError.contains("was decided when"), "\(result)")
        }
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        #expect(try stack.machineFiles().count == 1)
    }

    /// As with a redirection: what is no file is written to, and what a link leads to is replaced.
    @Test func whereItIsWrittenIsLeftWhatItIs() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("state", "init", expecting: 0)
        let plan = try await stack.rigaud("plan", "--quiet", "--out", "/dev/stdout", expecting: 0)
        #expect(plan.contains("\"lineage\""))
        try #require(symlink("target", stack.scratch.path("link")) == 0)
        for _ in 0..<2 {
            try await stack.rigaud("plan", "--out", "link", "--report", "json=link.json", expecting: 0)
            #expect(try stack.scratch.read("target").contains("\"lineage\""))
        }
        var status = stat()
        #expect(lstat(stack.scratch.path("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try filesIn(stack.scratch.path) == ["lab.yaml", "link", "link.json", "target"])
    }

    /// Who replaces the plan of a commit by one of a directory does not get past what was demanded of commits.
    @Test(arguments: [["--allowed-signers", "/nonexistent"], ["--pin-branch", "main"], ["--pin-path", "lab"]])
    func onlyACommitCanBeWhatIsDemandedOfOne(options: [String]) async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--out", "p", expecting: 0)
        for verb in [["plan"], ["drift"], ["apply", "--yes"], ["apply", "p", "--yes"]] {
            let result = try await stack.run(verb + options)
            #expect(result.exitStatus == 5 && result.standardError.contains("this is no commit"), "\(result)")
        }
        #expect(try stack.machineFiles().isEmpty)
    }

    @Test func aPlanThatWasCutToNothingIsNoEmptyStack() async throws {
        let stack = try TestStack(Self.lab)
        try stack.scratch.write("\n", to: "p")
        let result = try await stack.rigaud("apply", "p", "--yes")
        #expect(result.exitStatus == 1 && result.standardError.contains("The file is empty"), "\(result)")
    }

    @Test func aPlanWithErrorsIsNotSaved() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try removeFile(stack.scratch.path(".rigaud/state.json"))
        removeTreeOfHistory(stack)
        try await stack.rigaud("plan", "--out", "p", expecting: 1)
        #expect(!stack.scratch.exists("p"))
        try await stack.rigaud("plan", "--out", "/nonexistent/p", expecting: 1)
    }

    private func removeTreeOfHistory(_ stack: TestStack) {
        for name in (try? filesIn(stack.scratch.path(".rigaud/history"))) ?? [] {
            try? removeFile(stack.scratch.path(".rigaud/history/\(name)"))
        }
    }

    @Test func isRehearsedWhereItWasMade() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--simulate", "--out", "p", expecting: 0)
        try await stack.rigaud("apply", "p", "--yes", expecting: 0)
        #expect(stack.scratch.exists(".rigaud/simulate/state.json") && !stack.scratch.exists(".rigaud/state.json"))
    }

    /// Apply, and plan, save and apply: the same state and the same hosts, whatever the manifests said before and say now.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func doesWhatAnApplyWouldHaveDone(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let (direct, saved) = (try TestStack(), try TestStack())
        try direct.scratch.write(RandomStackTests.stack(using: &generator), to: "lab.yaml")
        try await direct.rigaud("state", "init", expecting: 0)
        _ = try await runProcess("/bin/cp", ["-a", direct.scratch.path(".rigaud"), saved.scratch.path])
        for round in 1...3 {
            let manifests = RandomStackTests.stack(using: &generator)
            let allow = ["restart,replace,delete-data", "delete-data", "restart"][Int(seed) % 3]
            for stack in [direct, saved] { try stack.scratch.write(manifests, to: "lab.yaml") }
            let status = try await direct.rigaud("apply", "--yes", "--allow", allow)
            let planned = try await saved.rigaud("plan", "--out", "p", "--allow", allow)
            #expect(planned.exitStatus == 0, "seed \(seed), round \(round): \(planned)\n\(manifests)")
            let applied = try await saved.rigaud("apply", "p", "--yes")
            #expect(
                applied.exitStatus == status.exitStatus,
                "seed \(seed), round \(round): \(applied) \(status)\n\(manifests)")
            let (one, other) = (try Self.everything(direct), try Self.everything(saved))
            #expect(one.keys.sorted() == other.keys.sorted(), "seed \(seed), round \(round):\n\(manifests)")
            for (name, text) in one where text != other[name] {
                let difference = unifiedDifference(from: text, to: other[name] ?? "", named: name)
                Issue.record("seed \(seed), round \(round): \(difference)")
            }
        }
    }

    /// State and hosts, but for checksum, times, directories (which name the stack) and the numbers that libvirt gives to what runs.
    private static func everything(_ stack: TestStack) throws -> [String: String] {
        let root = stack.scratch.path(".rigaud")
        var files: [String: String] = [:]
        for path in try filesBelow(root, withSuffix: "") where path.contains("/hosts/") {
            let name = String(path.dropFirst(root.count))
            files[name] = String(decoding: try readFile(path), as: UTF8.self)
                .replacing(stack.scratch.path, with: "ROOT").replacing(
                    #/^<domain type='test' id='\d+'>/#, with: "<domain>")
        }
        let state = try stack.scratch.read(".rigaud/state.json").replacing(stack.scratch.path, with: "ROOT")
        let lines = state.split(separator: "\n").dropFirst()
        files["state"] = lines.dropFirst().joined(separator: "\n")
        files["serial"] = lines.first.map {
            String(($0.split(separator: "\"serial\":").last ?? "").prefix { $0 != "," })
        }
        return files
    }
}
