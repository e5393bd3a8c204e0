import Foundation
import Manifest
import Model
import Testing

@Suite struct DiagnosticTests {
    /// A manifest of more than fifty mistakes: all of them at once, each with its place.
    @Test func allMistakesAreReportedAtOnce() throws {
        let golden = root.appending(path: "Tests/ManifestTests/Golden")
        let bytes = [UInt8](try Data(contentsOf: golden.appending(path: "mistakes.yaml")))
        let loaded = loadManifests(from: .bytes(bytes, name: "mistakes.yaml"))
        #expect(loaded.desired == nil)
        #expect(loaded.errors.count >= 50)
        #expect(loaded.diagnostics.allSatisfy { $0.location != nil })
        try expectGolden(loaded.report, "Tests/ManifestTests/Golden/mistakes.txt")
    }

    @Test func noSecretIsShown() {
        let loaded = load(
            """
            apiVersion: v1
            kind: Secret
            metadata: { name: s }
            data: { password: "hunter2!" }
            stringData: [hunter2]
            immutable: hunter2
            typ: hunter2
            """)
        #expect(
            loaded.codes == [
                "error invalid-value 4:19", "error wrong-type 5:13", "error invalid-value 6:12",
                "error unknown-field 7:1",
            ])
        #expect(!loaded.report.contains("hunter2"))
    }

    @Test(arguments: [
        ("a: [1, 2", "invalid-yaml 2:1"), ("a: \"x\n", "invalid-yaml 2:1"), ("a: 1\nb:\n\t- c", "invalid-yaml 3:1"),
        ("a: &x [*x]", "invalid-yaml 1:8"), ("a: *x", "invalid-yaml 1:4"), ("? [a]\n: b", "invalid-yaml 1:3"),
        ("a: \"\\0\"", "invalid-yaml 1:4"), ("ä: é\u{0}", "invalid-yaml 1:5"),
    ])
    func brokenYAML(_ text: String, _ expected: String) {
        #expect(load(text).codes.contains("error \(expected)"), "\(load(text).codes)")
    }

    @Test func invalidUTF8() {
        let loaded = loadManifests(from: .bytes(Array("a: b\nc: ä".utf8) + [0xFF, 0x0A], name: "-"))
        #expect(loaded.codes == ["error invalid-yaml 2:5"])
    }

    @Test func whatStandsBeforeBrokenYAMLIsChecked() {
        let loaded = load(document("VMClass", "a", "cpu: 0\nmemory: 1Gi") + "---\na: ]")
        #expect(loaded.errors.map(\.code) == ["invalid-value", "invalid-yaml"])
    }

    @Test func columnsCountCharacters() {
        let loaded = load(
            "apiVersion: infra.virtrigaud.io/v1beta1\nkind: VMClass\nmetadata: {name: a}\nspec: {\"cpu\": 1, memory: 1Gi, \"ääää\": 1, x: 1}"
        )
        #expect(loaded.codes == ["error unknown-field 4:31", "error unknown-field 4:42"])
    }

    @Test(
        arguments: [
            ("kind: CronJob\napiVersion: batch/v1", "notice foreign-document"),
            ("providers: {libvirt: {}}", "notice foreign-document"),
            ("userData: {cloudInit: {inline: x}}", "notice foreign-document"),
            ("kind: ConfigMap\napiVersion: v1", "notice foreign-document"),
            ("- a", "notice foreign-document"), ("plain", "notice foreign-document"),
            ("apiVersion: infra.virtrigaud.io/v1beta1\nkind: VMSnapshot", "warning unsupported-kind"), ("", nil),
            ("# nothing", nil),
        ] as [(String, String?)])
    func whatIsNotOurs(_ text: String, _ expected: String?) {
        #expect(
            load(text).codes.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
                == [expected].compactMap(\.self))
        #expect(load(text).desired?.resources.isEmpty == true)
    }

    /// Skipped, it would be missing, and what was made of it would be deleted.
    @Test(arguments: [
        ("infra.virtigaud.io/v1beta1", "VirtualMachine"), ("infra.virtrigaud.io/v1beta2", "VMClass"),
        ("virtrigaud.io/v1beta1", "VirtualMachine"), ("v1beta1", "VirtualMachine"), ("v2", "Secret"),
        ("rigaud.io/v1", "Network"), ("rigud.io/v1alpha1", "Network"), ("Rigaud.io/v1alpha1", "Volume"),
    ])
    func anAPIVersionThatIsNearlyOurs(_ version: String, _ kind: String) {
        let loaded = load("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: a}")
        #expect(loaded.codes == ["error invalid-value 1:13"])
        #expect(loaded.errors.first?.detail.contains("/v1") == true || kind == "Secret")
    }

    /// Other people have kinds of these names too.
    @Test(arguments: [
        ("kubevirt.io/v1", "VirtualMachine"), ("config.openshift.io/v1", "Network"), ("longhorn.io/v1beta2", "Volume"),
        ("pkg.crossplane.io/v1", "Provider"), ("bitwarden.com/v1", "Secret"), ("cloud.example.com/v1", "Network"),
    ])
    func aKindOfTheSameName(_ version: String, _ kind: String) {
        let loaded = load("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: a}")
        #expect(loaded.codes == ["notice foreign-document 1:1"])
    }

    @Test func everyCodeHasASummaryOfItsOwn() {
        #expect(Set(ProblemCode.allCases.map(\.summary)).count == ProblemCode.allCases.count)
    }
}
