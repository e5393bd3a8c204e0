import Manifest
import Model
import Testing

/// Loads a text as if it had come from standard input.
func load(_ text: String, _ options: LoadOptions = LoadOptions()) -> Loaded {
    loadManifests(from: .bytes(Array(text.utf8), name: "stack.yaml"), options)
}

/// A document of VirtRigaud's, by its kind and its spec.
func document(
    _ kind: String, _ name: String, _ spec: String, group: String = "infra.virtrigaud.io/v1beta1", metadata: String = ""
) -> String {
    let body = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
    return "---\napiVersion: \(group)\nkind: \(kind)\nmetadata:\n  name: \(name)\n\(metadata)spec:\n\(body)"
}

func own(_ kind: String, _ name: String, _ spec: String) -> String {
    document(kind, name, spec, group: "rigaud.io/v1alpha1")
}

extension Loaded {
    func resource(_ address: String) -> Resource? { desired?.resources.first { $0.address.text == address } }

    /// `severity code line:column` of each diagnostic.
    var codes: [String] {
        diagnostics.map { "\($0.severity.rawValue) \($0.code) \($0.location?.line ?? 0):\($0.location?.column ?? 0)" }
    }

    var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }

    /// What a plan would see: all attributes, as text.
    var attributes: [String] {
        desired?.resources.map { resource in
            "\(resource.address.text) "
                + resource.attributes.map { "\($0.path)=\(JSONWriter.text(of: $0.value.value))" }.joined(separator: " ")
        } ?? []
    }

    /// For golden files: what people would read.
    var report: String {
        diagnostics.map { diagnostic in
            "\(diagnostic.location?.description ?? "-") \(diagnostic.severity.rawValue) \(diagnostic.code)\n  \(diagnostic.summary). \(diagnostic.detail)\n"
        }.joined()
    }
}
