import YAML

/// A fault of a rendered text that ends its reading.
struct TextFailure: Error {
    let fault: TextFault
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
    guard let tree = text.tree else { return [] }
    let root = tree[Tree.root]
    guard root.kind == .mapping else {
        throw failure("Metadata is a mapping, `key: value`.", line: Int(root.line), column: Int(root.column))
    }
    guard let entries = YAMLValue(tree)?.entries else {
        throw failure(
            "The metadata has too many lists and mappings within each other.", line: Int(root.line),
            column: Int(root.column))
    }
    return entries
}
