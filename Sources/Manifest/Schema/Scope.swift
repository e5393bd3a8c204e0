/// The rows of a document, or of one item of a list, and the tree of keys that leads to them.
final class Scope: Sendable {
    let rows: [Row]
    let root: Branch
    /// Rows that must be there.
    let required: [Int]
    private let slots: [String: Int]

    init(_ rows: [Row]) {
        self.rows = rows
        required = rows.indices.filter { rows[$0].isRequired }
        var slots: [String: Int] = [:]
        var paths: [(keys: [Substring], ending: Branch.Ending)] = []
        for (slot, row) in rows.enumerated() {
            slots[row.path] = slot
            for spelling in [Spelling(row.path)] + row.also {
                let ending = Branch.Ending(
                    slot: slot, reading: spelling.reading, isCanonical: spelling.path == row.path)
                paths.append((spelling.path.split(separator: "."), ending))
            }
        }
        self.slots = slots
        root = Branch(paths)
    }

    convenience init(@RowBuilder _ rows: () -> [Row]) { self.init(rows()) }

    /// The place of a row among the rows. A path that no row has is a mistake in this module, which its tests find.
    func slot(_ path: String) -> Int {
        guard let slot = slots[path] else { preconditionFailure("no schema row \(path)") }
        return slot
    }
}

/// A place in a manifest where keys may stand.
final class Branch: Sendable {
    struct Ending: Sendable {
        let slot: Int
        let reading: Spelling.Reading
        let isCanonical: Bool
    }

    let keys: [String]
    let children: [Branch]
    /// The rows that a value at this very place is for.
    let endings: [Ending]

    init(_ paths: [(keys: [Substring], ending: Ending)]) {
        var order: [Substring] = []
        var groups: [Substring: [(keys: [Substring], ending: Ending)]] = [:]
        var endings: [Ending] = []
        for path in paths {
            guard let key = path.keys.first else {
                endings.append(path.ending)
                continue
            }
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append((Array(path.keys.dropFirst()), path.ending))
        }
        self.endings = endings
        keys = order.map(String.init)
        children = order.map { Branch(groups[$0] ?? []) }
    }

    func child(_ key: String) -> Branch? {
        for index in keys.indices where keys[index] == key { return children[index] }
        return nil
    }
}
