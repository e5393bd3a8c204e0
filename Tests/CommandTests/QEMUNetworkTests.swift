import TestSupport
import Testing

/// Networks that change while they serve, or from one mode to another.
@Suite(.serialized, .needsPrivateLibvirt) struct QEMUNetworkTests {
    private func lab(_ host: PrivateLibvirt, _ spec: String) -> String {
        Manifests.stream(
            Manifests.provider("sim", host.uri),
            "apiVersion: rigaud.io/v1alpha1\nkind: Network\nmetadata: {name: lan}\nspec: {\(spec)}\n")
    }

    @Test func itFollowsItsManifest() async throws {
        let host = try await PrivateLibvirt.start()
        let subnet = "addresses: [{address: 192.0.2.1/24}]"
        let hosts = { (first: String, second: String) in
            "\(subnet), dhcp: {hosts: [{mac: '52:54:00:00:00:01', ip: \(first)}, {mac: '52:54:00:00:00:02', ip: \(second)}]}"
        }
        let stack = try TestStack()
        for spec in [
            subnet, hosts("192.0.2.60", "192.0.2.61"), hosts("192.0.2.61", "192.0.2.60"),
            "\(subnet), dns: {hosts: [{ip: 192.0.2.5, names: [a]}, {ip: 192.0.2.6, names: [b]}]}",
            "\(subnet), dns: {hosts: [{ip: 192.0.2.5, names: [b]}, {ip: 192.0.2.6, names: [a]}]}",
            "mode: bridge, bridge: br0", subnet, "mode: route, \(subnet)", "mode: bridge, bridge: br0",
            "mode: isolated",
        ] {
            try stack.scratch.write(lab(host, spec), to: "lab.yaml")
            let applied = try await stack.rigaud("apply", "--yes", "--allow", "restart")
            #expect(applied.exitStatus == 0, "\(spec): \(applied)")
            let after = try await stack.rigaud("plan", "--detailed-exitcode")
            #expect(after.exitStatus == 0, "\(spec): \(after)")
            #expect(try await host.virsh("net-info", "lan").contains("Active:         yes"), "\(spec)")
        }
    }

