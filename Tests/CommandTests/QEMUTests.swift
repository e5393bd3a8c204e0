import Glibc
import Model
import TestSupport
import Testing

/// The same on real libvirtd and real QEMU (TCG), each test with a libvirtd of its own.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUTests {
    /// Three machines: two that run (one on an image), one that does not. `db` has no operating system that would hear
    /// the power button.
    static func lab(_ host: PrivateLibvirt, image: String, cpu: Int = 1, memory: String = "128Mi", more: String = "")
        -> String
    {
        Manifests.stream(
            Manifests.provider("sim", host.uri), Manifests.vmClass(cpu: cpu, memory: memory, more: more),
            Manifests.guestImage(image),
            Manifests.machine(
                "web", disks: "[{name: data, size: 1Gi}, {name: root, size: 1Gi}]",
                more: "  imageRef: {name: guest}\n"),
            Manifests.machine("db", more: "  lifecycle: {gracefulShutdownTimeout: 2s}\n"),
            Manifests.machine("spare", power: "Off"))
    }

    static func start(_ body: (TestStack, PrivateLibvirt, String) async throws -> Void) async throws {
        let host = try await PrivateLibvirt.start()
        let image = try await TestGuest.image()
        let stack = try TestStack(["lab.yaml": lab(host, image: image)])
        try await body(stack, host, image)
    }

    @Test func aStackFromItsFirstPlanToItsEnd() async throws {
        try await Self.start { stack, host, image in
            let before = try readFile(image)
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 2)
            #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace), "a plan writes nothing")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            #expect(try await host.virsh("domstate", "web").contains("running"))
            #expect(try await host.virsh("domstate", "spare").contains("shut off"))
            let disks = try await host.virsh("domblklist", "web").split(separator: "\n")
            #expect(disks.contains { $0.contains("vda") && $0.contains("web-root") }, "\(disks)")
            let again = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
            #expect(again.contains("No changes"), "\(again)")
            try await host.restartDaemon()
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
            #expect(try await stack.rigaud("status", expecting: 0).contains("128 MiB"))
            // Guests without an operating system do not hear ACPI: they are turned off in the end.
            try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
            #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace))
            #expect(try filesIn(host.imagesDirectory).isEmpty, "no volume is left")
            #expect(try readFile(image) == before, "the image was only read")
        }
    }

    @Test func changesByHandAreDrift() async throws {
        try await Self.start { stack, host, _ in
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await host.virsh("destroy", "web")
            try await host.virsh("desc", "db", "--config", "not managed")
            let off = try await stack.rigaud("drift", expecting: 3)
            #expect(off.contains("VirtualMachine/web") && off.contains("Off -> On"))
            #expect(!off.contains("VirtualMachine/db"), "what the manifest leaves out is not managed")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await host.virsh("setmaxmem", "spare", "262144", "--config")
            #expect(try await stack.rigaud("drift", expecting: 3).contains("256 MiB -> 128 MiB"))
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await host.virsh("suspend", "db")
            #expect(try await stack.rigaud("drift", expecting: 3).contains("Paused -> On"))
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await host.virsh("undefine", "spare")
            #expect(try await stack.rigaud("drift", expecting: 3).contains("gone from the host"))
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await stack.rigaud("drift", expecting: 0)
        }
    }

    /// A guest that runs with something else than its definition, and one that was saved.
    @Test func guestsThatWereChangedWhileTheyRan() async throws {
        try await Self.start { stack, host, image in
            let hot = ", performanceProfile: {cpuHotAddEnabled: true}"
            try stack.scratch.write(Self.lab(host, image: image, more: hot), to: "lab.yaml")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            for _ in 0..<12 {
                try await stack.rigaud("drift", expecting: 0)
                try await Task.sleep(for: .seconds(1))
            }
            // Half of a change was done by hand; the other half follows.
            let number = try await host.virsh("domid", "web")
            try await host.virsh("setvcpus", "web", "2", "--config")
            try stack.scratch.write(Self.lab(host, image: image, cpu: 2, more: hot), to: "lab.yaml")
            let half = try await stack.rigaud("plan", "--target", "VirtualMachine/web", expecting: 0)
            #expect(half.contains("1 -> 2") && half.contains("live"), "\(half)")
            try await stack.rigaud("apply", "--yes", "--target", "VirtualMachine/web", expecting: 0)
            #expect(try await host.virsh("vcpucount", "web", "--live", "--active").hasPrefix("2\n"))
            #expect(try await host.virsh("domid", "web") == number)
            try await host.virsh("setvcpus", "web", "3", "--live")
            let drift = try await stack.rigaud("drift", expecting: 3)
            #expect(drift.contains("3 -> 2") && drift.contains("changed on the host"), "\(drift)")
            // Whether it gives one back is the guest's own affair.
            let asked = try await stack.rigaud("apply", "--yes", "--target", "VirtualMachine/web")
            #expect(asked.exitStatus == 0 || asked.standardError.contains("has not let go"), "\(asked)")
            try await host.virsh("destroy", "web")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await stack.rigaud("drift", expecting: 0)

            try await host.virsh("managedsave", "web")
            let saved = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 3)
            #expect(saved.contains("Off -> On") && saved.contains("resumes from its saved state"), "\(saved)")
            try stack.scratch.write(Self.lab(host, image: image, cpu: 2, memory: "160Mi", more: hot), to: "lab.yaml")
            let changed = try await stack.rigaud("plan", "--target", "VirtualMachine/web", expecting: 0)
            #expect(changed.contains("128 MiB -> 160 MiB") && changed.contains("needs a restart"), "\(changed)")
            try await stack.rigaud("apply", "--yes", "--target", "VirtualMachine/web", expecting: 0)
            let pending = try await stack.rigaud("plan", expecting: 0)
            #expect(pending.contains("pending since an earlier change"), "\(pending)")
            // What is turned off on purpose is not asked for it, and goes whole.
            try await host.virsh("managedsave", "db")
            try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
            #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace))
        }
    }

    @Test func aNetworkThatIsNowhere() async throws {
        try await Self.start { stack, host, image in
            let manifests = try stack.scratch.read("lab.yaml")
            try stack.scratch.write(
                manifests.replacing("networks: [{name: default}]", with: "networks: [{name: defualt}]"), to: "lab.yaml")
            for verb in [["plan"], ["apply", "--yes"]] {
                let result = try await runProcess(
                    try builtExecutable("rigaud"), verb, directory: stack.scratch.path)
                #expect(result.exitStatus == 1 && result.standardError.contains("Did you mean `default`?"), "\(result)")
            }
            #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace))
        }
    }

    @Test func whatSomebodyElseAddedStays() async throws {
        try await Self.start { stack, host, image in
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await host.virsh(
                "attach-interface", "spare", "network", "default", "--config", "--mac", "52:54:00:00:00:99")
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
            try stack.scratch.write(Self.lab(host, image: image, memory: "160Mi"), to: "lab.yaml")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            let xml = try await host.virsh("dumpxml", "--inactive", "spare")
            #expect(xml.contains("52:54:00:00:00:99"))
            #expect(xml.contains("163840"))
        }
    }

    @Test func aRunningMachineIsChangedWhileItRuns() async throws {
        let hot = ", performanceProfile: {cpuHotAddEnabled: true, memoryHotAddEnabled: true}"
        let host = try await PrivateLibvirt.start()
        let image = try await TestGuest.image()
        func manifest(cpu: Int, memory: String, disks: String) -> String {
            Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(cpu: cpu, memory: memory, more: hot),
                Manifests.guestImage(image),
                Manifests.machine("web", disks: disks, more: "  imageRef: {name: guest}\n"))
        }
        let stack = try TestStack([
            "lab.yaml": manifest(cpu: 1, memory: "160Mi", disks: "[{name: root, size: 1Gi}]")
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "web")
        try await Self.waitForBalloon(of: "web", on: host)
        try stack.scratch.write(
            manifest(cpu: 2, memory: "192Mi", disks: "[{name: root, size: 2Gi}, {name: data, size: 1Gi}]"),
            to: "lab.yaml")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(plan.contains("live"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
        #expect(try await host.virsh("domblklist", "web").contains("web-data"))
        #expect(try await host.virsh("domblkinfo", "web", "vda").contains("\(2 << 30)"))
        let after = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(after.contains("No changes"), "\(after)")
    }

    /// Without headroom: less than it was started with is given back while it runs, and what it has already costs it nothing.
    @Test func memoryWithinWhatAGuestWasStartedWith() async throws {
        let host = try await PrivateLibvirt.start()
        let image = try await TestGuest.image()
        func manifest(_ memory: String) -> String {
            Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(memory: memory), Manifests.guestImage(image),
                Manifests.machine("web", more: "  imageRef: {name: guest}\n"))
        }
        let stack = try TestStack(["lab.yaml": manifest("160Mi")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "web")
        try await Self.waitForBalloon(of: "web", on: host)
        for (memory, words) in [("128Mi", "160 MiB -> 128 MiB"), ("144Mi", "128 MiB -> 144 MiB")] {
            try stack.scratch.write(manifest(memory), to: "lab.yaml")
            let plan = try await stack.rigaud("plan", expecting: 0)
            #expect(plan.contains(words) && plan.contains("live") && !plan.contains("restart"), "\(plan)")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            let after = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
            #expect(after.contains("No changes"), "\(after)")
        }
        // More than that waits for a restart, and back again it waits for nothing.
        try stack.scratch.write(manifest("192Mi"), to: "lab.yaml")
        let more = try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(more.contains("restart"), "\(more)")
        try stack.scratch.write(manifest("160Mi"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        let after = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(after.contains("No changes"), "\(after)")
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
    }

    /// Memory comes and goes by the guest's own driver: waits until that is there, which it shows by telling what the guest uses.
    private static func waitForBalloon(of domain: String, on host: PrivateLibvirt) async throws {
        try await host.virsh("dommemstat", domain, "--period", "1", "--live")
        let deadline = ContinuousClock.now + .hang
        while try await !host.virsh("dommemstat", domain).contains("unused") {
            guard ContinuousClock.now < deadline else { throw SystemFailure(because: "\(domain) never came up") }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// It is not forgotten that a network still serves what it was started with, and its guests are not cut off.
    @Test func aNetworkIsRestartedWithItsGuests() async throws {
        let host = try await PrivateLibvirt.start()
        let image = try await TestGuest.image()
        func manifest(_ address: String) -> String {
            let network = """
                apiVersion: rigaud.io/v1alpha1
                kind: Network
                metadata: {name: lan}
                spec: {mode: isolated, addresses: [{address: \(address)}]}

                """
            return Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(), network,
                Manifests.machine("web", networks: "[{name: lan}]", more: "  imageRef: {name: guest}\n"),
                Manifests.guestImage(image))
        }
        let stack = try TestStack(["lab.yaml": manifest("198.51.100.1/25")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        let number = try await host.virsh("domid", "web")
        try stack.scratch.write(manifest("198.51.100.1/24"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let pending = try await stack.rigaud("plan", expecting: 0)
        #expect(pending.contains("Network/lan") && pending.contains("25 -> 24"), "\(pending)")
        let restart = try await stack.rigaud("plan", "--allow", "restart", expecting: 0)
        #expect(restart.contains("with a disk or network that it uses"), "\(restart)")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        #expect(try await host.virsh("domid", "web") != number)
        #expect(try await stack.rigaud("plan", expecting: 0).contains("No changes"))
    }

    /// libvirtd itself refuses every write that comes through this socket.
    @Test func whatOnlyLooksNeedsOnlyTheReadOnlySocket() async throws {
        try await Self.start { stack, host, image in
            try await stack.rigaud("apply", "--yes", expecting: 0)
            let manifests = try stack.scratch.read("lab.yaml")
            try stack.scratch.write(manifests.replacing(host.uri, with: host.readOnlyURI), to: "lab.yaml")
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
            try await host.virsh("destroy", "web")
            #expect(try await stack.rigaud("drift", expecting: 3).contains("Off -> On"))
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 3)
            let refused = try await stack.rigaud("apply", "--yes")
            #expect(refused.exitStatus != 0, "the socket would let it write: \(refused)")
            #expect(try await host.virsh("domstate", "web").contains("shut off"))
        }
    }

    @Test func aNameThatIsTaken() async throws {
        try await Self.start { stack, host, _ in
            let foreign = try stack.scratch.write(
                "<domain type='qemu'><name>web</name><memory>65536</memory><os><type>hvm</type></os></domain>",
                to: "foreign.xml")
            try await host.virsh("define", foreign)
            let before = try await host.virsh("dumpxml", "web")
            for verb in ["plan", "apply"] {
                let result = verb == "apply" ? try await stack.rigaud(verb, "--yes") : try await stack.rigaud(verb)
                #expect(result.exitStatus == 1, "\(result)")
                #expect(result.standardError.contains("is not ours"))
            }
            #expect(try await host.virsh("dumpxml", "web") == before)
            #expect(try filesIn(host.imagesDirectory).isEmpty, "nothing else was begun")
        }
    }

    @Test func libvirtdAbsentAndBack() async throws {
        try await Self.start { stack, host, _ in
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await host.stopDaemon()
            let plan = try await stack.rigaud("plan")
            #expect(plan.exitStatus == 8, "\(plan)")
            #expect(plan.standardOutput.contains("unknown") && !plan.standardOutput.contains("to create"), "\(plan)")
            #expect(plan.standardError.contains("cannot be reached") || plan.standardError.contains("reach"), "\(plan)")
            try await stack.rigaud("drift", expecting: 8)
            try await stack.rigaud("apply", "--yes", expecting: 8)
            try await host.startDaemon()
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        }
    }

    @Test func libvirtdKilledDuringAnApply() async throws {
        let host = try await PrivateLibvirt.start()
        let machines = (0..<20).map { Manifests.machine("vm\($0)", power: "Off") }
        let stack = try TestStack([
            "lab.yaml": Manifests.stream([Manifests.provider("sim", host.uri), Manifests.vmClass()] + machines)
        ])
        let child = try stack.start("apply", "--yes")
        // It stands still while the daemon goes, so that it is not done before that.
        await child.signal(SIGSTOP) { ((try? filesIn(host.imagesDirectory).count) ?? 0) >= 4 }
        try await host.kill9Daemon()
        child.signal(SIGCONT)
        let result = try await child.result
        #expect(result.exitStatus == 4, "\(result)")
        try await host.startDaemon()
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).count == 20)
        #expect(try await host.virsh("list", "--all", "--name").split(separator: "\n").count == 20)
    }

    @Test func theProvidersDocumentationAsAStack() async throws {
        let host = try await PrivateLibvirt.start()
        let image = try await TestGuest.image()
        let stack = try TestStack()
        for file in try filesBelow(PackageFiles.path("stacks/provider-docs"), withSuffix: ".yaml") {
            let text = String(decoding: try readFile(file), as: UTF8.self)
                .replacing("\"qemu:///system\"", with: "\"\(host.uri)\"")
                .replacing("/var/lib/libvirt/images/ubuntu-22.04-base.qcow2", with: image)
                .replacing("/var/lib/libvirt", with: host.imagesDirectory)
                .replacing("\n  providerRef:", with: "\n  lifecycle: {gracefulShutdownTimeout: 600s}\n  providerRef:")
            try stack.scratch.write(text, to: String(file.split(separator: "/").last ?? "a.yaml"))
        }
        try await stack.rigaud("validate", expecting: 0)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let plan = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(plan.contains("No changes"), "\(plan)")
        #expect(try await host.virsh("domstate", "dev-workstation").contains("running"))
        // A machine without an operating system hears no power button; nobody needs to wait for it here.
        try await host.virsh("destroy", "web-server")
        let destroyed = try await stack.rigaud("destroy", "--yes", "--allow", "delete-data")
        #expect(destroyed.exitStatus == 0, "the guest shut down by itself: \(destroyed)")
    }
}

extension Manifests {
    static func guestImage(_ path: String) -> String {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: VMImage
        metadata: {name: guest}
        spec: {source: {libvirt: {path: "\(path)", format: qcow2}}}

        """
    }
}
