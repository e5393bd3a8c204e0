import Glibc
import Model
import TestSupport
import Testing

/// The program as a whole, through its command line, on the simulated host.
@Suite struct LifeTests {
    static let lab = [
        "lab.yaml": Manifests.stream(
            Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web"),
            Manifests.machine("db", power: "Off"))
    ]

    @Test func aStackFromItsFirstPlanToItsEnd() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 2)
        #expect(!stack.scratch.exists(".rigaud"), "a plan writes nothing")
        let applied = try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(applied.contains("4 to create"))
        let again = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(again.contains("No changes: all 4 resources are as they should be."))
        let idle = try await stack.rigaud("apply", "--yes", "--format", "json", expecting: 0)
        #expect(try JSONReader.value(of: idle)["done"]?.items?.isEmpty == true, "it says that it did nothing: \(idle)")
        #expect(try await stack.rigaud("status", expecting: 0).contains("VirtualMachine/web"))
        let disk = try await stack.rigaud("destroy", "--yes", "--target", "VirtualMachine/web/disk/root", expecting: 5)
        #expect(disk.contains("refused: VirtualMachine/web uses it"), "\(disk)")
        try await stack.rigaud("destroy", "--yes", expecting: 5)
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try await stack.rigaud("state", "list", expecting: 0).contains("Nothing is recorded"))
        #expect(try stack.machineFiles().isEmpty)
    }

    @Test func whatIsRecordedCanBeLookedAt() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let list = try await stack.rigaud("state", "list", expecting: 0)
        #expect(list.split(separator: "\n").count == 5)
        let shown = try await stack.rigaud("state", "show", "VirtualMachine/web", expecting: 0)
        #expect(shown.contains("memory") && shown.contains("256 MiB"))
        try await stack.rigaud("state", "show", "VirtualMachine/nobody", expecting: 1)
        try await stack.rigaud("state", "verify", expecting: 0)
        #expect(try await stack.rigaud("show", expecting: 0).contains("Serial      1"))
        try stack.scratch.write(Self.lab["lab.yaml"]?.replacing("256Mi", with: "512Mi") ?? "", to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let history = try await stack.rigaud("state", "history", expecting: 0)
        #expect(history.contains("current") && history.split(separator: "\n").count == 3)
    }

    @Test func aChangeByHandIsDriftAndIsMended() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.edit("web") { $0.replacing("current='1'", with: "").replacing(">1</vcpu>", with: ">3</vcpu>") }
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.contains("vcpus") && drift.contains("3 -> 1"))
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 3)
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
    }

    @Test func aMachineDeletedByHandComesBack() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.delete("web")
        let plan = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 3)
        #expect(plan.contains("gone from the host"))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try stack.machineFiles().count == 2)
    }

    @Test func aRestartWaitsForLeave() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(Self.lab["lab.yaml"]?.replacing("256Mi", with: "512Mi") ?? "", to: "lab.yaml")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(plan.contains("256 MiB -> 512 MiB"))
        #expect(plan.contains("needs a restart: --allow restart, else at the next start"))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let pending = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(pending.contains("pending"), "it is remembered that the running machine lags behind")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        let done = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(done.contains("No changes"))
    }

    @Test func dataIsDeletedOnlyWithLeave() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(
            Manifests.stream(Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web")), to: "lab.yaml"
        )
        let refused = try await stack.rigaud("apply", "--yes", expecting: 5)
        #expect(refused.contains("refused: --allow delete-data"))
        #expect(try stack.machineFiles().count == 2)
        try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try stack.machineFiles().count == 1)
    }

    @Test func protectionOutlivesTheManifest() async throws {
        let protected = Manifests.machine("web", annotations: "rigaud.io/protect: \"true\"")
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), protected, Manifests.machine("db"))
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(
            Manifests.stream(Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("db")), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 5)
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 5)
        #expect(try stack.machineFiles().count == 1)
    }

    @Test func anEmptySourceIsNotADestroy() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(Manifests.simulatedProvider, to: "lab.yaml")
        let result = try await stack.rigaud("apply", "--yes", "--allow", "delete-data")
        #expect(result.exitStatus == 5)
        #expect(result.standardError.contains("rigaud destroy"))
        #expect(try stack.machineFiles().count == 2)
    }

    @Test func withoutATerminalAndWithoutYesNothingIsDone() async throws {
        let stack = try TestStack(Self.lab)
        let result = try await stack.rigaud("apply")
        #expect(result.exitStatus == 5)
        #expect(result.standardOutput.contains("4 to create"))
        #expect(result.standardError.contains("rigaud apply --yes"))
        #expect(!stack.scratch.exists(".rigaud"))
    }

    @Test func oneHostDownLeavesTheOthers() async throws {
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.simulatedProvider,
                Manifests.provider("far", "qemu+unix:///system?socket=/nonexistent/socket"),
                Manifests.vmClass(), Manifests.machine("web"), Manifests.machine("away", provider: "far"))
        ])
        let plan = try await stack.rigaud("plan", expecting: 8)
        #expect(plan.contains("2 unknown"))
        let applied = try await stack.rigaud("apply", "--yes")
        #expect(applied.exitStatus == 8 && applied.standardError.contains("could not be opened"), "\(applied)")
        #expect(try stack.machineFiles().count == 1)
    }

    /// Whether or not there is leave, and whether or not there is anything else to do.
    @Test(arguments: [["web"], ["web", "db"]])
    func aTakenNameIsAnErrorOfEveryApply(_ names: [String]) async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let machines = names.map { Manifests.machine($0, disks: "[]") }
        try stack.scratch.write(
            Manifests.stream([Manifests.simulatedProvider, Manifests.vmClass()] + machines), to: "lab.yaml")
        // Without its state nothing on the host is known to be ours.
        try removeFile(stack.scratch.path(".rigaud/state.json"))
        for yes in ["--format=text", "--yes"] {
            let result = try await stack.rigaud("apply", yes)
            #expect(result.exitStatus == 1 && result.standardError.contains("not ours"), "\(result)")
        }
    }

    @Test func aPlanIsTheSameBytesEveryTime() async throws {
        let stack = try TestStack(Self.lab)
        let first = try await stack.rigaud("plan", "--format", "json", expecting: 0)
        #expect(try await stack.rigaud("plan", "--format", "json", expecting: 0) == first)
        let value = try JSONReader.value(of: first)
        #expect(value["result"] == "pending")
        #expect(value["summary"]?["create"] == 4)
        #expect(value["changes"]?.items?.count == 4)
    }

    @Test func aTargetThatNothingHasIsAMistake() async throws {
        let stack = try TestStack(Self.lab)
        for verb in ["plan", "drift"] {
            let result = try await stack.rigaud(verb, "--target", "VirtualMachine/wep")
            #expect(result.exitStatus == 1 && result.standardError.contains("VirtualMachine/web"), "\(result)")
        }
        let plan = try await stack.rigaud("plan", "--target", "VirtualMachine/web", expecting: 0)
        #expect(plan.contains("2 to create, 2 changes of other resources left out"), "\(plan)")
        #expect(plan.contains("2 to create"))
        try await stack.rigaud("apply", "--yes", "--target", "VirtualMachine/web", expecting: 0)
        #expect(try stack.machineFiles().count == 1)
        let drift = try await stack.rigaud("drift", expecting: 2)
        #expect(drift.contains("No drift, 2 changes of the manifests not applied yet"), "\(drift)")
    }

    @Test func quietSaysOnlyTheResult() async throws {
        let stack = try TestStack(Self.lab)
        let result = try await stack.rigaud("apply", "--yes", "--quiet")
        #expect(result.standardOutput == "5 steps done.\n" && result.standardError.isEmpty, "\(result)")
        // Nobody can agree to what is not shown.
        try stack.scratch.write(Self.lab["lab.yaml"]?.replacing("256Mi", with: "512Mi") ?? "", to: "lab.yaml")
        #expect(try await stack.rigaud("apply", "--quiet", expecting: 5).contains("256 MiB -> 512 MiB"))
    }

    @Test func eventsAreLinesOfJSON() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", "--events", "events.jsonl", expecting: 0)
        let lines = try stack.scratch.read("events.jsonl").split(separator: "\n")
        let events = try lines.map { try JSONReader.value(of: String($0))["event"]?.text }
        // Two disks, two machines, one of them started.
        #expect(events.filter { $0 == "started" }.count == 5 && events.filter { $0 == "finished" }.count == 5)
    }

    @Test func aStackMayPermitForGood() async throws {
        let permission = """
            apiVersion: rigaud.io/v1alpha1
            kind: Stack
            metadata: {name: workshop}
            spec: {allow: [restart]}

            """
        func files(_ memory: String) -> String {
            Manifests.stream(
                permission, Manifests.simulatedProvider, Manifests.vmClass(memory: memory), Manifests.machine("web"))
        }
        let stack = try TestStack(["lab.yaml": files("256Mi")])
        #expect(try await stack.rigaud("apply", "--yes", expecting: 0).contains("Stack workshop"))
        try stack.scratch.write(files("512Mi"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
    }

    @Test func aFieldThatLeftTheManifestGoesBack() async throws {
        func files(_ annotations: String) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web", annotations: annotations))
        }
        let stack = try TestStack(["lab.yaml": files("rigaud.io/description: the web, rigaud.io/autostart: \"true\"")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(files(""), to: "lab.yaml")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(plan.contains("the web -> none") && plan.contains("yes -> no"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    @Test func disksAndInterfacesComeAndGo() async throws {
        func files(_ disks: String, _ networks: String) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(),
                Manifests.machine("web", disks: disks, networks: networks))
        }
        let stack = try TestStack(["lab.yaml": files("[{name: root, size: 1Gi}]", "[{name: default}]")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let more = files(
            "[{name: root, size: 2Gi}, {name: data, size: 1Gi}]", "[{name: default}, {name: second, bridge: br1}]")
        try stack.scratch.write(more, to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        #expect(try stack.volumeFiles().count == 2)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try stack.scratch.write(files("[{name: root, size: 2Gi}]", "[{name: default}]"), to: "lab.yaml")
        let kept = try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 5)
        #expect(kept.contains("VirtualMachine/web/disk/data") && kept.contains("--allow delete-data"))
        try await stack.rigaud("apply", "--yes", "--allow", "restart,delete-data", expecting: 0)
        #expect(try stack.volumeFiles().count == 1)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    @Test func aPoolThatWasStoppedByHand() async throws {
        let pool = """
            apiVersion: rigaud.io/v1alpha1
            kind: StoragePool
            metadata: {name: tank}
            spec: {type: dir, target: {path: /srv/tank}}

            """
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.simulatedProvider, pool, Manifests.vmClass(),
                Manifests.machine("web", disks: "[{name: root, size: 1Gi, storageClass: tank}]"))
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write("", to: ".rigaud/hosts/default.sim/pools/tank/pool.inactive")
        let plan = try await stack.rigaud("plan", expecting: 8)
        #expect(plan.contains("no -> yes") && plan.contains("its pool is not active"), "\(plan)")
        #expect(!plan.contains("to create"), "unknown is not gone")
        #expect(try await stack.rigaud("drift").standardOutput.contains("? VirtualMachine/web/disk/root"))
        // What is in it is looked at once it can be.
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        let simulated = stack.scratch.path(".rigaud/hosts/default.sim/pools/tank")
        try stack.scratch.write("", to: ".rigaud/hosts/default.sim/pools/tank/pool.inactive")
        let disk = try #require(try filesBelow(simulated, withSuffix: "").first { $0.contains("web-root") })
        #expect(unlink(disk) == 0)
        let late = try await stack.rigaud("apply", "--yes")
        #expect(late.exitStatus == 8 && late.standardError.contains("It is not as it should be"), "\(late)")
        #expect(late.standardError.contains("VirtualMachine/web/disk/root"), "\(late)")
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 3)
    }

    /// What is protected is known to the state alone: a pipeline that applies only what is pending must be told.
    @Test func aProtectionIsAChange() async throws {
        func lab(_ annotations: String) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(), Manifests.machine("web", annotations: annotations))
        }
        let stack = try TestStack(["lab.yaml": lab("")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        for annotations in [#"rigaud.io/protect: "true""#, ""] {
            try stack.scratch.write(lab(annotations), to: "lab.yaml")
            let plan = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 2)
            #expect(plan.contains("protect") && plan.contains("2 to change"), "\(plan)")
            try await stack.rigaud("drift", expecting: 2)
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        }
    }

    /// A path that was mistyped costs nobody a manifest or a state.
    @Test func whatIsWrittenTakesThePlaceOfItsLikeAlone() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write("mine", to: "notes")
        let files = ["lab.yaml", ".rigaud/state.json", "notes"]
        let before = try files.map { try readFile(stack.scratch.path($0)) }
        for file in files {
            let plan = try await stack.rigaud("plan", "--out", file)
            #expect(plan.exitStatus == 1 && plan.standardError.contains("is no saved plan"), "\(plan)")
            for format in ["json", "markdown", "junit", "sarif", "html", "prometheus"] {
                let report = try await stack.rigaud("plan", "--report", "\(format)=\(file)")
                #expect(report.standardError.contains("A report was not written"), "\(report)")
            }
            let events = try await stack.rigaud("plan", "--events", file)
            #expect(events.standardError.contains("Events are not written"), "\(events)")
        }
        #expect(try files.map { try readFile(stack.scratch.path($0)) } == before)
        // What was written before, and what is empty, is written again.
        for _ in 0..<2 {
            let again = try await stack.rigaud(
                "plan", "--out", "p", "--events", "e", "--report", "json=r.out", "--report", "markdown=m", "--report",
                "junit=j",
                "--report", "sarif=s", "--report", "html=h", "--report", "prometheus=t")
            #expect(again.exitStatus == 0 && again.standardError.isEmpty, "\(again)")
        }
    }

    @Test func statusSaysWhatWaitsForARestart() async throws {
        func lab(_ cpu: Int) -> String {
            Manifests.stream(
                Manifests.simulatedProvider, Manifests.vmClass(cpu: cpu), Manifests.machine("web"),
                Manifests.machine("off", power: "Off"))
        }
        let stack = try TestStack(["lab.yaml": lab(1)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try !(await stack.rigaud("status", expecting: 0)).contains("restart"))
        try stack.scratch.write(lab(4), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let text = try await stack.rigaud("status", expecting: 0)
        #expect(text.ranges(of: "waits for a restart").count == 1, "\(text)")
        let machines = try JSONReader.value(of: await stack.rigaud("status", "--format", "json", expecting: 0))[
            "machines"]
        #expect(machines?.items?.compactMap { $0["pendingRestart"]?.flag } == [false, true], "\(text)")
    }

    @Test func aSourceThatIsNotThere() async throws {
        let stack = try TestStack(Self.lab)
        for arguments in [
            ["destroy", "nope", "--yes"], ["show", "nope.plan"], ["status", "--source", "nope"], ["show", "lab.yaml"],
        ] {
            let result = try await stack.run(arguments)
            #expect(
                result.exitStatus == 1
                    && result.standardError.contains(
                        "\(arguments.last == "--yes" ? "nope" : arguments[arguments.count - 1])"),
                "\(result)")
        }
    }

    @Test func whatIsRefusedIsInTheJSON() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let refused = try await stack.rigaud("destroy", "--yes", "--format", "json", expecting: 5)
        let reasons = try JSONReader.value(of: refused)["refused"]?.items ?? []
        #expect(reasons.contains { $0["reason"] == "needs --allow delete-data" }, "\(refused)")
    }

    @Test func whatOnlyLooksWritesNothing() async throws {
        let stack = try TestStack(Self.lab)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.edit("web") { $0.replacing(">1</vcpu>", with: ">3</vcpu>") }
        func everything() throws -> [String: [UInt8]] {
            try filesBelow(stack.scratch.path, withSuffix: "").reduce(into: [:]) { $0[$1] = try readFile($1) }
        }
        let before = try everything()
        for arguments in [
            ["validate"], ["plan"], ["plan", "--format", "json"], ["drift"], ["status"], ["show"], ["graph"],
            ["schema"],
            ["state", "list"], ["state", "show", "VirtualMachine/web"], ["state", "history"], ["state", "verify"],
        ] {
            let result = try await runProcess(try builtExecutable("rigaud"), arguments, directory: stack.scratch.path)
            #expect(result.exitStatus != 1, "\(arguments): \(result)")
            #expect(try everything() == before, "\(arguments)")
        }
    }

    @Test func manifestsComeFromStandardInput() async throws {
        let stack = try TestStack()
        let input = Self.lab["lab.yaml"] ?? ""
        let result = try await stack.rigaud("plan", "-", input: input)
        #expect(result.exitStatus == 0 && result.standardOutput.contains("4 to create"))
    }

    @Test func simulatingNeverTouchesTheRealState() async throws {
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.provider("sim", "qemu+unix:///system?socket=/nonexistent/socket"), Manifests.vmClass(),
                Manifests.machine("web"))
        ])
        try await stack.rigaud("apply", "--simulate", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--simulate", "--detailed-exitcode", expecting: 0)
        #expect(stack.scratch.exists(".rigaud/simulate/state.json"))
        #expect(!stack.scratch.exists(".rigaud/state.json"))
        try await stack.rigaud("plan", expecting: 8)
    }

    @Test(
        arguments: [
            (["plan", "--nonsense"], 64), (["apply", "--allow", "everything"], 64), (["frobnicate"], 64),
            (["plan", "--parallelism", "0"], 64), (["apply", "--parallelism", "0"], 64), (["--version"], 0),
            (["plan", "--help"], 0),
            (["plan", "/nonexistent"], 1), (["--generate-completion-script", "bash"], 0),
        ] as [([String], Int32)])
    func theCommandLineIsChecked(arguments: [String], status: Int32) async throws {
        let result = try await runProcess(try builtExecutable("rigaud"), arguments)
        #expect(result.exitStatus == status, "\(result)")
        #expect(!(result.standardOutput + result.standardError).isEmpty)
    }

    @Test(arguments: [
        (["state", "show", "nope"], "KIND/NAME"), (["plan", "--target", "VirtualMachine/"], "VirtualMachine/web"),
        (["drift", "--timeout", "soon"], "90s, 10m, 1h30m"),
    ])
    func whatWasTypedWronglyIsExplained(arguments: [String], words: String) async throws {
        let result = try await runProcess(try builtExecutable("rigaud"), arguments)
        #expect(result.exitStatus == 64 && result.standardError.contains(words), "\(result)")
    }

    @Test(arguments: ["plan", "apply", "destroy", "drift", "show", "status", "validate", "graph", "schema", "state"])
    func everyVerbHasHelpWithExamples(verb: String) async throws {
        let result = try await runProcess(try builtExecutable("rigaud"), [verb, "--help"])
        #expect(result.exitStatus == 0)
        #expect(result.standardOutput.contains("EXAMPLES") && result.standardOutput.contains("rigaud \(verb)"))
    }
}

extension TestStack {
    /// The files of the simulated host's domains.
    func machineFiles(_ provider: String = "default.sim") throws -> [String] {
        guard scratch.exists(".rigaud/hosts/\(provider)/domains") else { return [] }
        return try filesIn(scratch.path(".rigaud/hosts/\(provider)/domains")).filter { $0.hasSuffix(".xml") }
    }

    func machine(_ name: String) throws -> String { try scratch.read(file(name)) }

    private func file(_ name: String) throws -> String {
        let folder = ".rigaud/hosts/default.sim/domains"
        for file in try filesIn(scratch.path(folder))
        where try scratch.read("\(folder)/\(file)").contains("<name>\(name)</name>") {
            return "\(folder)/\(file)"
        }
        throw MissingMachine(name: name)
    }

    /// Somebody's hand on the simulated host.
    func edit(_ name: String, _ change: (String) -> String) throws {
        let file = try file(name)
        let before = try scratch.read(file)
        let after = change(before)
        #expect(before != after, "the edit changes nothing in \(before)")
        try scratch.write(after, to: file)
    }

    func delete(_ name: String) throws {
        try removeFile(scratch.path(try file(name)))
    }
}

struct MissingMachine: Error {
    let name: String
}