    /// Whoever has an address keeps running.
    @Test func rangesChangeWhileItServes() async throws {
        let host = try await PrivateLibvirt.start()
        func manifests(_ ranges: String) -> String {
            Manifests.stream(
                lab(host, "addresses: [{address: 192.0.2.1/24, dhcp: {ranges: [\(ranges)]}}]"), Manifests.vmClass(),
                Manifests.machine("web", networks: "[{name: lan}]"))
        }
        let stack = try TestStack(["lab.yaml": manifests("{start: 192.0.2.10, end: 192.0.2.20}")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let domain = try await host.virsh("domid", "web")
        for ranges in [
            "{start: 192.0.2.10, end: 192.0.2.30}, {start: 192.0.2.50, end: 192.0.2.60}", "",
            "{start: 192.0.2.50, end: 192.0.2.70}",
        ] {
            try stack.scratch.write(manifests(ranges), to: "lab.yaml")
            let plan = try await stack.rigaud("plan", expecting: 0)
            #expect(plan.contains("live") && !plan.contains("VirtualMachine/web"), "\(plan)")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        }
        let (live, defined) = (
            try await host.virsh("net-dumpxml", "lan"), try await host.virsh("net-dumpxml", "--inactive", "lan")
        )
        for xml in [live, defined] { #expect(xml.contains("<range start='192.0.2.50' end='192.0.2.70'/>"), "\(xml)") }
        #expect(try await host.virsh("domid", "web") == domain)
        // What somebody changed while it serves is put back so.
        try await host.virsh(
            "net-update", "lan", "delete", "ip-dhcp-range", "<range start='192.0.2.50' end='192.0.2.70'/>", "--live")
        #expect(try await stack.rigaud("plan", expecting: 0).contains("changed on the host"))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await host.virsh("net-dumpxml", "lan").contains("<range start='192.0.2.50' end='192.0.2.70'/>"))
    }

    /// Its guests notice nothing, since what runs is as it was.
    @Test func whatSomebodyRenumberedIsPutBack() async throws {
        let host = try await PrivateLibvirt.start()
        let spec = """
            addresses: [{address: 10.52.0.1/24, dhcp: {ranges: [{start: 10.52.0.10, end: 10.52.0.20}]}}], \
            dhcp: {hosts: [{mac: '52:54:00:00:00:01', ip: 10.52.0.7}]}
            """
        let stack = try TestStack(["lab.yaml": lab(host, spec)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let before = try await host.virsh("net-dumpxml", "--inactive", "lan")
        try await host.virsh(
            "net-define", stack.scratch.write(before.replacing("10.52.", with: "10.53."), to: "lan.xml"))
        let drift = try await stack.rigaud("drift", expecting: 3)
        #expect(drift.contains("address 10.53.0.1") && !drift.contains("restart"), "\(drift)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try await host.virsh("net-dumpxml", "--inactive", "lan") == before)
        // Started so, it needs a restart to be as it was.
        try await host.virsh("net-define", stack.scratch.path("lan.xml"))
        try await host.virsh("net-destroy", "lan")
        try await host.virsh("net-start", "lan")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let pending = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(pending.contains("address 10.53.0.1") && pending.contains("pending a restart"), "\(pending)")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        #expect(try await host.virsh("net-dumpxml", "lan").contains("10.53.") == false)
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
    }

    /// In one apply with leave, or with one without it before: until the network is started anew nothing of the new addresses is tried,
    /// and at the end the guest runs.
    @Test(.needsTestGuest, arguments: [true, false])
    func itIsRenumberedWithItsHosts(_ isAllowed: Bool) async throws {
        let host = try await PrivateLibvirt.start()
        let image = """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VMImage
            metadata: {name: guest}
            spec: {source: {libvirt: {path: "\(try await TestGuest.image())", format: qcow2}}}

            """
        func manifests(_ net: String) -> String {
            let spec = """
                addresses: [{address: \(net).1/24, dhcp: {ranges: [{start: \(net).10, end: \(net).20}]}}], \
                dhcp: {hosts: [{mac: '52:54:00:00:00:01', ip: \(net).7}]}
                """
            return Manifests.stream(
                lab(host, spec), Manifests.vmClass(), image,
                Manifests.machine(
                    "web", networks: "[{name: lan, macAddress: '52:54:00:00:00:01'}]",
                    more: "  imageRef: {name: guest}\n  lifecycle: {gracefulShutdownTimeout: 600s}\n"))
        }
        let stack = try TestStack(["lab.yaml": manifests("10.51.0")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let domain = try await host.virsh("domid", "web")
        try stack.scratch.write(manifests("10.52.0"), to: "lab.yaml")
        if !isAllowed {
            let plan = try await stack.rigaud("plan", expecting: 0)
            #expect(!plan.contains("live"), "\(plan)")
            try await stack.rigaud("apply", "--yes", expecting: 0)
            let pending = try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
            for words in ["1 pending a restart", "ip 10.51.0.7 -> ip 10.52.0.7", "address 10.51.0.1"] {
                #expect(pending.contains(words), "\(pending)")
            }
            #expect(try await host.virsh("domid", "web") == domain)
            #expect(try await host.virsh("net-dumpxml", "lan").contains("ip='10.51.0.7'"))
        }
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
        let network = try await host.virsh("net-dumpxml", "lan")
        #expect(
            network.contains("connections='1'") && network.contains("ip='10.52.0.7'") && !network.contains("10.51."))
        #expect(try await host.virsh("domstate", "web").contains("running"))
        #expect(try await host.virsh("domid", "web") != domain)
    }

    /// Neither a renumbering nor its deletion cuts off who is not of the stack.
    @Test func othersGuestsKeepTheirNetwork() async throws {
        let host = try await PrivateLibvirt.start()
        func manifests(_ prefix: Int) -> String {
            Manifests.stream(
                lab(host, "addresses: [{address: 192.0.2.1/\(prefix)}]"), Manifests.vmClass(),
                Manifests.machine("web", networks: "[{name: lan}]"))
        }
        let stack = try TestStack(["lab.yaml": manifests(24)])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let xml = """
            <domain type='qemu'><name>foreign</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>
            <devices><interface type='network'><source network='lan'/></interface></devices></domain>
            """
        try await host.virsh("create", stack.scratch.write(xml, to: "foreign.xml"))
        let domain = try await host.virsh("domid", "web")
        try stack.scratch.write(manifests(25), to: "lab.yaml")
        let plan = try await stack.rigaud("plan", "--allow", "restart")
        #expect(plan.standardError.contains("A network stays as it is, since others' guests are on it"), "\(plan)")
        #expect(!plan.standardOutput.contains("VirtualMachine"), "\(plan)")
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        try await stack.rigaud("apply", "--yes", "--allow", "restart", expecting: 0)
        #expect(try await host.virsh("domid", "web") == domain, "it was not restarted")
        let destroyed = try await stack.rigaud("destroy", "--yes", "--allow", "delete-data")
        #expect(destroyed.exitStatus == 5, "\(destroyed)")
        #expect(
            destroyed.standardOutput.contains("refused: guests that are not of this stack run on it"), "\(destroyed)")
        #expect(try await host.virsh("net-dumpxml", "lan").contains("connections='1'"))
        try await host.virsh("destroy", "foreign")
        try await stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try await host.virsh("net-list", "--all", "--name").contains("lan") == false)
    }
}
