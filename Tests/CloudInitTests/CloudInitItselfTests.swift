import CloudInit
import Model
import TestSupport
import Testing

/// Debian's cloud-init reads what is made.
@Suite(.needsCloudInit) struct CloudInitItselfTests {
    private func python(_ script: String, _ files: [(name: String, text: String)]) async throws -> String {
        let scratch = try ScratchDirectory()
        for file in files { try scratch.write(file.text, to: file.name) }
        let result = try await DebianCloudInit.python(script, in: scratch.path)
        #expect(result.exitStatus == 0, "\(result)")
        return result.standardOutput
    }

    @Test func partsArriveAsTheyWere() async throws {
        var testCase = SeedCase("#cloud-config\nhostname: {{ .Name }}\n")
        testCase.add("#!/bin/sh\necho 'häuser €'\r\n")
        testCase.add("#cloud-boothook\necho")
        let seed = try #require(testCase.seed)
        let said = try await python(
            """
            from cloudinit import helpers, user_data, util
            message = user_data.UserDataProcessor(helpers.Paths({})).process(open("user-data", "rb").read())
            for part in message.walk():
                if part.get_content_maintype() != "multipart":
                    print(part.get_content_type(), ascii(util.fully_decoded_payload(part)))
            """, [("user-data", seed.file("user-data") ?? "")])
        #expect(
            said == """
                text/cloud-config '#cloud-config\\nhostname: web\\n'
                text/x-shellscript "#!/bin/sh\\necho 'h\\xe4user \\u20ac'\\r\\n"
                text/cloud-boothook '#cloud-boothook\\necho'

                """)
    }

    @Test func theNetworkIsUnderstoodWithoutNetplan() async throws {
        let seed = Seed(hostName: "web", networks: [.lan, .dhcp])
        let said = try await python(
            """
            import yaml
            from cloudinit.net import eni, network_state
            config = yaml.safe_load(open("network-config"))
            eni.Renderer({}).render_network_state(network_state.parse_net_config_data(config), target=".")
            print(open("etc/network/interfaces").read())
            """, [("network-config", seed.file("network-config") ?? "")])
        for line in [
            "iface eth0 inet static", "address 192.0.2.10/24", "route add default gw 192.0.2.1",
            "iface eth0 inet6 static", "address 2001:db8::10/64",
            "route add -net 198.51.100.0/24 gw 192.0.2.254", "mtu 9000", "dns-search example.org",
            "iface eth1 inet dhcp",
        ] {
            #expect(said.contains(line), "\(said)")
        }
    }
}
