import Model

/// One object of a Markdown report: a line that opens to a table of its fields.
struct MarkdownBlock {
    let finding: Finding

    init(_ finding: Finding) { self.finding = finding }

    var text: String {
        var summary = [
            "\(symbol) <b>\(word)</b> \(MarkdownText.html(finding.address.words))",
            MarkdownText.html(finding.object.host.hostName),
        ]
        if finding.planned?.change.action != .create, finding.disruption != .none {
            summary.insert(finding.disruption.rawValue, at: 1)
        }
        if let origin = finding.planned?.change.origin {
            summary.append(MarkdownText.html("\(origin.file):\(origin.line)"))
        }
        let rows = self.rows
        var text = "<details><summary>\(summary.joined(separator: " · "))</summary>\n\n"
        let note = finding.note
        if !note.isEmpty { text += "\(MarkdownText.prose(note.shortened(to: 500)))\n\n" }
        if let failure = finding.failure { text += "\(MarkdownText.prose(failure.detail.shortened(to: 2000)))\n\n" }
        if !rows.isEmpty { text += rows.joined(separator: "\n") + "\n\n" }
        return text + "</details>\n\n"
    }

    private var symbol: String {
        switch finding.verdict {
        case .failed, .conflict: "x"
        case .unknown: "?"
        case .pendingRestart where finding.planned == nil: "*"
        case .deferred, .suspended: "·"
        default: finding.planned?.change.symbol ?? "·"
        }
    }

    private var word: String {
        switch finding.verdict {
        case .failed, .skipped, .conflict, .unknown, .deferred, .suspended: finding.verdict.rawValue
        case .pendingRestart where finding.planned == nil: "pending"
        default: finding.planned?.change.action.rawValue ?? finding.verdict.rawValue
        }
    }

    private var rows: [String] {
        if let planned = finding.planned {
            let fields = planned.change.visible(planned.fieldDisruptions)
            if fields.isEmpty { return [] }
            if fields.allSatisfy({ $0.field.before.isNull }) {
                return ["| field | value |", "| --- | --- |"]
                    + fields.map { "| \(label($0.field)) | \(MarkdownText.code($0.field.afterText)) |" }
            }
            return ["| field | before | after | cost | cause |", "| --- | --- | --- | --- | --- |"]
                + fields.map { field, disruption in
                    "| \(label(field)) | \(value(field.before, field)) | \(value(field.after, field)) | \(disruption.rawValue) | \(field.cause.words) |"
                }
        }
        guard let fields = finding.pending?.fields.visible, !fields.isEmpty else { return [] }
        return ["| field | running | defined |", "| --- | --- | --- |"]
            + fields.map { "| \(label($0)) | \(value($0.before, $0)) | \(value($0.after, $0)) |" }
    }

    private func label(_ field: FieldChange) -> String { MarkdownText.code(field.path.label) }

    private func value(_ value: Value, _ field: FieldChange) -> String {
        MarkdownText.code(text(of: value, for: field.path.attribute))
    }

    private func text(of value: Value, for attribute: Attribute) -> String {
        Reports.text(of: value, for: attribute)
    }
}

extension Cause {
    var words: String {
        switch self {
        case .config: "manifest"
        case .drift: "drift"
        case .both: "manifest and drift"
        }
    }
}
