import Glibc
import Model
import TestSupport
import Testing

/// Images from a server to real QEMU, and what guests are told: each test with a libvirtd of its own.
@Suite(.serialized, .needsPrivateLibvirt, .needsTestGuest, .needs("python3", "qemu-img")) struct ImageStackTests {
    static let userData = """
        #cloud-config
        hostname: {{ .Name }}
        users:
          - name: admin
            ssh_authorized_keys: ["{{ .SSHPublicKey }}"]
        """

    static func machine(_ name: String, image: String, power: String = "Off", more: String = "") -> String {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: VirtualMachine
        metadata: {name: \(name), annotations: {rigaud.io/ssh-public-keys: "ssh-ed25519 AAAA test"}}
        spec:
          providerRef: {name: sim}
          classRef: {name: small}
          imageRef: {name: \(image)}
          powerState: \(power)
          lifecycle: {gracefulShutdownTimeout: 20s}
          networks: [{name: default, mac: "52:54:00:00:0a:01", staticIP: {address: 192.168.122.50/24, gateway: 192.168.122.1, dns: [9.9.9.9]}}]
        \(more)
        """
    }

    static func seeded(_ userData: String) -> String {
        "  userData:\n    cloudInit:\n      inline: |\n"
            + userData.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)\n" }.joined()
    }

    static func image(_ name: String, _ url: String, _ digest: String, more: String = "") -> String {
        """
        apiVersion: infra.virtrigaud.io/v1beta1
        kind: VMImage
        metadata: {name: \(name)}
        spec:
          source: {libvirt: {url: "\(url)", checksum: "sha256:\(digest)"}}
        \(more)
        """
    }

    static func digest(of path: String) async throws -> String {
        let result = try await runProcess("sha256sum", [path])
        return String(result.standardOutput.prefix(64))
    }

    static func convert(_ image: String, to format: String, at path: String, packed: Bool = false) async throws {
        let made = try await runProcess("qemu-img", ["convert", "-O", format, image, path])
        #expect(made.exitStatus == 0, "\(made)")
        if packed { #expect(try await runProcess("gzip", [path]).exitStatus == 0) }
    }

    @Test func threeMachinesOnOneImage() async throws {
        let host = try await PrivateLibvirt.start()
        let server = try await ImageServer()
        let guest = try await TestGuest.image()
        try await Self.convert(guest, to: "qcow2", at: server.files.path("guest.qcow2"))
        try await Self.convert(guest, to: "vmdk", at: server.files.path("guest.vmdk"), packed: true)
        let (plain, packed) = (
            try await Self.digest(of: server.files.path("guest.qcow2")),
            try await Self.digest(of: server.files.path("guest.vmdk.gz"))
        )
        func stack(power: String, userData: String = Self.userData) -> String {
            Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(),
                Self.image("guest", server.url("once-break/guest.qcow2"), plain),
                Self.image("other", server.url("once-wrong/guest.vmdk.gz"), packed),
                Self.machine("a", image: "guest", power: power, more: Self.seeded(userData)),
                Self.machine("b", image: "guest").replacing("0a:01", with: "0a:02").replacing(".50/", with: ".51/"),
                Self.machine("c", image: "guest").replacing("0a:01", with: "0a:03").replacing(".50/", with: ".52/"),
                Self.machine("d", image: "other").replacing("0a:01", with: "0a:04").replacing(".50/", with: ".53/"))
        }
        let lab = try TestStack(["lab.yaml": stack(power: "Off")])
        try await lab.rigaud("apply", "--yes", expecting: 0)
        try await lab.rigaud("plan", "--detailed-exitcode", expecting: 0)

        let requests = try await server.requests(4)
        #expect(
            requests.count { $0.contains("guest.qcow2") } == 2, "a broken download goes on where it was: \(requests)")
        #expect(requests.contains { $0.contains("guest.qcow2 206") })
        #expect(requests.count { $0.contains("guest.vmdk.gz") } == 2, "what is wrong is fetched anew: \(requests)")
        let volumes = try filesIn(host.imagesDirectory)
        #expect(volumes.count { $0.hasPrefix("guest-") } == 1 && volumes.count { $0.hasPrefix("other-") } == 1)
        #expect(volumes.count { $0.hasSuffix("-root.qcow2") } == 4 && volumes.count == 10, "\(volumes)")
        let base = try #require(volumes.first { $0.hasPrefix("guest-") })
        for name in ["a", "b", "c"] {
            let xml = try await host.virsh("vol-dumpxml", "\(name)-root.qcow2", "default")
            #expect(xml.contains("<backingStore>") && xml.contains("/\(base)</path>"), "\(xml)")
        }
        #expect(
            try await host.virsh("vol-dumpxml", try #require(volumes.first { $0.hasPrefix("other-") }), "default")
                .contains("qcow2"))

        // The guest prints what it was told to its console.
        let console = "\(host.directory)/log/a.console"
        let xml = try await host.virsh("dumpxml", "--inactive", "a")
            .replacing("<serial type='pty'>", with: "<serial type='pty'><log file='\(console)' append='on'/>")
        try await host.virsh("define", lab.scratch.write(xml, to: "a.xml"))
        try lab.scratch.write(stack(power: "On"), to: "lab.yaml")
        try await lab.rigaud("apply", "--yes", expecting: 0)
        let said = try await TestGuest.console(console, until: "guest: ready").replacing("\r", with: "")
        for line in [
            "user-data: #cloud-config", "user-data: hostname: a",
            #"user-data:     ssh_authorized_keys: ["ssh-ed25519 AAAA test"]"#,
            "network-config: version: 2", #"network-config:         via: "192.168.122.1""#,
        ] {
            #expect(said.contains("guest: seed \(line)"), "\(line) is not in\n\(said)")
        }
        #expect(said.contains("192.168.122.50/24") && said.contains("52:54:00:00:0a:01") && said.contains("iid-"))

        // Another seed comes at the next boot; the former one stays under the running guest.
        try lab.scratch.write(stack(power: "On", userData: Self.userData + "\nlocale: C"), to: "lab.yaml")
        let plan = try await lab.rigaud("plan", expecting: 0)
        #expect(plan.contains("next-boot") && plan.contains("deferred"), "\(plan)")
        try await lab.rigaud("apply", "--yes", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).count { $0.hasPrefix("a-seed-") } == 2)
        try await lab.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try await host.virsh("destroy", "a")
        try await lab.rigaud("apply", "--yes", expecting: 0)
        try await lab.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).count { $0.hasPrefix("a-seed-") } == 1)
        #expect(try await TestGuest.console(console, until: "user-data: locale: C").contains("hostname: a"))

        try await host.virsh("destroy", "a")
        try await lab.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).isEmpty)
    }

    /// Another content is another volume; disks stay on what they are built on, and it goes with the last of them.
    /// Raw images of any length: of no whole sectors, of no whole KiB; and one that is there already and named without its end.
    @Test func imagesOfAnyLength() async throws {
        let host = try await PrivateLibvirt.start()
        let lab = try TestStack()
        var documents = [Manifests.provider("sim", host.uri), Manifests.vmClass()]
        for (name, length) in [("odd", 3_000_001), ("sector", 5861 * 512), ("whole", 3 << 20)] {
            let path = try lab.scratch.write(randomBytes(length), to: "\(name).raw")
            for format in ["raw", "qcow2"] {
                let digest = try await Self.digest(of: path)
                let image = Self.image("\(name)-\(format)", "file://\(path)", digest, more: "  format: \(format)\n")
                documents += [image, Self.machine("\(name)-on-\(format)", image: "\(name)-\(format)")]
            }
        }
        try await host.virsh("vol-create-as", "default", "there.qcow2", "1M", "--format", "qcow2")
        documents += [
            """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VMImage
            metadata: {name: there}
            spec: {source: {libvirt: {storagePool: default, volume: there}}}

            """, Self.machine("on-there", image: "there"),
        ]
        let distinct = documents.enumerated().map { $1.replacing("0a:01", with: "0b:0\($0 % 10)") }
        try lab.scratch.write(Manifests.stream(distinct.map { $0.replacing("1Gi", with: "1Mi") }), to: "lab.yaml")
        try await lab.rigaud("apply", "--yes", expecting: 0)
        let plan = try await lab.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(plan.contains("No changes"), "\(plan)")
        try await lab.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(host.imagesDirectory) == ["there.qcow2"])
    }

    @Test func anImageThatChanges() async throws {
        let host = try await PrivateLibvirt.start()
        let server = try await ImageServer()
        let guest = try await TestGuest.image()
        try await Self.convert(guest, to: "qcow2", at: server.files.path("one.qcow2"))
        try await Self.convert(guest, to: "raw", at: server.files.path("two.raw"))
        let digests = [
            try await Self.digest(of: server.files.path("one.qcow2")),
            try await Self.digest(of: server.files.path("two.raw")),
        ]
        func stack(_ image: String, _ digest: String, _ names: [String]) -> String {
            Manifests.stream(
                [
                    Manifests.provider("sim", host.uri), Manifests.vmClass(),
                    Self.image("guest", server.url("plain/\(image)"), digest),
                ] + names.map { Self.machine($0, image: "guest") })
        }
        let lab = try TestStack(["lab.yaml": stack("one.qcow2", digests[0], ["a"])])
        try await lab.rigaud("apply", "--yes", expecting: 0)
        let disk = "\(host.imagesDirectory)/a-root.qcow2"
        let first = try readFile(disk)
        try lab.scratch.write(stack("two.raw", digests[1], ["a", "b"]), to: "lab.yaml")
        let plan = try await lab.rigaud("plan", expecting: 0)
        #expect(plan.contains("stay on a former version: VirtualMachine/a"), "\(plan)")
        try await lab.rigaud("apply", "--yes", expecting: 0)
        try await lab.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(
            try readFile(disk) == first, "a disk that is there is not touched")
        #expect(try filesIn(host.imagesDirectory).count { $0.hasPrefix("guest-") } == 2)
        try lab.scratch.write(stack("two.raw", digests[1], ["b"]), to: "lab.yaml")
        try await lab.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).count { $0.hasPrefix("guest-") } == 1)

        // A base that is changed by hand is drift.
        try await host.virsh("vol-delete", "b-root.qcow2", "default")
        try await host.virsh("vol-create-as", "default", "b-root.qcow2", "20G", "--format", "qcow2")
        #expect(try await lab.rigaud("drift", expecting: 3).contains("backing"))
    }

    /// Whatever is killed, whenever, downloads, uploads and conversions included: the next apply ends clean.
    @Test func killedAtRandomMoments() async throws {
        let host = try await PrivateLibvirt.start()
        let server = try await ImageServer()
        let guest = try await TestGuest.image()
        let whole = server.files.path("guest.qcow2")
        try await Self.convert(guest, to: "qcow2", at: whole)
        // Something to be busy with for a while.
        #expect(try await runProcess("qemu-img", ["resize", whole, "256M"]).exitStatus == 0)
        try await Self.convert(whole, to: "raw", at: server.files.path("big.raw"))
        try await runShell(
            "head -c 6000000 /dev/urandom | dd of=\(server.files.path("big.raw")) bs=1M seek=64 conv=notrunc status=none"
        )
        try await Self.convert(server.files.path("big.raw"), to: "vmdk", at: server.files.path("big.vmdk"))
        try await runShell("gzip -1 \(server.files.path("big.vmdk"))")
        let digests = [
            try await Self.digest(of: server.files.path("big.raw")),
            try await Self.digest(of: server.files.path("big.vmdk.gz")),
        ]
        let lab = try TestStack([
            "lab.yaml": Manifests.stream(
                Manifests.provider("sim", host.uri), Manifests.vmClass(),
                Self.image("one", server.url("plain/big.raw"), digests[0], more: "  format: raw\n"),
                Self.image("two", server.url("slow/big.vmdk.gz"), digests[1]),
                Self.machine("a", image: "one", more: Self.seeded(Self.userData)),
                Self.machine("b", image: "two").replacing("0a:01", with: "0a:02").replacing(".50/", with: ".51/"),
                Self.machine("c", image: "two").replacing("0a:01", with: "0a:03").replacing(".50/", with: ".52/")
                    .replacing("annotations: {", with: "annotations: {rigaud.io/disk-copy: \"true\", "))
        ])
        var generator = SeededGenerator(seed: 7)
        var kills = 0
        for round in 0..<20 {
            let child = try lab.start("apply", "--yes")
            await child.signal(SIGKILL, after: .milliseconds(Int.random(in: 50...1500, using: &generator)))
            if case .signalled = try await child.result.end { kills += 1 }
            // Begin with nothing now and then, so that every stage is met again.
            if round % 5 == 4 {
                try await lab.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
                #expect(try filesIn(host.imagesDirectory).isEmpty, "after round \(round)")
                try await runShell("rm -rf \(lab.scratch.path(".cache/rigaud"))")
            }
        }
        #expect(kills > 10, "\(kills) kills came in time")
        try await lab.rigaud("apply", "--yes", expecting: 0)
        try await lab.rigaud("plan", "--detailed-exitcode", expecting: 0)
        let volumes = try filesIn(host.imagesDirectory)
        #expect(volumes.count == 8, "two images, three disks, three seeds: \(volumes)")
        let kept = try filesIn(lab.scratch.path(".cache/rigaud/images"))
        #expect(!kept.contains { $0.contains(".part") || $0.contains(".tmp") }, "\(kept)")
        let compared = try await runProcess(
            "qemu-img", ["compare", server.files.path("big.raw"), "\(host.imagesDirectory)/c-root.qcow2"])
        #expect(compared.exitStatus == 0, "\(compared)")
        try await lab.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(host.imagesDirectory).isEmpty)
    }
}

private func runShell(_ command: String) async throws {
    let result = try await runProcess("/bin/sh", ["-c", command])
    #expect(result.exitStatus == 0, "\(result)")
}
