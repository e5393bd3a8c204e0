import Model
import TestSupport
import Testing

/// What `drift` tells apart, what it is to leave alone, and what it remembers: on the simulated host.
@Suite struct DriftTests {
    static func lab(_ stack: String = "", memory: String = "256Mi", web: String = "") -> String {
        let settings = """
            apiVersion: rigaud.io/v1alpha1
            kind: Stack
            metadata: {name: lab}
            spec: {\(stack)}

            """
        return Manifests.stream(
            settings, Manifests.simulatedProvider, Manifests.vmClass(memory: memory),
            Manifests.machine("web", annotations: web), Manifests.machine("db", power: "Off"),
            Manifests.machine("mail", power: "Off"))
    }

    static func applied() async throws -> TestStack {
        let stack = try TestStack(["lab.yaml": lab()])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        return stack
    }

    @Test func whatIsToldApart() async throws {
        let stack = try await Self.applied()
        let clean = try await stack.rigaud("drift", expecting: 0)
        #expect(clean.contains("Not managed\n  · pool     default  on Provider/sim"), "\(clean)")
        #expect(clean.contains("No drift; 6 unchanged."))
        let state = try stack.scratch.read(".rigaud/state.json")
        try stack.moreVCPUs("web")
        try stack.delete("mail")
        try stack.scratch.write(Self.lab(memory: "512Mi"), to: "lab.yaml")
        let text = try await stack.rigaud("drift", expecting: 3)
        let sections = [
            "Changed on the hosts", "3 -> 1", "Missing on the hosts", "VirtualMachine/mail", "gone from the host",
            "Changed in the manifests, not applied", "VirtualMachine/db", "256 MiB -> 512 MiB", "Not managed",
            "2 drifted (1 missing), 2 changes of the manifests not applied yet; 3 unchanged.",
        ]
        var rest = text[...]
        for section in sections {
            let range = rest.firstRange(of: section)
            #expect(range != nil, "\(section) is not in its place: \(text)")
            rest = range.map { rest[$0.upperBound...] } ?? rest
        }
        let value = try JSONReader.value(of: await stack.rigaud("drift", "--format", "json", expecting: 3))
        #expect(value["run"]?["verb"] == "drift" && value["run"]?["exitStatus"] == 3 && value["result"] == "drift")
        #expect(value["missing"] == ["VirtualMachine/default/mail"])
        #expect(value["unmanaged"]?.items?.contains { $0["kind"] == "network" && $0["name"] == "default" } == true)
        #expect(value["summary"]?["drift"] == 2)
        #expect(try stack.scratch.read(".rigaud/state.json") == state, "nothing is written")
    }

