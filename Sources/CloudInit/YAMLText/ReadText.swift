import YAML

/// A YAML text of one document.
struct YAMLText {
    /// Nil for one that says nothing.
    let tree: Tree?
    /// Where a second document begins, which is one too many: the place of its first node.
    let second: TextPosition?
    /// The first tag that cloud-init does not know, as it is written, and where.
    var unknownTag: (tag: String, position: TextPosition)? {
        guard let tree else { return nil }
        return tree.tags.first { !YAMLText.isKnown($0.tag) }.map { tag in
            let isStandard = tag.tag.hasPrefix(YAMLText.standard)
            let written = isStandard ? "!!\(tag.tag.dropFirst(YAMLText.standard.count))" : tag.tag
            return (written, TextPosition(line: tag.line, column: tag.column))
        }
    }

    private static let standard = "tag:yaml.org,2002:"

    /// Cloud-init reads with PyYAML's safe loader, which refuses a text for a tag that it does not know.
    private static func isKnown(_ tag: String) -> Bool {
        let words = [
            "null", "bool", "int", "float", "binary", "timestamp", "omap", "pairs", "set", "str", "seq", "map",
            "python/unicode",
        ]
        return tag == "!" || tag.hasPrefix(standard) && words.contains(String(tag.dropFirst(standard.count)))
    }

    static func read(_ bytes: [UInt8]) throws(YAMLError) -> YAMLText {
        var trees: [Tree] = []
        var second: TextPosition?
        try readYAML(harmless(bytes)) { tree in
            if trees.isEmpty {
                trees.append(tree)
            } else if second == nil, !tree.nodes.isEmpty {
                second = TextPosition(line: Int(tree[Tree.root].line), column: Int(tree[Tree.root].column))
            }
        }
        let tree = trees.first { !$0.nodes.isEmpty && !$0[Tree.root].isNull }
        return YAMLText(tree: tree, second: second)
    }

    /// Whether the reader takes more of a text than libvirt's XML could hold is its own affair: a guest's user data may well have
    /// `"\e[1m"` in it. Escapes of control characters become others of the same length, which changes neither structure nor places.
    private static func harmless(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: "\\")) else { return bytes }
        var result = bytes
        var index = 0
        while index + 1 < result.count {
            guard result[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            switch result[index + 1] {
            case UInt8(ascii: "0"), UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "e"), UInt8(ascii: "f"),
                UInt8(ascii: "v"):
                result[index + 1] = UInt8(ascii: "t")
            case UInt8(ascii: "x"): clear(&result, index + 2, 2)
            case UInt8(ascii: "u"): clear(&result, index + 2, 4)
            case UInt8(ascii: "U"): clear(&result, index + 2, 8)
            default: break
            }
            index += 2
        }
        return result
    }

    /// Makes the number of a control character that of a space.
    private static func clear(_ bytes: inout [UInt8], _ start: Int, _ count: Int) {
        guard start + count <= bytes.count,
            let number = UInt32(String(decoding: bytes[start..<start + count], as: UTF8.self), radix: 16), number < 0x20
        else { return }
        bytes[start + count - 2] = UInt8(ascii: "2")
        bytes[start + count - 1] = UInt8(ascii: "0")
    }
}

extension YAMLError {
    /// What is wrong, as trouble of a text; nothing of the text itself for Secrets.
    func trouble(_ problem: SeedProblem, _ what: String) -> Trouble {
        switch reason {
        case .syntax:
            return Trouble(
                problem, "\(what) cannot be read as YAML. \(self.problem)", discreet: "\(what) cannot be read as YAML.")
        case .tooDeep: return Trouble(problem, plain: "\(what) has too many lists and mappings within each other.")
        case .tooManyAliases:
            return Trouble(
                problem, plain: "The aliases of \(what.prefix(1).lowercased() + what.dropFirst()) stand for too much.")
        }
    }
}

extension Trouble {
    static func unknownTag(_ tag: String, _ problem: SeedProblem, _ what: String) -> Trouble {
        func detail(_ tag: String) -> String {
            "Cloud-init does not know the tag\(tag) here, and would take nothing of \(what). Write the value without it, "
                + "in quotes if it begins with `!`."
        }
        return Trouble(problem, detail(" `\(tag)`"), discreet: detail(""))
    }
}
