import TestSupport
import Testing

/// Drift and its healing on real libvirtd and real QEMU.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUDriftTests {
    @Test func powerIsHealedFirstAndThenTheRest() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(cpu: 2, memory: "128Mi"),
                Manifests.machine("web"))
        ])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
        try await host.virsh("destroy", "web")
        try await host.virsh("setvcpus", "web", "1", "--config")
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.contains("Changed on the hosts") && drift.contains("Off -> On"), "\(drift)")
        #expect(drift.contains("1 -> 2") && drift.contains("Not managed"), "\(drift)")
        let power = try await stack.rigaud("apply", "--only-drift", "--heal", "power", "--yes", expecting: 5)
        #expect(power.contains("drift, left by --heal power"), "\(power)")
        #expect(try await host.virsh("domstate", "web").contains("running"))
        #expect(try await host.virsh("vcpucount", "web", "--config", "--current").contains("1"))
        let number = try await host.virsh("domid", "web")
        try await stack.rigaud("apply", "--only-drift", "--heal", "next-boot", "--yes", expecting: 0)
        #expect(try await host.virsh("vcpucount", "web", "--config", "--current").contains("2"))
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
        try await stack.rigaud("drift", expecting: 0)
    }

    private static func onANetwork(_ host: PrivateLibvirt, interfaces: String = "[{name: lan}]") throws -> TestStack {
        try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(memory: "64Mi"), network,
                Manifests.machine(
                    "web", networks: interfaces, more: "  lifecycle: {gracefulShutdownTimeout: 2s}\n"))
        ])
    }

    private static let network = """
        apiVersion: rigaud.io/v1alpha1
        kind: Network
        metadata: {name: lan}
        spec: {mode: isolated, bridge: virbr-lan, addresses: [{address: 192.0.2.1/24}]}

        """

    private func bridgePorts(_ host: PrivateLibvirt, _ bridge: String = "virbr-lan") async throws -> Int {
        let command = try host.inItsNetwork + ["ip", "-o", "link", "show", "master", bridge]
        let shown = try await runProcess(command[0], Array(command.dropFirst()))
        return shown.standardOutput.split(separator: "\n").count
    }

    /// A network forgets the guests that were on it when it stops, and libvirt connects them only at their start.
    @Test func aNetworkThatWasStoppedHasItsGuestsAgain() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host, interfaces: "[{name: lan}, {name: default}]")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
        #expect(try await bridgePorts(host) == 1)
        let number = try await host.virsh("domid", "web")
        for isStarted in [true, false] {
            try await host.virsh("net-destroy", "lan")
            if isStarted { try await host.virsh("net-start", "lan") }
            #expect(try await bridgePorts(host) == 0)
            let drift = try await stack.rigaud("drift", expecting: 3)
            #expect(drift.contains("disconnected -> network/lan"), "\(drift)")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            #expect(try await bridgePorts(host) == 1)
            try await stack.rigaud("drift", expecting: 0)
        }
        // One that is not of this stack, too.
        try await host.virsh("net-destroy", "default")
        let down = try await stack.rigaud("plan", "--detailed-exitcode")
        #expect(down.exitStatus == 3 && down.standardOutput.contains("disconnected -> network/default"), "\(down)")
        #expect(down.standardError.contains("net-start default"), "\(down)")
        try await host.virsh("net-start", "default")
        #expect(try await stack.rigaud("drift", expecting: 3).contains("disconnected -> network/default"))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await bridgePorts(host, "virbr0") == 1)
        // One that is made again.
        try await host.virsh("net-destroy", "lan")
        try await host.virsh("net-undefine", "lan")
        #expect(try await stack.rigaud("plan", expecting: 0).contains("disconnected -> network/lan"))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await bridgePorts(host) == 1)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        // Who restarts the daemon has had them connected by it.
        try await host.virsh("net-destroy", "lan")
        try await host.virsh("net-start", "lan")
        try await host.restartDaemon()
        try await stack.rigaud("drift", expecting: 0)
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
        #expect(try await host.virsh("net-list", "--all", "--name").split(whereSeparator: \.isWhitespace).count == 2)
    }

    /// The network is not taken from under it first.
    @Test func aGuestThatWillNotStopKeepsItsNetwork() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "web")
        let manifests = try stack.scratch.read("lab.yaml")
        try stack.scratch.write(
            manifests.replacing("mode: isolated,", with: "mode: isolated, domain: lan.test,"), to: "lab.yaml")
        let failed = try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 4)
        #expect(failed.contains("1 failed"), "\(failed)")
        #expect(try await host.virsh("domid", "web") == number)
        #expect(try await bridgePorts(host) == 1)
        #expect(!(try await stack.rigaud("plan", expecting: 0)).contains("disconnected"))
    }

    @Test func whatRunsWithoutADefinitionHasOneAgain() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let number = try await host.virsh("domid", "web")
        try await host.virsh("undefine", "web")
        try await host.virsh("net-undefine", "lan")
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.ranges(of: "persistent  no -> yes").count == 2, "\(drift)")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(plan.contains("2 to change") && !plan.contains("restart"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await host.virsh("list", "--persistent", "--name").contains("web"))
        #expect(try await host.virsh("net-list", "--persistent", "--name").contains("lan"))
        #expect(try await host.virsh("domid", "web") == number, "it was not restarted")
        try await stack.rigaud("drift", expecting: 0)
        // It goes as one with a definition does.
        try await host.virsh("undefine", "web")
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace))
    }

    /// What somebody makes anew under its name has another UUID, and is not ours any more.
    @Test func whatWasMadeAnewByHandIsSomebodyElses() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let uuid = try Regex("<uuid>.*</uuid>")
        for (kind, name, stop) in [("", "web", "destroy"), ("net-", "lan", "net-destroy")] {
            let xml = try await host.virsh("\(kind)dumpxml", name)
            try stack.scratch.write(xml.replacing(uuid, with: ""), to: "again.xml")
            try await host.virsh(stop, name)
            try await host.virsh("\(kind)undefine", name)
            try await host.virsh("\(kind)define", stack.scratch.path("again.xml"))
        }
        for arguments in [["plan"], ["drift"], ["apply", "--yes"]] {
            let result = try await stack.run(arguments)
            #expect(result.exitStatus == 1, "\(result)")
            let taken = result.standardError.ranges(of: "A name is taken by an object that is not ours").count
            #expect(taken == 2 && !result.standardError.contains("was made as"), "\(result)")
            #expect(!result.standardOutput.contains("No "), "\(result)")
            #expect(result.standardOutput.contains("2 errors") || arguments[0] == "apply", "\(result)")
        }
        try await host.virsh("undefine", "web")
        try await host.virsh("net-undefine", "lan")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// A guest without an operating system lets go of nothing.
    @Test func whatAGuestDoesNotLetGoOfIsNotForgotten() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host, interfaces: "[{name: lan}, {name: default}]")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let one = try Self.onANetwork(host, interfaces: "[{name: lan}, {name: wan, bridge: br0}]")
        try stack.scratch.write(
            String(decoding: readFile(one.scratch.path("lab.yaml")), as: UTF8.self), to: "lab.yaml")
        let failed = try await stack.rigaud("apply", "--yes", expecting: 4)
        #expect(failed.contains("1 step done, 1 failed."), "\(failed)")
        // What has nothing to do with it was done.
        #expect(try await host.virsh("domiflist", "web").split(separator: "\n").count == 3)
        let plan = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 2)
        #expect(plan.contains("nic default  network/default -> none") && plan.contains("live"), "\(plan)")
        #expect(!plan.contains("found out by looking"), "\(plan)")
        let drift = try await stack.rigaud("drift", expecting: 2)
        #expect(drift.contains("nic default  network/default -> none"), "\(drift)")
        try await stack.rigaud("apply", "--only-drift", "--heal", "live", "--yes", expecting: 0)
        #expect(try await stack.rigaud("plan", expecting: 0).contains("nic default  network/default -> none"))
        let restart = try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 4)
        #expect(restart.contains("network/default -> none  restart"), "\(restart)")
        try await host.virsh("destroy", "web")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await host.virsh("domiflist", "web").split(separator: "\n").count == 2)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    @Test func whatWasChangedInTheRunningGuestAloneIsDrift() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let mac = try await host.virsh("domiflist", "web").split(whereSeparator: \.isWhitespace).last ?? ""
        try stack.scratch.write(
            "<interface type='network'><mac address='\(mac)'/><source network='default'/><model type='virtio'/></interface>",
            to: "moved.xml")
        try await host.virsh("update-device", "web", stack.scratch.path("moved.xml"), "--live")
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.contains("network/default -> network/lan"), "\(drift)")
        try await stack.rigaud("apply", "--only-drift", "--heal", "live", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
        #expect(try await bridgePorts(host) == 1)
    }

    /// A snapshot by hand puts the guest onto another file; going back to the former one would lose what was written since.
    @Test(arguments: ["running", "off"])
    func aSnapshotIsNotUndone(state: String) async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try Self.onANetwork(host)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        if state == "off" { try await host.virsh("destroy", "web") }
        try await host.virsh("snapshot-create-as", "web", "backup", "--disk-only", "--no-metadata")
        let plan = try await stack.rigaud("plan", "--detailed-exitcode")
        #expect(plan.exitStatus == 3 && plan.standardOutput.contains("refused: --allow delete-data"), "\(plan)")
        #expect(plan.standardError.contains("The disk `root`"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 5)
        try await stack.rigaud("apply", "--only-drift", "--heal", "live", "--yes", expecting: 5)
        let disks = try await host.virsh("domblklist", "web", "--inactive")
        #expect(disks.contains(".backup"), "\(disks)")
        #expect(try await stack.rigaud("drift").exitStatus == 3)
        // What the guest has in its place is not grown.
        let manifests = try stack.scratch.read("lab.yaml")
        try stack.scratch.write(manifests.replacing("size: 1Gi", with: "size: 2Gi"), to: "lab.yaml")
        let growth = try await stack.rigaud("apply", "--yes", expecting: 5)
        #expect(growth.contains("1 GiB -> 2 GiB") && growth.contains("waits for VirtualMachine/web"), "\(growth)")
        #expect(!(try await host.virsh("domblkinfo", "web", "vda")).contains("\(2 << 30)"))
        guard state == "running" else { return }
        try await host.virsh("blockcommit", "web", "vda", "--active", "--pivot", "--wait")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await host.virsh("domblkinfo", "web", "vda").contains("\(2 << 30)"))
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }
}
