import Model

/// The body of a webhook: docs/schema/notification.schema.json. `text` is what Slack, Mattermost and their kin show.
///
/// It names what differs and never says what it is or was: no value can leak into a chat.
func notification(
    of report: RunReport, from before: Transition.Condition, to now: Transition.Condition, since: Int64, runs: Int
) -> [UInt8] {
    let limit = 20
    let findings = report.findings.filter { $0.isWorthTelling(in: now) }
    let body: Value = [
        "formatVersion": 1,
        "event": .string(now == .fine ? "recovered" : now.rawValue),
        "from": .string(before.rawValue),
        "to": .string(now.rawValue),
        "since": .string(timestamp(since)),
        "runs": .integer(Int64(runs)),
        "stack": .string(report.stack),
        "verb": .string(report.verb),
        "version": .string(report.version),
        "started": .string(timestamp(report.started)),
        "exitStatus": .integer(Int64(report.exitStatus)),
        "source": value(of: report.source, digest: report.plan?.digest ?? report.source.digest),
        "objects": .list(findings.prefix(limit).map(object(of:))),
        "omitted": .integer(Int64(max(0, findings.count - limit))),
        "text": .string(text(of: report, now, findings)),
    ]
    return JSONWriter.bytes(of: body)
}

private func object(of finding: Finding) -> Value {
    let fields = finding.told
    return [
        "address": .string(finding.address.text),
        "provider": .string(finding.object.host.text),
        "verdict": .string(finding.verdict.rawValue),
        "action": finding.planned.map { .string($0.change.action.rawValue) } ?? .null,
        "fields": .list(fields.map { .string($0.path.description) }),
    ]
}

private func text(of report: RunReport, _ condition: Transition.Condition, _ findings: [Finding]) -> String {
    let stack = chat(report.stack)
    var lines: [String] = []
    switch condition {
    case .fine:
        let isWhole = report.suspended.isEmpty && !report.ignored.contains { $0.uses > 0 && !$0.isExpired }
        lines.append(
            "✅ \(stack) has recovered: it is as it was applied\(isWhole ? "." : ", but for what is ignored or suspended.")"
        )
    case .drift: lines.append("⚠️ \(stack) has drifted: \(counted(findings.count, "object")) changed on the hosts.")
    case .unknown:
        let down = (report.plan?.hosts ?? []).filter { $0.error != nil }.map { chat($0.host.address.hostName) }
        lines.append(
            "❓ \(stack) cannot be seen whole: "
                + (down.isEmpty
                    ? "some objects could not be read." : "\(down.prefix(5).joined(separator: ", ")) cannot be read."))
    case .failed: lines.append("❌ rigaud \(chat(report.verb)) of \(stack) failed with status \(report.exitStatus).")
    }
    if condition == .failed {
        for diagnostic in report.allDiagnostics.filter({ $0.severity == .error }).prefix(3) {
            lines.append("• \(chat(diagnostic.summary))\(diagnostic.address.map { " (\(chat($0.words)))" } ?? "")")
        }
    }
    for finding in findings.prefix(5) {
        let labels = finding.told.prefix(4).map(\.path.label).joined(separator: ", ")
        let words = finding.failure?.summary ?? (labels.isEmpty ? finding.note : labels)
        lines.append("• \(chat(finding.address.words))\(words.isEmpty ? "" : ": \(chat(words))")")
    }
    if findings.count > 5 { lines.append("• and \(grouped(findings.count - 5)) more") }
    return lines.joined(separator: "\n")
}

/// Words from outside, so that they mention nobody and link nowhere: Slack's three, and `@` for those who read names anyhow.
private func chat(_ text: String) -> String {
    text.shortened(to: 120).oneLine.replacingScalars { scalar in
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "@": "@\u{200B}"
        default: nil
        }
    }
}

extension Finding {
    /// The fields to name: of a drift, those that drifted.
    fileprivate var told: [FieldChange] {
        let fields = planned?.change.fields ?? []
        return verdict == .drift ? fields.filter { $0.cause != .config } : fields
    }

    fileprivate func isWorthTelling(in condition: Transition.Condition) -> Bool {
        switch condition {
        case .fine: false
        case .drift: verdict == .drift && !isUnsettled
        case .unknown: verdict == .unknown
        case .failed: verdict == .failed
        }
    }
}
