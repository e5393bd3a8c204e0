import YAML

/// YAML that is read, changed and written anew; comments and anchors are gone.
indirect enum YAMLValue: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var key: YAMLValue
        var value: YAMLValue

        init(_ key: YAMLValue, _ value: YAMLValue) {
            self.key = key
            self.value = value
        }

        init(_ key: String, _ value: YAMLValue) { self.init(.string(key), value) }
    }

    /// A text, however it looks.
    case string(String)
    /// Written without quotes: a number, a truth value, null, or a text that needs none.
    case plain(String)
    case list([YAMLValue])
    case map([Entry])

    static func strings(_ items: [String]) -> YAMLValue { .list(items.map { .string($0) }) }

    var text: String? {
        switch self {
        case .string(let text), .plain(let text): text
        case .list, .map: nil
        }
    }

    var entries: [Entry]? { if case .map(let entries) = self { entries } else { nil } }
    var items: [YAMLValue]? { if case .list(let items) = self { items } else { nil } }

    subscript(key: String) -> YAMLValue? { entries?.first { $0.key.text == key }?.value }

    /// The tree below a node, with merge keys resolved; nil where it is deeper than anybody writes (aliases can make it so).
    init?(_ tree: Tree, at index: Int = Tree.root, depth: Int = 0) {
        guard depth < 200 else { return nil }
        let node = tree[index]
        switch node.kind {
        case .scalar:
            self = node.isPlain ? .plain(node.text) : .string(node.text)
        case .sequence:
            var items: [YAMLValue] = []
            var isComplete = true
            tree.forEachItem(of: index) { item in
                guard let value = YAMLValue(tree, at: item, depth: depth + 1) else { return isComplete = false }
                items.append(value)
            }
            guard isComplete else { return nil }
            self = .list(items)
        case .mapping:
            var entries: [Entry] = []
            var isComplete = true
            tree.forEachEntry(of: index) { key, item in
                guard let value = YAMLValue(tree, at: item, depth: depth + 1),
                    let name = YAMLValue(tree, at: key, depth: depth + 1)
                else { return isComplete = false }
                entries.append(Entry(name, value))
            }
            guard isComplete else { return nil }
            self = .map(entries)
        }
    }
}
