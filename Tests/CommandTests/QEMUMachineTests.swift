import TestSupport
import Testing

/// Devices, memory and features of machines on real libvirtd and real QEMU, as plans and applies have them.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUMachineTests {
    private func lab(
        _ host: PrivateLibvirt, memory: String = "64Mi", spec: String = "", profile: String = "", power: String = "On",
        disks: String = "[{name: root, size: 1Gi}, {name: data, size: 1Gi}]", networks: String = "[{name: default}]"
    ) -> String {
        Manifests.stream(
            Manifests.provider("sim", host.uri),
            Manifests.vmClass(memory: memory, more: ", spec: {\(spec)}\(profile)"),
            Manifests.machine(
                "web", power: power, disks: disks, networks: networks,
                more: "  lifecycle: {gracefulShutdownTimeout: 1s}\n"))
    }

    private func count(_ text: String, in xml: String) -> Int { xml.ranges(of: text).count }

    @Test func namesWithADot() async throws {
        let host = try await PrivateLibvirt.start()
        let networks = "[{name: lan.1, networkRef: {name: lan}}]"
        let attachment = """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VMNetworkAttachment
            metadata: {name: lan}
            spec: {network: {libvirt: {networkName: default}}}

            """
        func manifest(_ disks: String) -> String {
            Manifests.stream(lab(host, disks: disks, networks: networks), attachment)
        }
        let stack = try TestStack(["lab.yaml": manifest("[{name: root, size: 1Gi}]")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(manifest("[{name: root, size: 1Gi}, {name: data.v1, size: 1Gi}]"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        for options in ["--inactive", "--security-info"] {
            let xml = try await host.virsh("dumpxml", "web", options)
            #expect(count("web-data.v1.qcow2", in: xml) == 1 && count("<interface", in: xml) == 1, "\(xml)")
        }
        try await host.virsh("destroy", "web")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
    }

    /// A disk and an interface that were taken out and put back by hand are those, whether the machine runs or not.
    @Test(arguments: ["off", "running"])
    func whatWasPutBackByHand(_ state: String) async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack(["lab.yaml": lab(host, power: state == "off" ? "Off" : "On")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let mac = try await host.virsh("domiflist", "web").split(whereSeparator: \.isWhitespace).last.map(String.init)
        let disk = "\(host.imagesDirectory)/web-data.qcow2"
        try await host.virsh("detach-disk", "web", "vdb", "--config")
        try await host.virsh("attach-disk", "web", disk, "vdb", "--subdriver", "qcow2", "--config")
        try await host.virsh("detach-interface", "web", "network", "--mac", mac ?? "", "--config")
        try await host.virsh(
            "attach-interface", "web", "network", "default", "--mac", mac ?? "", "--model", "virtio", "--config")
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 3)
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("drift", expecting: 0)
        let xml = try await host.virsh("dumpxml", "--inactive", "web")
        #expect(count("web-data.qcow2", in: xml) == 1 && count("<interface", in: xml) == 1, "\(xml)")
        #expect(xml.contains("'ua-disk-data'") && xml.contains("'ua-nic-default'"), "\(xml)")
        if state == "running" { try await host.virsh("destroy", "web") }
        try await host.virsh("start", "web")
        #expect(try await host.virsh("domstate", "web").contains("running"))
    }

    /// SATA and IDE know nothing of disks that come and go.
    @Test func disksOnABusWithoutHotplug() async throws {
        let host = try await PrivateLibvirt.start()
        let (spec, two) = ("devices: {disk: {bus: sata}}", "[{name: root, size: 1Gi}, {name: data, size: 1Gi}]")
        let one = "[{name: root, size: 1Gi}]"
        let stack = try TestStack(["lab.yaml": lab(host, spec: spec, disks: one)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        func restart() async throws {
            // Without an operating system it hears no power button.
            try await host.virsh("destroy", "web")
            try await host.virsh("start", "web")
        }
        for (disks, change) in [(two, "none -> default/web-data.qcow2"), (one, "default/web-data.qcow2 -> none")] {
            try stack.scratch.write(lab(host, spec: spec, disks: disks), to: "lab.yaml")
            let plan = try await stack.rigaud("plan", expecting: 0)
            #expect(plan.contains(change) && plan.contains("restart") && !plan.contains(" live"), "\(plan)")
            try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
            let pending = try await stack.rigaud("plan", expecting: 0)
            #expect(pending.contains(change), "\(pending)")
            let again = try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
            #expect(!again.contains("failed"), "\(again)")
            try await restart()
            try await stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        }
        #expect(try filesIn(host.imagesDirectory) == ["web-root.qcow2"])
    }

    /// A guest without a driver for the balloon has what it had, and that is not forgotten.
    @Test func memoryThatAGuestDoesNotGive() async throws {
        let host = try await PrivateLibvirt.start()
        let profile = ", performanceProfile: {memoryHotAddEnabled: true}"
        let stack = try TestStack(["lab.yaml": lab(host, memory: "64Mi", profile: profile)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try stack.scratch.write(lab(host, memory: "48Mi", profile: profile), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 4)
        let plan = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 2)
        #expect(plan.contains("256 MiB -> 48 MiB") && plan.contains("live"), "\(plan)")
        let restart = try await stack.rigaud("plan", "--allow", "restart", expecting: 0)
        #expect(restart.contains("256 MiB -> 48 MiB  restart"), "\(restart)")
        try await host.virsh("destroy", "web")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// What left the manifest is as in a new machine, and what a running guest has otherwise stays told.
    @Test func featuresThatLeftTheManifest() async throws {
        let host = try await PrivateLibvirt.start()
        let spec = "machine: pc, features: {acpi: false}, devices: {video: {model: vga}}"
        let stack = try TestStack(["lab.yaml": lab(host, spec: spec)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(lab(host), to: "lab.yaml")
        let plan = try await stack.rigaud("plan", expecting: 0)
        #expect(plan.contains("acpi") && plan.contains("vga -> virtio") && !plan.contains("machine"), "\(plan)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let xml = try await host.virsh("dumpxml", "--inactive", "web")
        #expect(xml.contains("<acpi/>") && xml.contains("<model type='virtio' heads='1' primary='yes'/>"), "\(xml)")
        let pending = try await stack.rigaud("plan", expecting: 0)
        #expect(pending.contains("acpi") && pending.contains("vga -> virtio"), "\(pending)")
        try await host.virsh("destroy", "web")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await stack.rigaud("plan", expecting: 0).contains("No changes"))
    }

    @Test func aMachineTypeAndAProcessorThatWaitForARestart() async throws {
        let host = try await PrivateLibvirt.start()
        let stack = try TestStack(["lab.yaml": lab(host, spec: "machine: pc")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try stack.scratch.write(lab(host, spec: "machine: q35, cpu: {mode: maximum}"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let pending = try await stack.rigaud("plan", expecting: 0)
        #expect(pending.contains("custom -> maximum") && pending.contains("q35"), "\(pending)")
        try stack.scratch.write(lab(host, spec: "cpu: {mode: maximum}"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let still = try await stack.rigaud("plan", expecting: 0)
        #expect(still.contains("custom -> maximum") && still.contains("q35"), "\(still)")
        try await host.virsh("destroy", "web")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await stack.rigaud("plan", expecting: 0).contains("No changes"))
    }
}
