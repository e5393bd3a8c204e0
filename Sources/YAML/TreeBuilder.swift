/// Why a file could not be read as YAML, and where; line and column from 1.
package struct YAMLError: Error, Sendable {
    package enum Reason: Sendable { case syntax, tooDeep, tooManyAliases }

    package let reason: Reason
    /// Whole sentences, for one who reads a file.
    package let detail: String
    /// The same without what is true of a file alone, for one who reads a text in a file.
    package let problem: String
    package let line: Int
    package let column: Int

    init(reason: Reason, detail: String, problem: String? = nil, line: Int, column: Int) {
        self.reason = reason
        self.detail = detail
        self.problem = problem ?? detail
        self.line = line
        self.column = column
    }
}

/// Puts one document's tree together from libyaml's events.
struct TreeBuilder {
    /// Collections within collections. A manifest needs a dozen.
    static let depthLimit = 100
    /// Nodes that all aliases of a document may add. What is meant by hand stays far below.
    static let expansionLimit = 100_000

    private(set) var tree = Tree(nodes: [])
    private var open: [Int] = []
    private var anchors: [String: Range<Int>] = [:]
    private var unfinished: [(name: String, index: Int)] = []
    private var expanded = 0

    mutating func note(tag: String?, line: Int, column: Int) {
        if let tag { tree.tags.append((tag, line, column)) }
    }

    mutating func scalar(
        _ text: String, isPlain: Bool, isLiteral: Bool = false, anchor: String?, line: Int, column: Int
    ) {
        let index = tree.nodes.count
        append(.scalar, text, isPlain: isPlain, isLiteral: isLiteral, line: line, column: column)
        if let anchor { anchors[anchor] = index..<index + 1 }
    }

    mutating func begin(_ kind: Node.Kind, anchor: String?, line: Int, column: Int) throws(YAMLError) {
        guard open.count < TreeBuilder.depthLimit else {
            throw YAMLError(
                reason: .tooDeep,
                detail:
                    "More than \(TreeBuilder.depthLimit) lists and mappings lie within each other here, which no manifest "
                    + "needs. The rest of the file was not read.", line: line, column: column)
        }
        let index = tree.nodes.count
        if let anchor {
            anchors[anchor] = nil
            unfinished.append((anchor, index))
        }
        open.append(index)
        append(kind, "", isPlain: true, line: line, column: column)
    }

    mutating func end() throws(YAMLError) {
        guard let index = open.popLast() else { return }
        tree.nodes[index].count = Int32(tree.nodes.count - index)
        if tree.nodes[index].kind == .mapping { try finish(mapping: index) }
        if let last = unfinished.last, last.index == index {
            unfinished.removeLast()
            anchors[last.name] = index..<tree.nodes.count
        }
    }

    mutating func alias(_ name: String, line: Int, column: Int) throws(YAMLError) {
        guard let range = anchors[name] else {
            let isInside = unfinished.contains { $0.name == name }
            throw YAMLError(
                reason: .syntax,
                detail: isInside
                    ? "`*\(name)` stands inside of what `&\(name)` names, and would have to contain itself."
                    : "`*\(name)` refers to an anchor, but no `&\(name)` stands before it in this document.",
                line: line, column: column)
        }
        expanded += range.count
        guard expanded <= TreeBuilder.expansionLimit else {
            throw YAMLError(
                reason: .tooManyAliases,
                detail:
                    "The aliases of this document stand for more than \(TreeBuilder.expansionLimit) values. That is "
                    + "how a small file is made to fill the memory; write out what is meant instead.",
                line: line, column: column)
        }
        tree.nodes.reserveCapacity(tree.nodes.count + range.count)
        for index in range { tree.nodes.append(tree.nodes[index]) }
    }

    private mutating func append(
        _ kind: Node.Kind, _ text: String, isPlain: Bool, isLiteral: Bool = false, line: Int, column: Int
    ) {
        tree.nodes.append(
            Node(
                kind: kind, isPlain: isPlain, isLiteral: isLiteral, count: 1, line: Int32(clamping: line),
                column: Int32(clamping: column), text: text, merges: false))
    }

    /// Checks the keys of a mapping that is complete.
    private mutating func finish(mapping: Int) throws(YAMLError) {
        var keys: [Int] = []
        var merges = false
        var complex: Int?
        tree.forEachOwnEntry(of: mapping) { key, _ in
            if tree.nodes[key].kind != .scalar { complex = complex ?? key }
            if tree.nodes[key].isPlain, tree.nodes[key].text == "<<" { merges = true }
            keys.append(key)
        }
        if let complex {
            throw YAMLError(
                reason: .syntax,
                detail:
                    "A key of a mapping must be a word; here it is a list or a mapping. If it is a template that begins with `{{`: it "
                    + "stands between quotes, or in a block behind `|`.",
                line: Int(tree.nodes[complex].line), column: Int(tree.nodes[complex].column))
        }
        findDuplicates(keys)
        tree.nodes[mapping].merges = merges
    }

    private mutating func findDuplicates(_ keys: [Int]) {
        if keys.count <= 16 {
            for (position, key) in keys.enumerated() {
                if let first = keys[..<position].first(where: { tree.nodes[$0].text == tree.nodes[key].text }) {
                    tree.duplicates.append((first, key))
                }
            }
        } else {
            var seen: [String: Int] = Dictionary(minimumCapacity: keys.count)
            for key in keys {
                if let first = seen[tree.nodes[key].text] {
                    tree.duplicates.append((first, key))
                } else {
                    seen[tree.nodes[key].text] = key
                }
            }
        }
    }
}
