import YAML

/// A fault of a rendered text that ends its reading.
struct TextFailure: Error {
    let fault: TextFault
}

/// What is wrong with the names that metadata gives, after the key.
private let ownNames: [(String, @Sendable (Node) -> String?)] = [
    (
        "instance-id",
        { node in
            node.kind == .scalar && !node.isNull && !node.text.isEmpty
                ? nil : "is a text, which stands for this machine and what its cloud-init has done."
        }
    ),
    (
        "local-hostname",
        { node in
            let value = node.isPlain ? YAMLValue.plain(node.text) : .string(node.text)
            let isText =
                node.kind == .scalar && YAMLWriter.scalar(value) == YAMLWriter.scalar(.string(node.text))
            return isText && isHostName(node.text)
                ? nil
                : "is a host name: letters, digits, `-` and `_`, at most 63 between dots; in quotes if it looks like a number."
        }
    ),
]

/// Whether a guest can be called that: what stands before the first dot is its host name, which Linux keeps in 64 bytes
/// (gethostname(2)), and DNS in 63 (RFC 1035).
func isHostName(_ text: String) -> Bool {
    text.utf8.count <= 253
        && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy {
                    $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
}

/// The entries of a text of metadata, which is a YAML mapping.
func metaDataEntries(_ bytes: [UInt8]) throws(TextFailure) -> [YAMLValue.Entry] {
    func failure(_ detail: String, line: Int, column: Int) -> TextFailure {
        TextFailure(
            fault: TextFault(
                trouble: Trouble(.invalidMetaData, plain: detail),
                offset: Lines(bytes).offset(line: line, column: column)))
    }
    let text: YAMLText
    do throws(YAMLError) {
        text = try YAMLText.read(bytes)
    } catch {
        throw TextFailure(
            fault: TextFault(
                trouble: error.trouble(.invalidMetaData, "The metadata"),
                offset: Lines(bytes).offset(line: error.line, column: error.column)))
    }
    if let second = text.second {
        throw failure(
            "A second YAML document begins here, and metadata is one alone.", line: second.line, column: second.column)
    }
    if let unknown = text.unknownTag {
        let place = unknown.position
        throw TextFailure(
            fault: TextFault(
                trouble: .unknownTag(unknown.tag, .invalidMetaData, "the metadata"),
                offset: Lines(bytes).offset(line: place.line, column: place.column)))
    }
    guard let tree = text.tree else { return [] }
    let root = tree[Tree.root]
    guard root.kind == .mapping else {
        throw failure("Metadata is a mapping, `key: value`.", line: Int(root.line), column: Int(root.column))
    }
    if let (first, second) = tree.duplicates.first {
        let node = tree[second]
        let rest = "stands in line \(tree[first].line) of the metadata already. Keep one of them."
        throw TextFailure(
            fault: TextFault(
                trouble: Trouble(.invalidMetaData, "`\(node.text)` \(rest)", discreet: "This key \(rest)"),
                offset: Lines(bytes).offset(line: Int(node.line), column: Int(node.column))))
    }
    for (key, fault) in ownNames {
        guard let value = tree.ownValue(of: key), let said = fault(tree[value]) else { continue }
        throw failure("`\(key)` \(said)", line: Int(tree[value].line), column: Int(tree[value].column))
    }
    guard let entries = YAMLValue(tree)?.entries else {
        throw failure(
            "The metadata has too many lists and mappings within each other.", line: Int(root.line),
            column: Int(root.column))
    }
    return entries
}

extension Tree {
    /// The value of a key of the document itself, null too.
    fileprivate func ownValue(of name: String) -> Int? {
        var found: Int?
        forEachEntry(of: Tree.root) { key, value in if nodes[key].text == name { found = value } }
        return found
    }
}
