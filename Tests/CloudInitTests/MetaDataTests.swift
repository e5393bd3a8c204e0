import CloudInit
import Model
import Testing

@Suite struct MetaDataTests {
    @Test func generated() throws {
        var seed = Seed(hostName: "web", sshPublicKeys: ["ssh-ed25519 AAAA a@b"], digest: "0123")
        #expect(
            seed.file("meta-data")
                == "instance-id: iid-0123\nlocal-hostname: web\npublic-keys:\n  - ssh-ed25519 AAAA a@b\n")
        #expect(seed.file("user-data") == "")
        seed.digest = nil
        seed.sshPublicKeys = []
        #expect(seed.file("meta-data") == "instance-id: iid-web\nlocal-hostname: web\n")
        #expect(Seed(hostName: "null").file("meta-data") == "instance-id: iid-null\nlocal-hostname: \"null\"\n")
        #expect(Seed(hostName: "007").file("meta-data") == "instance-id: iid-007\nlocal-hostname: \"007\"\n")
    }

    @Test func itsOwnKeysWin() throws {
        var testCase = SeedCase("#cloud-config\n")
        testCase.source.metaData = [
            SeedCase.part(
                """
                # Ours.
                instance-id: {{ .Name }}-1
                tags: {count: 3, quoted: "3", version: 1.10, no: yes, text: "a: b # c", empty: "", nothing: ~, when: 2024-01-01, time: 12:30:00}
                public-keys: [ssh-dss CCCC, ssh-rsa BBBB two]
                list: [[1, [2]], {a: [], b: {}}, [{x: 1, y: 2}]]
                """), SeedCase.part("more: \"tab\\tnew\\nline\"", isPublic: false),
        ]
        #expect(testCase.codes == [])
        try expectSeed(testCase, "metadata.txt")
    }

    @Test(arguments: ["web-1.example.org", "\"007\"", "'web_1'", String(repeating: "a", count: 63)])
    func isAHostName(_ name: String) {
        var testCase = SeedCase()
        testCase.source.metaData = [SeedCase.part("local-hostname: \(name)\ninstance-id: 7")]
        #expect(testCase.codes == [])
    }

    @Test func aMachinesNameMayBeTooLongForAHost() {
        var testCase = SeedCase("#cloud-config\n", machine: String(repeating: "a", count: 64))
        #expect(testCase.codes == ["warning invalid-meta-data 3:1"])
        testCase.source.metaData = [SeedCase.part("local-hostname: web")]
        #expect(testCase.codes == [])
    }

    @Test(arguments: [
        ("- a", "error invalid-meta-data 10:9", "mapping"), ("a: [", "error invalid-meta-data 10:13", "YAML"),
        ("a: 1\n--- {b: 1}", "error invalid-meta-data 11:13", "second"),
        ("a: !foo bar", "error invalid-meta-data 10:12", "`!foo`"),
        ("a: 1\na: 2", "error invalid-meta-data 11:9", "in line 1"),
        ("instance-id: ~", "error invalid-meta-data 10:22", "is a text"),
        ("instance-id: [1]", "error invalid-meta-data 10:22", "is a text"),
        ("local-hostname: \"a b_c\"", "error invalid-meta-data 10:25", "is a host name"),
        ("local-hostname: \"\"", "error invalid-meta-data 10:25", "is a host name"),
        ("local-hostname: 007", "error invalid-meta-data 10:25", "in quotes"),
        ("first: 1", "error invalid-meta-data 10:9", "Two texts"),
        ("a: {{ .Foo }}", "error unknown-template-name 10:15", "There is no `.Foo`"),
    ])
    func isRefused(_ text: String, _ code: String, _ message: String) {
        var testCase = SeedCase()
        testCase.source.metaData = [SeedCase.part("first: 1"), SeedCase.part(text)]
        #expect(testCase.codes == [code])
        #expect(testCase.details.contains(message), "\(testCase.details)")
        testCase.source.metaData = [SeedCase.part("first: 1"), SeedCase.part(text, isPublic: false)]
        #expect(!testCase.details.contains("first") && !testCase.details.contains("Foo"))
    }
}
