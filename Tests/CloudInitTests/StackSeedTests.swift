import CloudInit
import Manifest
import Model
import TestSupport
import Testing

/// What is generated for the stacks that come with the project, before cloud-init's own judgement.
@Suite(.needsCloudInit) struct StackSeedTests {
    static let stacks = ((try? filesIn(PackageFiles.path("stacks"))) ?? []).sorted()

    /// The seeds of a stack by their machines, as a host would get them.
    private static func seeds(of stack: String) throws -> [(machine: String, seed: Seed)] {
        let loaded = loadManifests(from: .path(PackageFiles.path("stacks/\(stack)")))
        let (desired, diagnostics) = renderSeeds(of: try #require(loaded.desired, "\(loaded.diagnostics)"))
        #expect(diagnostics.allSatisfy { $0.severity != .error } && desired.seeds.isEmpty, "\(diagnostics)")
        return desired.contents.sorted { $0.key < $1.key }.compactMap { address, content in
            guard case .seed(var seed) = content else { return nil }
            // What the machine is told apart by is known once it has been planned.
            for index in seed.networks.indices where seed.networks[index].mac == nil {
                seed.networks[index].mac = "52:54:00:00:00:0\(index)"
            }
            seed.digest = "0123456789ab"
            return (String(address.owner.name), seed)
        }
    }

    /// Gives what cloud-init says that the network is, as Debian's own renderer writes it.
    private func judge(_ seed: Seed, of machine: String) async throws -> String {
        let scratch = try ScratchDirectory()
        for file in seedFiles(of: seed) { try scratch.write(file.bytes.shown, to: file.name) }
        let schema = try await DebianCloudInit.run("schema", "--config-file", "user-data", in: scratch.path)
        #expect(schema.exitStatus == 0 && schema.standardOutput.contains("Valid cloud-config"), "\(machine): \(schema)")
        let result = try await DebianCloudInit.python(
            """
            import yaml
            from cloudinit.net import eni, netplan, network_state, networkd
            data = yaml.safe_load(open("meta-data"))
            assert data["instance-id"] == "iid-0123456789ab" and data["local-hostname"], data
            config = yaml.safe_load(open("network-config"))
            for renderer in netplan, networkd:
                state = network_state.parse_net_config_data(config, renderer=renderer.Renderer({}))
                renderer.Renderer({}).render_network_state(state, target=".")
            eni.Renderer({}).render_network_state(network_state.parse_net_config_data(config), target=".")
            print(open("etc/network/interfaces").read())
            """, in: scratch.path)
        #expect(result.exitStatus == 0, "\(machine): \(result)")
        return result.standardOutput
    }

    @Test(arguments: stacks) func cloudInitAcceptsWhatIsGenerated(stack: String) async throws {
        for (machine, seed) in try Self.seeds(of: stack) {
            let interfaces = try await judge(seed, of: machine)
            for address in seed.networks.flatMap(\.addresses) {
                #expect(interfaces.contains("address \(address)"), "\(machine): \(interfaces)")
            }
        }
    }

    @Test func thereIsSomethingToJudge() throws {
        #expect(try Self.seeds(of: "cloud").map(\.machine) == ["db", "web-1", "web-2"])
        #expect(try Self.seeds(of: "provider-docs").map(\.machine) == ["dev-workstation"])
    }

    @Test func cloudInitRefusesWhatIsWrong() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write("#cloud-config\npackages: nginx\n", to: "user-data")
        let schema = try await DebianCloudInit.run("schema", "--config-file", "user-data", in: scratch.path)
        #expect(schema.exitStatus == 1 && schema.description.contains("packages"), "\(schema)")
    }
}
