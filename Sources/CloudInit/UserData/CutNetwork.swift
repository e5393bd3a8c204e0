import YAML

/// A `network` key at the top of a cloud-config, and the text without it.
///
/// Cloud-init does not look for the network there: the NoCloud data source has a file of its own for it.
struct NetworkCut {
    let rest: [UInt8]
    let network: YAMLValue
    /// Of the key, in the text.
    let position: TextPosition

    /// Where the top of a text has the key; nil where it has none, or nothing stands behind it.
    static func key(in tree: Tree) -> (key: Int, value: Int, next: Int?)? {
        guard tree[Tree.root].kind == .mapping else { return nil }
        var found: (key: Int, value: Int)?
        var next: Int?
        tree.forEachOwnEntry(of: Tree.root) { key, value in
            if found != nil, next == nil { next = key }
            if found == nil, tree[key].text == "network", !tree[value].isNull { found = (key, value) }
        }
        return found.map { ($0.key, $0.value, next) }
    }

    /// Nil where it cannot be taken out without changing something else: anchors that others use, unusual writing.
    init?(of bytes: [UInt8], _ tree: Tree, _ place: (key: Int, value: Int, next: Int?)) {
        let lines = Lines(bytes)
        let key = tree[place.key]
        position = TextPosition(line: Int(key.line), column: Int(key.column))
        guard let whole = YAMLValue(tree), let network = YAMLValue(tree, at: place.value), let entries = whole.entries
        else { return nil }
        self.network = network
        let root = tree[Tree.root]
        let isFlow = lines.bytes.hasBytes("{", at: lines.offset(line: Int(root.line), column: Int(root.column)))
        let next = place.next.map { TextPosition(line: Int(tree[$0].line), column: Int(tree[$0].column)) }
        let range = isFlow ? NetworkCut.flowRange(lines, position, next) : NetworkCut.blockRange(lines, position, next)
        guard let range else { return nil }
        rest = Array(bytes[..<range.lowerBound] + bytes[range.upperBound...])
        guard let text = try? YAMLText.read(rest) else { return nil }
        let left = text.tree.map { YAMLValue($0)?.entries } ?? []
        guard left == entries.filter({ $0.key.text != "network" }) else { return nil }
    }

    /// Whole lines: from the key's to the last of what belongs to it. Comments at the edge belong to what follows.
    private static func blockRange(_ lines: Lines, _ key: TextPosition, _ next: TextPosition?) -> Range<Int>? {
        var end = next?.line ?? lines.starts.count + 1
        if next == nil {
            for line in key.line..<end where line > key.line && isDocumentEnd(lines, line) {
                end = line
                break
            }
        }
        while end - 1 > key.line, isBetween(lines, end - 1, indentation: key.column) { end -= 1 }
        guard end > key.line else { return nil }
        return lines.range(ofLine: key.line).lowerBound..<lines.range(ofLine: end - 1).upperBound
    }

    private static func isDocumentEnd(_ lines: Lines, _ line: Int) -> Bool {
        let text = lines.bytes[lines.range(ofLine: line)]
        return text.hasBytes("...", at: text.startIndex) && (text.dropFirst(3).first?.isWhitespace ?? true)
    }

    /// Empty, or a comment that is not indented more than the key.
    private static func isBetween(_ lines: Lines, _ line: Int, indentation: Int) -> Bool {
        let text = lines.bytes[lines.range(ofLine: line)]
        guard let first = text.firstIndex(where: { !$0.isWhitespace }) else { return true }
        return text[first] == UInt8(ascii: "#") && first - text.startIndex < indentation
    }

    private static func flowRange(_ lines: Lines, _ key: TextPosition, _ next: TextPosition?) -> Range<Int>? {
        let start = lines.offset(line: key.line, column: key.column)
        if let next { return start..<lines.offset(line: next.line, column: next.column) }
        guard let brace = lines.bytes.lastIndex(of: UInt8(ascii: "}")), brace > start else { return nil }
        return start..<brace
    }
}
