import Model

/// What a comment of a run on a stack begins with: whoever posts comments finds the former one by it and replaces it.
package func markdownMarker(_ verb: String, stack: String) -> String {
    "<!-- rigaud:\(MarkdownText.comment(verb)) stack=\(MarkdownText.comment(stack)) "
}

/// A run as a comment on a merge request: at most 60,000 characters, in GitHub's Markdown.
///
/// Where it does not all fit, whole objects are left out, those that cost least first, and it says so.
package func markdown(_ report: RunReport) -> [UInt8] {
    Array(MarkdownReport(report).text.utf8)
}

struct MarkdownReport {
    /// GitHub takes 65,536; they are counted in units of UTF-16, of which no forge counts more.
    static let limit = 60_000
    /// What the diagnostics may take of that.
    private static let diagnosticsLimit = 20_000

    let report: RunReport
    let findings: [Finding]

    init(_ report: RunReport) {
        self.report = report
        findings = report.findings.filter { $0.verdict != .unchanged }
    }

    var text: String {
        let head = [marker, title, facts, table].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n\n"
        let diagnostics = self.diagnostics
        let tail = [listing, apply].filter { !$0.isEmpty }.joined(separator: "\n\n")
        // Room for the note on what was left out.
        let room = MarkdownReport.limit - head.utf16.count - diagnostics.utf16.count - tail.utf16.count - 1000
        let (blocks, left) = fitting(room)
        let note = left.isEmpty ? "" : "\(self.note(on: left))\n\n"
        let text = head + diagnostics + note + blocks.joined() + tail
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    // MARK: - Head

    private var marker: String {
        "\(markdownMarker(report.verb, stack: report.stack))digest=\(MarkdownText.comment(digest)) -->"
    }

    private var digest: String { report.plan?.digest ?? report.source.digest }

    private var title: String {
        let counts = report.apply?.line ?? report.plan.map { PlanCounts(of: $0).line }
        let what = counts ?? (report.exitStatus == 0 ? "valid" : "no plan could be made")
        return "### rigaud \(report.verb) · \(MarkdownText.code(report.stack)) · \(what)"
    }

    private var facts: String {
        var parts = [MarkdownText.code(report.source.location)]
        if let commit = report.source.commit {
            parts.append(
                "at \(MarkdownText.code(String(commit.prefix(12))))\(report.source.isDirty == true ? " with changes that are not committed" : "")"
            )
        }
        if !digest.isEmpty { parts.append("manifests \(MarkdownText.code(String(digest.prefix(12))))") }
        if let serial = report.plan?.serial { parts.append("state serial \(serial)") }
        parts.append("\(timestamp(report.started)), \(durationText(report.duration))")
        parts.append("exit status \(report.exitStatus)")
        return parts.joined(separator: " · ")
    }

    private var table: String {
        guard let plan = report.plan else { return "" }
        let columns = PlanCounts(of: plan).named.filter { $0.count > 0 || $0.name == "unchanged" }
        return """
            | \(columns.map(\.words).joined(separator: " | ")) |
            |\(columns.map { _ in " ---: |" }.joined())
            | \(columns.map { grouped($0.count) }.joined(separator: " | ")) |
            """
    }

    // MARK: - Objects

    /// The blocks that fit, in the order of addresses, and the addresses of those that do not.
    private func fitting(_ room: Int) -> (blocks: [String], left: [Address]) {
        let blocks = findings.map { MarkdownBlock($0).text }
        let byCost = findings.indices.sorted { left, right in
            let (one, other) = (findings[left], findings[right])
            if one.disruption != other.disruption { return one.disruption > other.disruption }
            return one.address < other.address
        }
        var rest = room
        var isShown = [Bool](repeating: false, count: blocks.count)
        for index in byCost where blocks[index].utf16.count <= rest {
            rest -= blocks[index].utf16.count
            isShown[index] = true
        }
        return (
            blocks.indices.filter { isShown[$0] }.map { blocks[$0] },
            findings.indices.filter { !isShown[$0] }.map { findings[$0].address }
        )
    }

    private func note(on left: [Address]) -> String {
        let names = left.prefix(5).map { MarkdownText.code($0.words.shortened(to: 60)) }.joined(separator: ", ")
        let more = left.count > 5 ? " and \(grouped(left.count - 5)) more" : ""
        return """
            > **\(counted(left.count, "object")) of \(grouped(findings.count)) left out** to stay within \
            \(grouped(MarkdownReport.limit)) characters, those that cost least first: \(names)\(more).
            """
    }

    // MARK: - What else there is to say

    private var diagnostics: String {
        let all = report.allDiagnostics
        if all.isEmpty { return "" }
        var lines: [String] = []
        var size = 0
        for diagnostic in all.sorted(by: { $0.severity < $1.severity }) {
            let text = block(diagnostic)
            size += text.utf16.count
            if size > MarkdownReport.diagnosticsLimit { break }
            lines.append(text)
        }
        if lines.count < all.count { lines.append("- and \(grouped(all.count - lines.count)) more, left out here.\n") }
        return "#### Diagnostics\n\n\(lines.joined())\n"
    }

    private func block(_ diagnostic: Diagnostic) -> String {
        let symbol =
            switch diagnostic.severity {
            case .error: "❌"
            case .warning: "⚠️"
            case .notice: "ℹ️"
            }
        var text = "- \(symbol) **\(MarkdownText.prose(diagnostic.summary))**"
        if let location = diagnostic.location { text += " \(MarkdownText.code(location.description))" }
        if let address = diagnostic.address { text += " \(MarkdownText.code(address.words))" }
        text += "<br>\(MarkdownText.prose(diagnostic.detail.shortened(to: 2000)))"
        if let command = diagnostic.command { text += "<br>\(MarkdownText.code(command))" }
        return text + "\n"
    }

    /// Hosts that are down, what was suspended, ignored or found to be nobody's.
    private var listing: String {
        var lines: [String] = []
        for status in report.plan?.hosts ?? [] {
            guard let error = status.error else { continue }
            lines.append("- ❓ \(MarkdownText.code(status.host.address.words)): \(MarkdownText.prose(error.summary))")
        }
        for suspension in report.suspended {
            let what = suspension.address.map { MarkdownText.code($0.words) } ?? "the whole stack"
            let until = suspension.until.map { " until \(MarkdownText.prose($0))" } ?? ""
            lines.append("- ⏸️ \(what) is suspended\(until): \(MarkdownText.prose(suspension.reason))")
        }
        for rule in report.ignored {
            let what = rule.address.map { "\(MarkdownText.code($0.words)) " } ?? ""
            let use = rule.isExpired ? "expired" : rule.uses == 0 ? "not used" : "hid \(counted(rule.uses, "field"))"
            lines.append(
                "- 🙈 \(what)\(MarkdownText.code(rule.path)) is ignored (\(use)): \(MarkdownText.prose(rule.reason))")
        }
        if let unmanaged = report.unmanaged, !unmanaged.isEmpty {
            let names = unmanaged.prefix(10).map { MarkdownText.code($0.name) }.joined(separator: ", ")
            let more = unmanaged.count > 10 ? " and \(grouped(unmanaged.count - 10)) more" : ""
            lines.append("- \(counted(unmanaged.count, "object")) on the hosts not managed: \(names)\(more)")
        }
        let shown = lines.prefix(40).map { $0.utf16.count > 2000 ? "- …" : $0 }
        return (shown + (lines.count > 40 ? ["- and \(lines.count - 40) more"] : [])).joined(separator: "\n")
    }

    private var apply: String {
        guard let plan = report.plan, report.apply == nil, report.verb != "destroy", !plan.changes.isEmpty else {
            return ""
        }
        var leaves = Set<Disruption>()
        for planned in plan.changes {
            if case .needsLeave(let disruption) = planned.refusal { leaves.insert(disruption) }
            if planned.leavesPendingRestart { leaves.insert(.restart) }
        }
        let location = report.source.location.shortened(to: 500)
        let command = commandLine("apply", report.repeated, about: location)
        var text = "**To apply this:**\n\n\(MarkdownText.block(command))"
        if !leaves.isEmpty {
            let allowed = leaves.sorted().map(\.rawValue).joined(separator: ",")
            text += "\n\nWith what needs leave:\n\n\(MarkdownText.block("\(command) --allow \(allowed)"))"
        }
        return text
    }
}
