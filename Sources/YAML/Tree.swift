/// A node of a YAML document. The nodes of a document lie in one array, each before its content, in the order of the text.
package struct Node: Sendable {
    package enum Kind: UInt8, Sendable { case scalar, mapping, sequence }

    package let kind: Kind
    /// Written without quotes, so that `null` and an empty value may mean "nothing".
    package let isPlain: Bool
    /// A block behind `|`, whose lines are those of the file.
    package let isLiteral: Bool
    /// Nodes in its subtree, itself included. Relative, so that a subtree can be copied as it is.
    package var count: Int32
    /// From 1; columns count characters.
    package let line: Int32
    package let column: Int32
    /// Of a scalar.
    package let text: String
    /// A mapping with the merge key `<<`.
    package var merges: Bool

    package var isNull: Bool {
        guard kind == .scalar, isPlain else { return false }
        return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
    }
}

/// One YAML document, with aliases expanded. It is made, read and dropped before the next one.
package struct Tree: Sendable {
    package var nodes: [Node]
    /// Keys that a mapping has twice: the nodes of the first and of the second.
    package var duplicates: [(first: Int, second: Int)] = []
    /// Those that are written, in full (`tag:yaml.org,2002:str` for `!!str`), and where.
    package var tags: [(tag: String, line: Int, column: Int)] = []

    package static let root = 0

    package subscript(index: Int) -> Node { nodes[index] }

    /// Calls `body` with the key and the value of each entry of a mapping, and of those that it merges by `<<`: what the
    /// mapping itself says wins, then what is merged first.
    package func forEachEntry(of mapping: Int, _ body: (_ key: Int, _ value: Int) -> Void) {
        guard nodes[mapping].merges else { return forEachOwnEntry(of: mapping, body) }
        var known: Set<String> = []
        var merged: [Int] = []
        forEachOwnEntry(of: mapping) { key, value in
            if nodes[key].text != "<<" {
                known.insert(nodes[key].text)
                body(key, value)
            } else if nodes[value].kind == .sequence {
                forEachItem(of: value) { merged.append($0) }
            } else {
                merged.append(value)
            }
        }
        for other in merged where nodes[other].kind == .mapping {
            forEachEntry(of: other) { key, value in
                if known.insert(nodes[key].text).inserted { body(key, value) }
            }
        }
    }

    /// Calls `body` with the entries as they are written, `<<` among them.
    package func forEachOwnEntry(of mapping: Int, _ body: (_ key: Int, _ value: Int) -> Void) {
        let end = mapping + Int(nodes[mapping].count)
        var key = mapping + 1
        while key < end {
            let value = key + Int(nodes[key].count)
            body(key, value)
            key = value + Int(nodes[value].count)
        }
    }

    /// Calls `body` with each item of a sequence.
    package func forEachItem(of sequence: Int, _ body: (Int) -> Void) {
        let end = sequence + Int(nodes[sequence].count)
        var item = sequence + 1
        while item < end {
            body(item)
            item += Int(nodes[item].count)
        }
    }

    /// The value of a mapping's key; nil where there is none, or it is null, or this is no mapping.
    package func value(of name: String, in mapping: Int) -> Int? {
        guard nodes[mapping].kind == .mapping else { return nil }
        var found: Int?
        forEachEntry(of: mapping) { key, value in
            if found == nil, nodes[key].text == name, !nodes[value].isNull { found = value }
        }
        return found
    }
}
