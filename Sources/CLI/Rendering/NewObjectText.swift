import Model

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
        for item in items(values) {
            lines.append("      \(style(item.label, .dim))  \(item.text)")
        }
        return lines
    }

    private typealias Field = (label: String, text: String)

    private func plainFields(_ values: Attributes, of change: Change) -> [Field] {
        values.compactMap { path, value in
            if path.attribute.row.list != nil { return nil }
            switch path.attribute {
            case .maximumVCPUs where value == values[.vcpus], .maximumMemory where value == values[.memory]: return nil
            case .backingFormat: return nil
            default: return (path.label, text(of: value, for: path.attribute))
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

    private func items(_ values: Attributes) -> [Field] {
        var fields: [Field] = []
        for (path, value) in values where path.attribute.row.list == path.attribute {
            let others = values.filter { other in
                other.path.attribute.row.list == path.attribute && other.path.item == path.item && other.path != path
            }
            var text = CLI.text(of: value, for: path.attribute)
            if path.attribute == .addressPrefix { text = "/\(text)" }
            let details = others.filter { !$0.value.isNull }.map { other in
                switch other.path.attribute {
                case .diskCache: "cache \(CLI.text(of: other.value, for: .diskCache))"
                case .diskIO: "io \(CLI.text(of: other.value, for: .diskIO))"
                case .dhcpRanges: "dhcp \(CLI.text(of: other.value, for: .dhcpRanges))"
                default: CLI.text(of: other.value, for: other.path.attribute)
                }
            }
            fields.append((path.label, ([text] + details).joined(separator: "  ")))
        }
        let width = fields.map(\.label.count).max() ?? 0
        return fields.map { ($0.label.padded(to: width), $0.text) }
    }
}
