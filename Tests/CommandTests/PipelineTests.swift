import Glibc
import TestSupport
import Testing

/// The way teams run it, from a branch over ssh to a healed drift: once on a simulated host and once on QEMU.
@Suite(.serialized, .needs("git", "ssh-keygen", "python3")) struct PipelineTests {
    @Test func onASimulatedHost() async throws {
        try await play("test:///default") { lab in
            // Somebody's hand on a simulated host is another stack's apply on the same files.
            let domain = lab.scratch.path("home/.local/state/rigaud")
            let files = try filesBelow(domain, withSuffix: ".xml").filter { $0.contains("/web") }
            for file in files {
                let text = String(decoding: try readFile(file), as: UTF8.self)
                guard text.contains("<domain") else { continue }
                try replace("<vcpu>1</vcpu>", with: "<vcpu>3</vcpu>", in: text, at: file)
            }
        }
    }

    @Test(.needsPrivateLibvirt) func onQEMU() async throws {
        let host = try await PrivateLibvirt.start()
        try await play(host.uri) { _ in try await host.virsh("setvcpus", "web", "3", "--config", "--maximum") }
    }

    private func replace(_ former: String, with new: String, in text: String, at path: String) throws {
        let changed = text.replacing(former, with: new)
        #expect(changed != text, "\(text)")
        let descriptor = open(path, O_WRONLY | O_TRUNC)
        defer { close(descriptor) }
        _ = Array(changed.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    private func play(_ uri: String, meddle: (TestStack) async throws -> Void) async throws {
        let scratch = try ScratchDirectory()
        let server = try await SSHServer(scratch)
        let bare = try await TestRepository("stacks.git", in: scratch, bare: true)
        let work = try await TestRepository("work", in: scratch)
        func manifests(_ names: [String]) -> [String: String] {
            [
                "prod/lab.yaml": Manifests.stream(
                    [Manifests.provider("sim", uri), Manifests.vmClass()]
                        + names.map { Manifests.machine($0, power: "Off") })
            ]
        }
        try await work.commit(manifests(["web"]), "One machine")
        try await work.git("remote", "add", "origin", bare.path)
        try await work.git("push", "-q", "origin", "main")

        let lab = try TestStack(environment: ["XDG_CACHE_HOME": scratch.path("cache")])
        mkdir(lab.scratch.path(".ssh"), 0o700)
        try lab.scratch.write(try server.line("ed25519") + "\n", to: ".ssh/known_hosts")
        try lab.scratch.write(try scratch.read("user"), to: ".ssh/id_ed25519")
        chmod(lab.scratch.path(".ssh/id_ed25519"), 0o600)
        let source = "\(server.url("stacks.git"))//prod"
        try await lab.rigaud("apply", "\(source)?ref=main", "--yes", expecting: 0)

        // A merge request: the plan of its branch is saved and shown.
        try await work.git("checkout", "-q", "-b", "second")
        let commit = try await work.commit(manifests(["web", "db"]), "A second machine")
        try await work.git("push", "-q", "origin", "second")
        let planned = try await lab.rigaud(
            "plan", "\(source)?ref=second", "--out", "second.plan", "--report", "markdown=plan.md", "--report",
            "json=plan.json", "--report", "html=plan.html", expecting: 0)
        #expect(planned.contains("VirtualMachine/db") && !planned.contains("VirtualMachine/web "))
        #expect(try lab.scratch.read("plan.md").hasPrefix("<!-- rigaud:plan stack=prod"))
        #expect(try lab.scratch.read("plan.json").contains(commit))
        #expect(try await lab.rigaud("show", "second.plan", expecting: 0).contains("VirtualMachine/db"))

        // The merge, and exactly that plan.
        try await work.git("checkout", "-q", "main")
        try await work.git("merge", "-q", "--ff-only", "second")
        try await work.git("push", "-q", "origin", "main")
        try await lab.rigaud("apply", "second.plan", "--yes", expecting: 0)
        try await lab.rigaud("plan", "\(source)?ref=main", "--detailed-exitcode", expecting: 0)
        #expect(try await lab.rigaud("show", "\(source)?ref=main", "--format", "json", expecting: 0).contains("db"))
        let again = try await lab.rigaud("apply", "second.plan", "--yes")
        #expect(again.exitStatus == 6, "it was applied already: \(again)")

        // Somebody's hand, and the cron job that sees it.
        try await meddle(lab)
        let reports = ["json", "markdown", "junit", "sarif", "html", "prometheus"].flatMap {
            ["--report", "\($0)=drift.\($0)"]
        }
        let drift = try await lab.run(["drift", "\(source)?ref=main", "--record", "drift.memory"] + reports)
        #expect(drift.exitStatus == 3, "\(drift)")
        for format in ["json", "markdown", "junit", "html", "prometheus"] {
            #expect(try lab.scratch.read("drift.\(format)").contains("VirtualMachine/web") || format == "prometheus")
        }
        #expect(try lab.scratch.read("drift.sarif").contains("2.1.0"))
        #expect(
            try lab.scratch.read("drift.prometheus").contains("rigaud_exit_status{stack=\"prod\",verb=\"drift\"} 3"))

        try await lab.rigaud(
            "apply", "\(source)?ref=main", "--yes", "--only-drift", "--heal", "next-boot", expecting: 0)
        try await lab.rigaud("drift", "\(source)?ref=main", "--record", "drift.memory", expecting: 0)
    }
}
