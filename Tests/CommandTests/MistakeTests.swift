import TestSupport
import Testing

/// Mistakes about images and cloud-init, as a user makes them and reads about them: where, what, and what now.
@Suite struct MistakeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// Of the machine, from line 8 of the file.
        var machine = ""
        var annotations = ""
        /// Of the image, from its line `spec:`.
        var image = "  source:\n    libvirt:\n      url: https://example.org/a.qcow2\n"
        var secret = ""
        let says: [String]
        var warns = false
        var testDescription: String { name }

        init(
            _ name: String, machine: String = "", annotations: String = "", image: String? = nil, secret: String = "",
            warns: Bool = false, says: String...
        ) {
            (self.name, self.machine, self.annotations, self.secret) = (name, machine, annotations, secret)
            (self.says, self.warns) = (says, warns)
            if let image { self.image = image }
        }

        /// A literal block from line 11, column 9.
        static func userData(_ text: String, _ indicator: String = "|") -> String {
            "  userData:\n    cloudInit:\n      inline: \(indicator)\n"
                + text.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)\n" }.joined()
        }

        static func network(_ more: String) -> String { "  networks:\n    - {name: default, \(more)}\n" }

        static func http(_ scheme: String, _ more: String) -> String {
            "  source:\n    http:\n      url: \(scheme)://example.org/a.qcow2\n\(more)"
        }

        var manifests: String {
            let machine = """
                apiVersion: infra.virtrigaud.io/v1beta1
                kind: VirtualMachine
                metadata:
                  name: web
                  annotations: {\(annotations)}
                spec:
                  imageRef: {name: debian}
                \(machine)
                """
            let image = """
                apiVersion: infra.virtrigaud.io/v1beta1
                kind: VMImage
                metadata: {name: debian}
                spec:
                \(image)
                """
            let secret =
                secret.isEmpty
                ? [] : ["apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n\(secret)\n"]
            return Manifests.stream([machine, image, Manifests.simulatedProvider] + secret)
        }
    }

    @Test(arguments: templates + userData + machines + images + mistypedURLs + keys)
    func isSaidKindly(_ test: Case) async throws {
        let stack = try TestStack(["lab.yaml": test.manifests])
        let result = try await stack.rigaud("validate", "--no-color")
        #expect(result.exitStatus == (test.warns ? 0 : 1), "\(result)")
        // Lines are wrapped for a terminal.
        let said = result.standardError.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for words in test.says {
            #expect(said.contains(words), "\(test.name) does not say: \(words)\n\(result)")
        }
        #expect(!said.contains("hunter2"), "\(said)")
    }

    static let templates = [
        Case(
            "a template that never ends", machine: Case.userData("#cloud-config\nhostname: {{ .Name\n"),
            says: "lab.yaml:12:19 VirtualMachine/web This action never ends: `}}` is missing."),
        Case(
            "an unknown function", machine: Case.userData("#cloud-config\nhostname: {{ .Name | uppr }}\n"),
            says: "lab.yaml:12:30", "There is no function `uppr`. Did you mean `upper`?"),
        Case(
            "unknown names, both of them",
            machine: Case.userData("#cloud-config\nhostname: {{ .Nmae }}\na: {{ .Values.x }}\n"),
            says: "lab.yaml:12:22", "There is no `.Nmae`. Did you mean `.Name`?", "lab.yaml:13:15",
            "There is no `.Values`."),
        Case(
            "an if without its end", machine: Case.userData("#cloud-config\n{{ if .Labels.x }}\nhostname: a\n"),
            says: "lab.yaml:12:9", "its `{{ end }}` is missing"),
        Case(
            "a label that is not there", machine: Case.userData("#cloud-config\nrole: {{ .Labels.role }}\n"),
            says: "lab.yaml:12:18", "There is no label `role`.", "`{{ .Labels.role | default \"…\" }}`"),
        Case(
            "no key", machine: Case.userData("#cloud-config\nssh_authorized_keys: [{{ .SSHPublicKey }}]\n"),
            says: "lab.yaml:12:34", "VirtualMachine/web has no SSH key", "`rigaud.io/ssh-public-keys`"),
        Case(
            "the template of an image",
            image:
                "  source: {libvirt: {url: https://example.org/a}}\n  cloudInit:\n    userDataTemplate: |\n      #cloud-config\n      hostname: {{ .Hostname }}\n",
            says: "lab.yaml:17:20", "Did you mean `.HostName`?"),
        Case(
            "a template in a Secret", machine: "  userData: {cloudInit: {secretRef: {name: s}}}\n",
            secret: "  user-data: |\n    #cloud-config\n    hostname: {{ .hunter2 }}",
            says: "lab.yaml:8:26",
            "In line 2, column 14 of the Secret's value: A name is used here that does not exist."),
        Case(
            "a template between quotes",
            machine: "  userData: {cloudInit: {inline: \"#cloud-config\\nhostname: {{ .Nmae }}\\n\"}}\n",
            says: "lab.yaml:8:34", "In line 2, column 14 of the text: There is no `.Nmae`."),
        Case(
            "a template in a folded block", machine: Case.userData("#cloud-config\n\nhostname: {{ .Nmae }}\n", ">"),
            says: "lab.yaml:11:9", "In line 2, column 14 of the text: There is no `.Nmae`."),
        Case(
            "a block that is indented more than it needs",
            machine: Case.userData("\n    #cloud-config\n    hostname: {{ .Nmae }}\n", "|4"),
            says: "lab.yaml:13:26 VirtualMachine/web There is no `.Nmae`."),
        Case(
            "a template as a value", machine: "  userData:\n    cloudInit:\n      inline: {{ .Name }}\n",
            says: "lab.yaml:10:16", "begins with `{{`"),
    ]

    static let userData = [
        Case(
            "YAML that is indented wrongly",
            machine: Case.userData("#cloud-config\nusers:\n  - name: a\n   groups: [b]\n"),
            says: "lab.yaml:14:12", "The user data cannot be read as YAML.", "while parsing a block collection."),
        Case(
            "a tab", machine: Case.userData("#cloud-config\nusers:\n\t- name: a\n"),
            says: "lab.yaml:13:9", "There is a tab here, and YAML is indented with spaces."),
        Case(
            "YAML in a Secret", machine: "  userData: {cloudInit: {secretRef: {name: s}}}\n",
            secret: "  user-data: |\n    #cloud-config\n    password: [hunter2",
            says: "lab.yaml:8:26", "In line 3, column 1 of the Secret's value: The user data cannot be read as YAML."),
        Case(
            "no first line", machine: Case.userData("hostname: web\n"),
            says: "lab.yaml:11:9", "without `#cloud-config` as its first line", "Put that line on top."),
        Case(
            "a key twice", machine: Case.userData("#cloud-config\nusers: []\nusers: []\n"), warns: true,
            says: "warning: A key stands twice lab.yaml:13:9"),
        Case(
            "a network in two places",
            machine: Case.network("ipAddress: 192.0.2.9, prefix: 24")
                + Case.userData("#cloud-config\nnetwork: {version: 2}\n"),
            says: "lab.yaml:14:9", "and so does the manifest, of the interface `default`. Keep one of them."),
        Case(
            "a network that is moved", machine: Case.userData("#cloud-config\nnetwork: {version: 2}\n"), warns: true,
            says: "notice: A network configuration was moved to where cloud-init reads it lab.yaml:12:9"),
        Case(
            "metadata that is a list", machine: "  metaData: {cloudInit: {inline: '- a'}}\n",
            says: "lab.yaml:8:34", "Metadata is a mapping, `key: value`."),
    ]
}
