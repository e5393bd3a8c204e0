import Glibc
import TestSupport
import Testing

@Suite("A libvirtd of one's own", .needsPrivateLibvirt)
struct PrivateLibvirtTests {
    @Test("is a host apart, survives its daemon's death, and leaves nothing behind")
    func life() async throws {
        var (one, other): (PrivateLibvirt?, PrivateLibvirt?) = (try await .start(), try await .start())
        let directory = try #require(one?.directory)
        try await one?.virsh("pool-define-as", "extra", "dir", "--target", "\(directory)/extra")
        #expect(try await one?.virsh("pool-list", "--all", "--name").contains("extra") == true)
        #expect(try await other?.virsh("pool-list", "--all", "--name").contains("extra") == false)

        let readOnly = try await runProcess(
            "virsh", ["-q", "-c", one?.readOnlyURI ?? "", "pool-undefine", "extra"])
        #expect(readOnly.exitStatus == 1)
        let simulated = try await runProcess("virsh", ["-q", "-c", one?.simulatedURI ?? "", "list", "--name"])
        #expect(simulated.standardOutput.contains("test"))

        try await one?.kill9Daemon()
        await #expect(throws: SystemFailure.self) { try await one?.virsh("list") }
        try await one?.startDaemon()
        try await one?.restartDaemon()
        #expect(try await one?.virsh("pool-list", "--all", "--name").contains("extra") == true)

        (one, other) = (nil, nil)
        #expect(access(directory, F_OK) != 0)
    }

    @Test("runs a guest that says what it has and heeds its power button", .needsTestGuest, .hangLimit)
    func guest() async throws {
        let host = try await PrivateLibvirt.start()
        let disk = "\(host.imagesDirectory)/guest.qcow2"
        let console = "\(host.directory)/console"
        _ = try await runProcess("cp", [try await TestGuest.image(), disk])
        let scratch = try ScratchDirectory()
        let domain = try scratch.write(
            """
            <domain type='qemu'><name>guest</name><memory unit='MiB'>256</memory><vcpu>2</vcpu>
            <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>
            <disk type='file'><driver name='qemu' type='qcow2'/><source file='\(disk)'/><target dev='vda'/></disk>
            <interface type='bridge'><source bridge='br0'/><mac address='52:54:00:00:00:07'/><model type='virtio'/>
            </interface><serial type='file'><source path='\(console)'/></serial></devices></domain>
            """, to: "guest.xml")
        try await host.virsh("define", domain)
        try await host.virsh("start", "guest")
        let output = try await TestGuest.console(console, until: "guest: ready")
        for line in ["guest: cpus 2", "guest: disk vda", "guest: nic eth0 52:54:00:00:00:07"] {
            #expect(output.contains(line))
        }
        try await host.virsh("shutdown", "guest", "--mode", "acpi")
        while try await host.virsh("domstate", "guest").contains("running") {
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
