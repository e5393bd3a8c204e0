import CloudInit
import Model
import Testing

@Suite struct UserDataTests {
    @Test(arguments: [
        "#cloud-config\na: 1\n", "#cloud-config\n", "#cloud-config", "\n#Cloud-Config\na: 1", "#!/bin/sh\necho hi\n",
        "#include\nhttp://example.org/\n",
        "#include-once\nhttp://example.org/", "#cloud-config-archive\n- a\n", "#upstart-job\nx", "#part-handler\nx",
        "#cloud-boothook\nx",
        "## template: jinja\n#cloud-config\na: {{ v1.x }}\n", "Content-Type: multipart/mixed; boundary=x\n\n--x--\n",
        "MIME-Version: 1.0\nx",
        "#cloud-config-jsonp\n[]", "#cloud-config\nmotd: \"\\e[1m\\0\\x1b\\u0007\"\n",
        "#cloud-config\n<<: {a: 1}\nb: 2",
        "#cloud-config\na: !!str 1\nb: !!binary aGk=\nc: ! x\nd: !!set {a}\ne: !!python/unicode x\n",
        "#cloud-config\r\na: 1\r\n", "#cloud-config\n---\na: 1\n...\n",
    ])
    func isTakenAsItIs(_ text: String) {
        let testCase = SeedCase(text)
        #expect(testCase.codes == [])
        #expect(testCase.seed?.file("user-data") == text)
    }

    @Test(arguments: [
        ("#cloud-config\na: [1\n", "error invalid-user-data 12:9", "cannot be read as YAML"),
        ("#cloud-config\na: {{ .Name }} b: {{ .Name }}\n", "error invalid-user-data 11:25", "not allowed"),
        ("#cloud-config\n- a\n", "error invalid-user-data 11:9", "a list"),
        ("#cloud-config\nfoo\n", "error invalid-user-data 11:9", "a text"),
        ("#cloud-config\na: 1\n---\nb: 1\n", "error invalid-user-data 13:9", "second"),
        ("#cloud-config\na: 1\na: 2\n", "warning duplicate-key 12:9", "line 2"),
        ("#cloud-config-archive\na: 1\n", "error invalid-user-data 11:9", "a list"),
        ("packages: [a]\n", "error unknown-user-data 10:9", "without `#cloud-config`"),
        ("# cloud-config\na: 1\n", "error unknown-user-data 10:9", "without `#cloud-config`"),
        ("#cloud-confgi\na: 1\n", "error unknown-user-data 10:9", "without `#cloud-config`"),
        ("#cloud-configs", "error unknown-user-data 10:9", "`#cloud-boothook`"),
        ("#cloud-config\nhostname: !foo bar\n", "error invalid-user-data 11:19", "`!foo`"),
        ("#cloud-config\na: [!!python/tuple [1]]\n", "error invalid-user-data 11:13", "`!!python/tuple`"),
        ("#cloud-config-archive\n- !include x\n", "error invalid-user-data 11:11", "`!include`"),
        ("echo hi\n", "error unknown-user-data 10:9", "`#!`"),
        ("\n#!/bin/sh\n", "error invalid-user-data 10:9", "very first"),
        ("#!/bin/sh\necho {{ .Nmae }}\n", "error unknown-template-name 11:17", "`.Name`"),
        ("#!/bin/sh\n{{ .Labels.none }}", "error missing-template-value 11:12", "no label"),
        ("#cloud-config\nnetwork: 5\n", "error invalid-seed-network 11:9", "mapping"),
        ("#cloud-config\nnetwork: {version: 3}\n", "error invalid-seed-network 11:9", "1 or 2"),
        ("#cloud-config\nnetwork: &n {version: 2}\nother: *n\n", "error invalid-seed-network 11:9", "anchors"),
    ])
    func isRefused(_ text: String, _ code: String, _ message: String) {
        let testCase = SeedCase(text)
        #expect(testCase.codes == [code])
        #expect(testCase.details.contains(message), "\(testCase.details)")
        #expect((testCase.seed == nil) == code.hasPrefix("error"))
    }

