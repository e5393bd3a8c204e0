import Model
import YAML

/// A document of a kind of ours, decoded and checked by itself.
struct Document: Sendable {
    struct Annotation: Sendable {
        let key: String
        let value: String
        let location: SourceLocation
    }

    let kind: Kind
    let address: Address
    let namespace: String
    let name: String
    /// Where it begins: its `metadata.name`, which is what one would look for.
    let location: SourceLocation
    let annotations: [Annotation]
    let labels: [String: String]
    let record: Record

    func annotation(_ key: String) -> Annotation? { annotations.first { $0.key == key } }
}

/// What a document's first lines say.
private enum Header {
    case ours(Kind)
    case skip
}

/// Reads one YAML document; nil where it is not ours, empty, or cannot be told.
func readDocument(_ tree: Tree, file: String, _ problems: inout Problems) -> Document? {
    let root = tree[Tree.root]
    if root.isNull { return nil }
    func place(_ index: Int) -> SourceLocation {
        SourceLocation(file: file, line: Int(tree[index].line), column: Int(tree[index].column))
    }
    for duplicate in tree.duplicates {
        problems.add(
            .duplicateKey, at: place(duplicate.second),
            "`\(tree[duplicate.second].text)` stands in line \(tree[duplicate.first].line) already, column "
                + "\(tree[duplicate.first].column). Only one of them can hold.")
    }
    guard case .ours(let kind) = readHeader(tree, file: file, &problems) else { return nil }
    let metadata = tree.value(of: "metadata", in: Tree.root)
    let identity = readIdentity(tree, metadata, kind, place, &problems)
    var decoder = Decoder(
        tree, file: file, isSensitive: kind.group == .core, path: kind.hasSpec ? ["spec"] : [], problems: problems)
    problems = Problems()
    let record: Record
    if kind.hasSpec {
        checkTopLevel(of: tree, &decoder)
        let spec = tree.value(of: "spec", in: Tree.root)
        record = decoder.decode(spec, at: tree[spec ?? Tree.root], by: kind.scope)
    } else {
        record = decoder.decodeTopLevel(by: kind.scope)
    }
    problems = decoder.problems
    guard let identity else { return nil }
    return Document(
        kind: kind, address: Address(kind: kind.name, namespace: identity.namespace, name: identity.name),
        namespace: identity.namespace, name: identity.name, location: identity.location,
        annotations: readTexts(tree, "annotations", metadata, place),
        labels: Dictionary(
            readTexts(tree, "labels", metadata, place).map { ($0.key, $0.value) },
            uniquingKeysWith: { first, _ in first }),
        record: record)
}

private func readHeader(_ tree: Tree, file: String, _ problems: inout Problems) -> Header {
    let start = SourceLocation(file: file, line: Int(tree[Tree.root].line), column: Int(tree[Tree.root].column))
    let kindNode = tree.value(of: "kind", in: Tree.root)
    guard let kindNode, tree[kindNode].kind == .scalar else {
        problems.add(
            .foreignDocument, .notice, at: start,
            "It has no `kind`, as values of a Helm chart or a fragment would not. It was skipped.")
        return .skip
    }
    let name = tree[kindNode].text
    let place = SourceLocation(file: file, line: Int(tree[kindNode].line), column: Int(tree[kindNode].column))
    guard let versionNode = tree.value(of: "apiVersion", in: Tree.root) else {
        guard let kind = Kind.all.first(where: { $0.name == name }) else {
            problems.add(
                .foreignDocument, .notice, at: start, "It is a \(name), which is not for rigaud. It was skipped.")
            return .skip
        }
        problems.add(
            .missingField, at: start, "`apiVersion` must be given. Of a \(name) it is `\(kind.group.apiVersions[0])`.")
        return .skip
    }
    let version = tree[versionNode].text
    let parts = version.split(separator: "/", maxSplits: 1)
    let group = parts.count == 2 ? Kind.Group(rawValue: String(parts[0])) : .core
    guard let group, group != .core || name == Kind.secret.name && version == "v1" else {
        if let kind = Kind.all.first(where: { $0.name == name }), isNearMiss(parts) {
            // Skipped, it would be missing, and what was made of it would be deleted.
            problems.add(
                .invalidValue,
                at: SourceLocation(
                    file: file, line: Int(tree[versionNode].line), column: Int(tree[versionNode].column)),
                "`apiVersion: \(version)` is not known. Of a \(name) it is `\(kind.group.apiVersions[0])`.")
            return .skip
        }
        problems.add(
            .foreignDocument, .notice, at: start,
            "It is a \(name) of `\(version)`, which is not for rigaud. It was skipped.")
        return .skip
    }
    guard group.apiVersions.contains(version) else {
        let known = group.apiVersions.map { "`\($0)`" }.joined(separator: " and ")
        problems.add(
            .invalidValue,
            at: SourceLocation(file: file, line: Int(tree[versionNode].line), column: Int(tree[versionNode].column)),
            "`apiVersion: \(version)` is not known. rigaud reads \(known).")
        return .skip
    }
    if let kind = Kind.named(name, in: group) { return .ours(kind) }
    if group == .virtrigaud, Kind.unsupported.contains(name) {
        problems.add(
            .unsupportedKind, .warning, at: place,
            "A \(name) is known, but rigaud does not act on it yet. It was skipped.")
        return .skip
    }
    let kinds = Kind.all.filter { $0.group == group }.map(\.name)
    let advice =
        Kind.all.first { $0.name == name }.map { "A \(name) has the `apiVersion` `\($0.group.apiVersions[0])`." }
        ?? nearest(to: name, in: kinds).map { "Did you mean `\($0)`?" }
        ?? "The kinds are \(kinds.joined(separator: ", "))."
    problems.add(.unknownKind, at: place, "There is no kind `\(name)` in `\(version)`. \(advice)")
    return .skip
}

