import TestSupport
import Testing

/// A full Debian, from an image to a guest that has configured itself: an apply returns when it has.
@Suite(.serialized, .needsPrivateLibvirt, .needsDebianGuest) struct DebianGuestTests {
    @Test(.hangLimit) func anApplyReturnsWhenAGuestHasConfiguredItself() async throws {
        let host = try await PrivateLibvirt.start()
        let image = try await DebianGuest.image()
        let stack = try TestStack(
            ["lab.yaml": Self.lab(host.uri, image: image, digest: try await ImageStackTests.digest(of: image))],
            runBy: try host.inItsNetwork)
        let applied = try await stack.rigaud("apply", "--yes")
        #expect(applied.exitStatus == 0, "\(applied)")
        #expect(applied.standardError.contains("VirtualMachine/web  ready"), "\(applied)")

        #expect(try await host.virsh("domhostname", "web", "--source", "agent").contains("web-of-lab"))
        let status = try await stack.rigaud("status")
        #expect(status.standardOutput.contains("192.168.122.50"), "\(status)")
        let plan = try await stack.rigaud("plan", "--detailed-exitcode")
        #expect(plan.exitStatus == 0, "\(plan)")
        let answer = try await host.virsh(
            "qemu-agent-command", "web",
            #"{"execute": "guest-file-open", "arguments": {"path": "/root/done", "mode": "r"}}"#)
        #expect(answer.contains("return"), "user data was run: \(answer)")

        // The power button is heard, and nothing is left.
        let destroyed = try await stack.rigaud("destroy", "--yes", "--allow", "delete-data")
        #expect(destroyed.exitStatus == 0, "\(destroyed)")
        #expect(try filesIn(host.imagesDirectory).isEmpty)
    }

    /// `late` starts once a login on `web` would be answered.
    private static func lab(_ uri: String, image: String, digest: String) -> String {
        Manifests.stream(
            Manifests.provider("sim", uri), Manifests.vmClass(memory: "768Mi"),
            ImageStackTests.image("debian", "file://\(image)", digest),
            """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VirtualMachine
            metadata:
              name: web
              annotations: {rigaud.io/ready: cloud-init, rigaud.io/ready-timeout: 12m}
            spec:
              providerRef: {name: sim}
              classRef: {name: small}
              imageRef: {name: debian}
              networks:
                - name: default
                  staticIP: {address: 192.168.122.50/24, gateway: 192.168.122.1, dns: [192.168.122.1]}
              userData:
                cloudInit:
                  inline: |
                    #cloud-config
                    hostname: {{ .Name }}-of-lab
                    runcmd:
                      - [touch, /root/done]

            """,
            """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VirtualMachine
            metadata: {name: late, annotations: {rigaud.io/depends-on: web}}
            spec:
              providerRef: {name: sim}
              classRef: {name: small}
              powerState: Off
              disks: [{name: root, size: 1Gi}]

            """)
    }
}