    /// Of a Secret there is never more than a place, whatever is wrong with it.
    @Test(arguments: [
        "#cloud-config\nhunter2: [1", "#cloud-config\nhunter2: *hunter2\n", "#cloud-config\nhunter2: 1\nhunter2: 2\n",
        "hunter2: 1\n", "hunter2", "#cloud-config\n- hunter2",
        "#!/bin/sh\n{{ .hunter2 }}", "#!/bin/sh\n{{ hunter2 }}", "#!/bin/sh\n{{ $hunter2 }}",
        "#!/bin/sh\n{{ .Labels.hunter2 }}", "#!/bin/sh\n{{ .Name.hunter2 }}",
        "#!/bin/sh\n{{ printf \"%h\" \"hunter2\" }}", "#!/bin/sh\n{{ 3hunter2 }}", "#!/bin/sh\n{{ \"hunter2",
        "#!/bin/sh\n{{ index .SSHPublicKeys 77777 }}",
        "#!/bin/sh\n{{ join \"hunter2\" 1 }}", "#!/bin/sh\n{{ (index .Networks 0).hunter2 }}",
        "#!/bin/sh\n{{ \"{{ .hunter2 }}\" }}", "#!/bin/sh\n{{ if hunter2 }}",
        "#cloud-config\nnetwork: hunter2", "#cloud-config\nnetwork: {version: hunter2}",
        "#cloud-config\nhunter2: \"\\z\"", "#cloud-config\nhunter2: !hunter2!x 1", "#cloud-config\nhunter2: !hunter2 1",
        "#cloud-config\n{{ b64dec \"hunter2\" }}", "#!/bin/sh\n{{ split \"\" \"hunter2\" }}",
        "#!/bin/sh\n{{ & hunter2 }}",
    ])
    func aSecretIsNotShown(_ text: String) {
        var testCase = SeedCase(text, isPublic: false, networks: [.lan])
        testCase.source.labels["hunter3"] = "x"
        let diagnostics = testCase.render().diagnostics
        #expect(!diagnostics.isEmpty)
        let said = "\(diagnostics)"
        #expect(!said.contains("hunter") && !said.contains("77777"), "\(said)")
        #expect(diagnostics.allSatisfy { $0.detail.contains("of the Secret's value: ") }, "\(said)")
        #expect(diagnostics.allSatisfy { $0.location == testCase.source.origin })
    }

    @Test func compressedDataComesFromSecretsAlone() throws {
        var testCase = SeedCase()
        let bytes: [UInt8] = [0x1F, 0x8B, 0x08, 0x00, 0xFF, 0x7B, 0x7B]
        testCase.source.userData = [SeedSource.Part(Secret(bytes), at: nil, isPublic: false)]
        #expect(testCase.codes == [])
        let seed = try #require(testCase.seed)
        #expect(seed.userData == Secret(bytes))
        testCase.source.userData = [SeedSource.Part(Secret(bytes), at: SeedCase.origin, isPublic: true)]
        #expect(testCase.codes == ["error user-data-not-text 10:9"])
    }

    @Test func sizeIsLimited() {
        let line = "# \(String(repeating: "x", count: 97))\n"
        #expect(SeedCase("#cloud-config\n" + String(repeating: line, count: 10_000)).codes == [])
        let large = SeedCase("#cloud-config\n" + String(repeating: line, count: 10_600))
        #expect(large.codes == ["error seed-too-large 10:9"])
        #expect(large.details.contains("1 MiB"))
    }

    @Test func everyMistakeIsReportedAtOnce() {
        var testCase = SeedCase("#cloud-config\nhostname: {{ .Nmae }}\nx: {{ .Bla }}\n")
        testCase.add("echo")
        testCase.source.metaData = [SeedCase.part("- a")]
        #expect(
            testCase.codes == [
                "error unknown-user-data 10:9", "error invalid-meta-data 10:9", "error unknown-template-name 11:22",
                "error unknown-template-name 12:15",
            ])
    }

    @Test func partsBecomeAMessage() throws {
        var testCase = SeedCase("#cloud-config\nhostname: {{ .Name }}\n")
        testCase.add("#!/bin/sh\necho 'häuser'\n")
        testCase.add("  \n")
        testCase.add("Content-Type: multipart/mixed; boundary=\"x\"\n\n--x\nContent-Type: text/plain\n\nhi\n--x--\n")
        testCase.add("#include\nhttps://example.org/\n", isPublic: false)
        #expect(testCase.codes == [])
        try expectSeed(testCase, "multipart.txt")
    }
}