/// Whether the group of an `apiVersion` is one of ours with a few letters wrong, or is left out.
private func isNearMiss(_ version: [Substring]) -> Bool {
    let ours = [Kind.Group.virtrigaud, .rigaud].map(\.rawValue)
    return version.count < 2 || nearest(to: String(version[0]), in: ours) != nil
}

/// Beside `spec` stand only a document's header, and what Kubernetes adds.
private func checkTopLevel(of tree: Tree, _ decoder: inout Decoder) {
    let known = ["apiVersion", "kind", "metadata", "spec", "status"]
    var unknown: [Int] = []
    tree.forEachEntry(of: Tree.root) { key, _ in
        if !known.contains(tree[key].text) { unknown.append(key) }
    }
    for key in unknown {
        let advice =
            nearest(to: tree[key].text, in: known).map { "Did you mean `\($0)`?" }
            ?? "Fields of this kind stand below `spec`."
        decoder.add(.unknownField, at: key, "There is no field `\(tree[key].text)` here. \(advice)")
    }
}

private func readIdentity(
    _ tree: Tree, _ metadata: Int?, _ kind: Kind, _ place: (Int) -> SourceLocation, _ problems: inout Problems
) -> (name: String, namespace: String, location: SourceLocation)? {
    guard let metadata, let nameNode = tree.value(of: "name", in: metadata), tree[nameNode].kind == .scalar else {
        problems.add(
            .missingField, at: place(metadata ?? Tree.root),
            "`metadata.name` must be given: it is what the \(kind.name) is called.")
        return nil
    }
    var isValid = true
    func check(_ node: Int, _ field: String) {
        if tree[node].kind == .scalar, isName(tree[node].text) { return }
        isValid = false
        problems.add(.invalidName, at: place(node), "`\(field)` is \(TextRule.name.expectation).")
    }
    check(nameNode, "metadata.name")
    let namespaceNode = tree.value(of: "namespace", in: metadata)
    if let namespaceNode { check(namespaceNode, "metadata.namespace") }
    guard isValid else { return nil }
    return (
        tree[nameNode].text, namespaceNode.map { tree[$0].text } ?? Address.defaultNamespace, place(nameNode)
    )
}

/// A mapping of `metadata` from names to texts.
private func readTexts(
    _ tree: Tree, _ name: String, _ metadata: Int?, _ place: (Int) -> SourceLocation
) -> [Document.Annotation] {
    guard let metadata, let node = tree.value(of: name, in: metadata), tree[node].kind == .mapping else { return [] }
    var texts: [Document.Annotation] = []
    tree.forEachEntry(of: node) { key, value in
        guard tree[value].kind == .scalar else { return }
        texts.append(Document.Annotation(key: tree[key].text, value: tree[value].text, location: place(value)))
    }
    return texts
}
