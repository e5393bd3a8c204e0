import Model
import Reports

extension PlanText {
    /// What a new object will be: its plain fields on lines that fit, then a line for each of its disks, interfaces and
    /// addresses.
    func newLines(_ change: Change) -> [String] {
        let values = Attributes(change.fields.map { ($0.path, $0.after) })
        let plain = plainFields(values, of: change)
        var lines: [String] = []
        for row in rows(of: plain, width: 92) {
            lines.append("      " + row.map { "\(style($0.label, .dim)) \($0.text)" }.joined(separator: "   "))
        }
        for item in items(values, of: change) {
            let symbol = item.isNew ? style("+", .green, .bold) : " "
            lines.append("    \(symbol) \(style(item.label, .dim))  \(item.text)")
        }
        return lines
    }

    private typealias Field = (label: String, text: String)

    private func plainFields(_ values: Attributes, of change: Change) -> [Field] {
        values.compactMap { path, value in
            if path.attribute.row.list != nil { return nil }
            switch path.attribute {
            case .maximumVCPUs where value == values[.vcpus], .maximumMemory where value == values[.memory]: return nil
            case .backingFormat, .image, .diskOrder, .nicOrder: return nil
            default: return (path.label, change.text(of: path) ?? "")
            }
        }
    }

    private func rows(of fields: [Field], width: Int) -> [[Field]] {
        var rows: [[Field]] = []
        var used = 0
        for field in fields {
            let length = field.label.count + field.text.count + 4
            if rows.isEmpty || used + length > width {
                rows.append([])
                used = 0
            }
            rows[rows.count - 1].append(field)
            used += length
        }
        return rows
    }

    private func items(_ values: Attributes, of change: Change) -> [(label: String, text: String, isNew: Bool)] {
        var lines: [(label: String, text: String, isNew: Bool)] = []
        for (path, value) in values.heads {
            var words = [Reports.text(of: value, for: path.attribute)]
            var isNew = false
            if path.attribute == .addressPrefix { words = ["/\(words[0])"] }
            if path.attribute == .diskSource, path.item == Seed.drive {
                words = ["cloud-init"]
                isNew = true
            } else if path.attribute == .diskSource, let disk = newDisks[change.address.part("disk/\(path.item)")] {
                words = disk.volumeWords
                isNew = true
            }
            for other in values where other.path.isDetail(of: path) && !other.value.isNull {
                let text = Reports.text(of: other.value, for: other.path.attribute)
                switch other.path.attribute {
                case .diskFormat where isNew, .diskDevice where text == "disk": break
                case .diskCache: words.append("cache \(text)")
                case .diskIO: words.append("io \(text)")
                case .dhcpRanges: words.append("dhcp \(text)")
                default: words.append(text)
                }
            }
            lines.append((path.label, words.joined(separator: "  "), isNew))
        }
        let width = lines.map(\.label.count).max() ?? 0
        return lines.map { ($0.label.padded(to: width), $0.text, $0.isNew) }
    }
}

extension Attributes {
    /// The items of lists, as they will stand in the object.
    fileprivate var heads: [Element] {
        let order = [Attribute.diskSource: self[.diskOrder], .nicSource: self[.nicOrder]].mapValues { $0?.items ?? [] }
        func rank(_ path: AttributePath) -> (UInt8, Int, AttributePath) {
            (path.attribute.ordinal, order[path.attribute]?.firstIndex(of: .string(path.item)) ?? -1, path)
        }
        return filter { $0.path.attribute.row.list == $0.path.attribute }.sorted { rank($0.path) < rank($1.path) }
    }
}

extension AttributePath {
    fileprivate func isDetail(of head: AttributePath) -> Bool {
        attribute.row.list == head.attribute && item == head.item && self != head
    }
}

extension Change {
    /// What it will have of an attribute.
    fileprivate func text(of path: AttributePath) -> String? { fields.first { $0.path == path }?.afterText }

    /// A new volume in a few words: `20 GiB qcow2 over /images/debian-12.qcow2 in default`.
    fileprivate var volumeWords: [String] {
        let values = Attributes(fields.map { ($0.path, $0.after) })
        var text = [Attribute.capacity, .volumeFormat].compactMap { self.text(of: AttributePath($0)) }
            .joined(separator: " ")
        if values[.allocation] == "thick" { text = "thick \(text)" }
        if let backing = values[.backing]?.text { text += " over \(backing.printable)" }
        if let original = values[.copy]?.text { text += " copied from \(original.printable)" }
        if let pool = object.pool { text += " in \(pool.printable)" }
        return [text]
    }
}
