import Model
import TestSupport
import Testing

/// Examples in the documentation are manifests that are valid.
@Suite struct DocumentationTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let page: String
        let line: Int
        let text: String
        var testDescription: String { "\(page):\(line)" }
    }

    static let all: [Example] = {
        let pages = ((try? filesIn(PackageFiles.path("docs"))) ?? []).filter { $0.hasSuffix(".md") }.map {
            "docs/\($0)"
        }
        return (["README.md"] + pages.sorted()).flatMap(examples)
    }()

    private static func examples(in page: String) -> [Example] {
        let text = (try? readFile(PackageFiles.path(page))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var found: [Example] = []
        var open: (line: Int, text: String)?
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let example = open {
                if line == "```" {
                    found.append(Example(page: page, line: example.line, text: example.text))
                    open = nil
                } else {
                    open = (example.line, example.text + line + "\n")
                }
            } else if line == "```yaml" {
                open = (number + 2, "")
            }
        }
        return found
    }

    /// What examples refer to without showing it.
    private static let context = [
        ("kind: Provider", Manifests.provider("lab", "test:///default")), ("kind: VMClass", Manifests.vmClass()),
        (
            "kind: VMImage",
            """
            apiVersion: infra.virtrigaud.io/v1beta1
            kind: VMImage
            metadata: {name: debian-12}
            spec: {source: {libvirt: {path: /images/debian-12.qcow2}}}

            """
        ),
    ]

    @Test func thereAreExamples() { #expect(Self.all.count >= 8) }

    @Test(arguments: all) func isValid(_ example: Example) async throws {
        let others = Self.context.filter { !example.text.contains($0.0) }.map(\.1)
        let stack = try TestStack(["lab.yaml": Manifests.stream([example.text] + others)])
        let result = try await stack.rigaud("validate")
        #expect(result.exitStatus == 0, "\(result)")
        #expect(!result.standardError.contains("warning:"), "\(result)")
        try await stack.rigaud("apply", "--yes", expecting: 0)
        try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0)
    }
}
