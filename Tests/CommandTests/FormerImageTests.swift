import Glibc
import Model
import TestSupport
import Testing

/// Images that change, leave the manifests and go from the host, while disks lie on them: whatever happens, plans end,
/// and say what is so.
@Suite(.serialized, .needsPrivateLibvirt, .needs("qemu-img")) struct FormerImageTests {
    /// A host and images `a` and `b` on this machine.
    private struct Laboratory {
        let host: PrivateLibvirt
        let stack: TestStack
        private var digests: [String: String] = [:]

        init() async throws {
            host = try await PrivateLibvirt.start()
            stack = try TestStack()
            for (name, length) in [("a", 1 << 20), ("b", 2 << 20)] {
                let path = stack.scratch.path("\(name).img")
                try writeFile(randomBytes(length), to: "\(path).raw")
                try await ImageStackTests.convert("\(path).raw", to: "qcow2", at: path)
                digests[name] = try await ImageStackTests.digest(of: path)
            }
        }

        /// Writes a stack whose image `pic` is one of the two, with a machine `m` for it unless said otherwise.
        func write(_ image: String, machine: String = "  imageRef: {name: pic}\n", more: String = "") throws {
            let documents = [
                Manifests.provider("sim", host.uri),
                Manifests.vmClass(more: ", diskDefaults: {size: 1Gi}"),
                ImageStackTests.image(
                    "pic", "file://\(stack.scratch.path("\(image).img"))", digests[image] ?? ""),
                Manifests.machine("m", power: "Off", disks: "[]", more: machine),
                Manifests.machine("other", power: "Off", disks: "[]", more: "  imageRef: {name: pic}\n"),
            ]
            try stack.scratch.write(
                Manifests.stream(documents + (more.isEmpty ? [] : [more])), to: "lab.yaml")
        }

        /// The names of the versions that are there.
        var versions: [String] {
            get throws { try filesIn(host.imagesDirectory).filter { $0.hasPrefix("pic-") }.sorted() }
        }
    }

    @Test func whatLeftTheManifestsIsKeptForWhatLiesOnIt() async throws {
        let lab = try await Laboratory()
        try lab.write("a")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        let first = try #require(try lab.versions.first)
        let clone = """
            apiVersion: rigaud.io/v1alpha1
            kind: Volume
            metadata: {name: clone}
            spec: {providerRef: {name: sim}, name: clone.qcow2, size: 1Gi, backing: default/\(first)}

            """
        try lab.write("a", machine: "", more: clone)
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        try lab.write("b", machine: "", more: clone)
        let plan = try await lab.stack.rigaud("plan", expecting: 0)
        #expect(
            plan.contains("stay on a former version: VirtualMachine/m, VirtualMachine/other, Volume/clone"), "\(plan)")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        try await lab.stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        #expect(try lab.versions.contains(first))
        try await lab.stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(lab.host.imagesDirectory).isEmpty)
    }

    @Test func aLostBaseIsToldUntilItIsBack() async throws {
        let lab = try await Laboratory()
        try lab.write("a")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        let first = try #require(try lab.versions.first)
        try lab.write("b")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        let saved = try readFile("\(lab.host.imagesDirectory)/\(first)")
        try await lab.host.virsh("vol-delete", first, "default")
        for _ in 0..<2 {
            let plan = try await lab.stack.rigaud("plan", "--detailed-exitcode")
            #expect(plan.exitStatus == 3 && plan.standardOutput.contains("refused: --allow delete-data"), "\(plan)")
            #expect(plan.standardError.contains("What disks lie on is gone"), "\(plan)")
            try await lab.stack.rigaud("apply", "--yes", expecting: 5)
        }
        try writeFile(saved, to: "\(lab.host.imagesDirectory)/\(first)")
        try await lab.host.virsh("pool-refresh", "default")
        try await lab.stack.rigaud("plan", "--detailed-exitcode", expecting: 0)

        // Or what lay on it is given up.
        try await lab.host.virsh("vol-delete", first, "default")
        try await lab.stack.rigaud("apply", "--yes", "--allow", "delete-data", expecting: 0)
        try await lab.stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// What went while disks lie on it, and came back, is still known to be ours, whatever was refused meanwhile.
    @Test func aFormerVersionThatWasAwayIsStillOurs() async throws {
        let lab = try await Laboratory()
        try lab.write("a")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        let first = try #require(try lab.versions.first)
        try lab.write("b")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        let path = "\(lab.host.imagesDirectory)/\(first)"
        let saved = try readFile(path)
        #expect(unlink(path) == 0)
        for _ in 0..<2 { try await lab.stack.rigaud("apply", "--yes", expecting: 5) }
        try writeFile(saved, to: path)
        try await lab.host.virsh("pool-refresh", "default")
        try await lab.stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
        try await lab.stack.rigaud("destroy", "--yes", "--allow", "delete-data", expecting: 0)
        #expect(try filesIn(lab.host.imagesDirectory).isEmpty)
    }

    @Test func aTruncatedImageIsBroughtAgain() async throws {
        let lab = try await Laboratory()
        try lab.write("a")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        let path = "\(lab.host.imagesDirectory)/\(try #require(try lab.versions.first))"
        let saved = try readFile(path)
        #expect(truncate(path, 0) == 0)
        try await lab.host.virsh("pool-refresh", "default")
        try await lab.stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try readFile(path) == saved)
        try await lab.stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }

    /// An install medium that somebody else brings is missed by a plan, or waited for.
    @Test func installMediaOfOthers() async throws {
        let lab = try await Laboratory()
        func medium(_ policy: String) -> String {
            """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VMImage
            metadata: {name: cd}
            spec:
              source: {libvirt: {volume: cd.iso, format: iso}}
              prepare: {onMissing: \(policy), timeout: 60s}

            """
        }
        try lab.write("a", machine: "  imageRef: {name: cd}\n", more: medium("Fail"))
        let plan = try await lab.stack.rigaud("plan")
        #expect(plan.exitStatus == 1 && plan.standardError.contains("default/cd.iso"), "\(plan)")
        try lab.write("a", machine: "  imageRef: {name: cd}\n", more: medium("Wait"))
        let apply = try lab.stack.start("apply", "--yes")
        try await Task.sleep(for: .seconds(3))
        try writeFile(randomBytes(1 << 20), to: "\(lab.host.imagesDirectory)/cd.iso")
        #expect(try await apply.result.exitStatus == 0)
        #expect(try await lab.host.virsh("dumpxml", "m").contains("cd.iso"))
    }
}