    @Test func whatARuleIgnores() async throws {
        let stack = try await Self.applied()
        try stack.moreVCPUs("web")
        let rule = "ignore: [{path: \"vcpus*\", reason: x}]"
        try stack.scratch.write(Self.lab(rule), to: "lab.yaml")
        #expect(try await stack.rigaud("plan").standardError.contains("the path of a field as plans have it"))
        for (spec, annotation, status) in [
            ("ignore: [{path: vcpus, reason: the console}, {path: vcpus/maximum, reason: the console}]", "", 0),
            ("ignore: [{path: vcpus, reason: the console, until: \"2001-01-01\"}]", "", 3),
            ("", "rigaud.io/ignore: \"*: the console\"", 0),
        ] as [(String, String, Int32)] {
            try stack.scratch.write(Self.lab(spec, web: annotation), to: "lab.yaml")
            let result = try await stack.rigaud("drift")
            #expect(result.exitStatus == status, "\(spec): \(result)")
            #expect(result.standardError.contains("A rule to ignore drift has ended") == (status == 3))
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: status)
        }
        let value = try JSONReader.value(of: await stack.rigaud("drift", "--format", "json", expecting: 0))
        #expect(value["ignored"]?.items?.first?["reason"] == "the console")
        #expect(value["ignored"]?.items?.first?["uses"]?.number ?? 0 > 0)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try stack.machine("web").contains(">3</vcpu>"), "it is not repaired")
        try stack.scratch.write(Self.lab(), to: "lab.yaml")
        try await stack.rigaud("drift", expecting: 3)
    }

    @Test func aRuleThatHidesNothingIsSaid() async throws {
        let stack = try await Self.applied()
        try stack.scratch.write(Self.lab("ignore: [{path: vcpus, reason: the console}]"), to: "lab.yaml")
        for verb in ["plan", "drift"] {
            let result = try await stack.rigaud(verb)
            #expect(result.exitStatus == 0 && result.standardError.contains("hides nothing"), "\(result)")
        }
    }

    @Test func whatIsSuspendedIsShownAndNotDone() async throws {
        let stack = try await Self.applied()
        try stack.moreVCPUs("web")
        try stack.delete("mail")
        let spec =
            "suspend: [{address: VirtualMachine/web, reason: a trial}, {address: VirtualMachine/mail, reason: moved, until: \"2999-12-31\"}]"
        try stack.scratch.write(Self.lab(spec), to: "lab.yaml")
        let drift = try await stack.rigaud("drift", expecting: 0)
        #expect(drift.contains("Suspended") && drift.contains("3 -> 1"), "\(drift)")
        #expect(drift.contains("suspended until 2999-12-31: moved") && drift.contains("2 suspended"), "\(drift)")
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try stack.scratch.write(Self.lab(spec, memory: "512Mi"), to: "lab.yaml")
        let applied = try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(applied.contains("1 step done, 2 suspended."), "\(applied)")
        #expect(try stack.machine("web").contains(">3</vcpu>") && stack.machineFiles().count == 2)
        #expect(try stack.machine("db").contains("524288"))
        try await stack.rigaud(
            "destroy", "--yes", "--allow", "delete-data", "--target", "VirtualMachine/web", expecting: 5)
        let destroyed = try await stack.rigaud("destroy", "--yes", "--allow", "delete-data")
        #expect(destroyed.exitStatus == 5 && destroyed.standardError.contains("a trial"), "\(destroyed)")
        #expect(try stack.machineFiles().count == 2, "nothing at all was destroyed")
        // Its time is over: it counts again.
        try stack.scratch.write(
            Self.lab(memory: "512Mi", web: "rigaud.io/suspend: \"until 2001-01-01: x\""), to: "lab.yaml")
        let after = try await stack.rigaud("drift")
        #expect(after.exitStatus == 3 && after.standardError.contains("A suspension has ended"), "\(after)")
    }

    /// They may say that something is to be left alone.
    @Test func manifestsThatAreBrokenDestroyNothing() async throws {
        let stack = try await Self.applied()
        try stack.scratch.write(Self.lab("suspend: [{address: VirtualMachine/db, reason: moved}]"), to: "lab.yaml")
        let destroy = ["destroy", "--yes", "--allow", "delete-data"]
        #expect(try await stack.run(destroy).exitStatus == 5)
        try stack.scratch.write("oops: [", to: "broken.yaml")
        let refused = try await stack.run(destroy)
        #expect(refused.exitStatus == 1 && refused.standardError.contains("broken.yaml:2"), "\(refused)")
        #expect(refused.standardError.contains("rigaud destroy --state .rigaud/state.json"), "\(refused)")
        let part = try await stack.run(destroy + ["--target", "VirtualMachine/web"])
        #expect(part.standardError.contains("rigaud destroy --target VirtualMachine/default/web --state"), "\(part)")
        #expect(try stack.machineFiles().count == 3)
        // Without any manifests there is nobody who says so.
        for name in ["lab.yaml", "broken.yaml"] { try removeFile(stack.scratch.path(name)) }
        #expect(try await stack.run(destroy).exitStatus == 0)
    }

    @Test func onlyDriftIsHealed() async throws {
        let stack = try await Self.applied()
        try stack.moreVCPUs("db")
        try stack.delete("mail")
        // Of this nothing is to be applied.
        try stack.scratch.write(Self.lab(memory: "512Mi"), to: "lab.yaml")
        let before = try JSONReader.value(of: stack.scratch.read(".rigaud/state.json"))
        let power = try await stack.rigaud("apply", "--only-drift", "--yes", expecting: 5)
        #expect(
            power.contains("drift, left by --heal power") && power.contains("gone from the host, left by"), "\(power)")
        #expect(try stack.machine("db").contains(">3</vcpu>"))
        let live = try await stack.rigaud("apply", "--only-drift", "--heal", "live", "--yes", expecting: 5)
        #expect(live.contains("1 step done, 1 left as they are."), "\(live)")
        #expect(try !stack.machine("db").contains(">3</vcpu>") && stack.machine("db").contains("262144"))
        let after = try JSONReader.value(of: stack.scratch.read(".rigaud/state.json"))
        #expect(after["source"] == before["source"], "the manifests were not applied")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("apply", "--only-drift", "--heal", "next-boot", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
    }

    @Test func whatIsTurnedOffIsTurnedOn() async throws {
        let stack = try await Self.applied()
        try stack.turnOff("web")
        #expect(try await stack.rigaud("drift", expecting: 3).contains("Off -> On"))
        let refused = try await stack.rigaud("apply", "--only-drift")
        #expect(refused.exitStatus == 5 && refused.standardError.contains("nobody to ask"), "\(refused)")
        let healed = try await stack.rigaud("apply", "--only-drift", "--heal", "power", "--yes", expecting: 0)
        #expect(healed.contains("1 step done."), "\(healed)")
        try await stack.rigaud("drift", expecting: 0)
        try await stack.rigaud("state", "verify", expecting: 0)
    }

    @Test(arguments: [
        ["apply", "--heal", "power"], ["apply", "--only-drift", "--heal", "restart"],
        ["apply", "--only-drift", "--allow", "restart"], ["drift", "--after", "0"],
    ])
    func whatIsNotUnderstood(_ arguments: [String]) async throws {
        let stack = try TestStack(["lab.yaml": Self.lab()])
        let result = try await stack.run(arguments)
        #expect(result.exitStatus == 64, "\(result)")
    }
}

extension TestStack {
    /// Somebody gives a machine three vCPUs.
    func moreVCPUs(_ name: String) throws {
        try edit(name) { $0.replacing("current='1'", with: "").replacing(">1</vcpu>", with: ">3</vcpu>") }
    }

    func turnOff(_ name: String) throws {
        try edit(name) { $0.replacing(">1</test:runstate>", with: ">5</test:runstate>") }
    }
}
