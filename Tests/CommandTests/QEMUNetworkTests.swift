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
}
