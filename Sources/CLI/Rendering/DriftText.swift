import Model
import Planner
import Reports

/// What a drift is remembered by: an object's field, or with nil the object itself.
struct DriftKey: Hashable {
    let address: Address
    let path: String?
}

/// What `drift` tells apart, a section each: what somebody changed on the hosts, what is missing there, what the manifests
/// change, what waits for a restart, what is left alone, what cannot be seen, and what is nobody's.
struct DriftText {
    let report: RunReport
    let plan: Plan
    let style: Style
    private let marks: [DriftKey: String]

    init(_ report: RunReport, _ plan: Plan, style: Style) {
        self.report = report
        self.plan = plan
        self.style = style
        // Without a memory nobody knows how many runs have seen a drift.
        let after = report.after ?? 1
        let records = report.drift.filter { $0.status != .gone }
        marks = Dictionary(
            records.map { (DriftKey(address: $0.address, path: $0.path), $0.words(after: after)) },
            uniquingKeysWith: { first, _ in first })
    }

    func lines() -> [String] {
        let counted = plan.changes.filter { !$0.isSuspended }
        let drifted = counted.filter { $0.isDrift && !$0.change.isGone }.compactMap {
            $0.keeping { $0.cause != .config }
        }
        let pending = counted.filter { $0.change.cause != .drift }.compactMap { $0.keeping { $0.cause != .drift } }
        var lines = [style("Drift of stack \(plan.stack)", .bold), ""]
        lines += section("Changed on the hosts", drifted)
        lines += section("Missing on the hosts", counted.filter(\.change.isGone))
        lines += section("Changed in the manifests, not applied", pending)
        lines += section("Waiting for a restart", [], restarts: plan.pendingRestarts)
        lines += section(
            "Suspended", plan.changes.filter(\.isSuspended), more: plan.suspended.map { $0.line(in: style) })
        lines += section("In conflict", [], more: PlanText(conflictsOnly, style: style).body)
        lines += section("Unknown", [], more: PlanText(unknownOnly, style: style).body)
        lines += section("Not managed", [], more: unmanaged)
        lines += section("No longer there", [], more: gone)
        lines.append(style(summary, .bold))
        return lines
    }

    private func section(
        _ title: String, _ changes: [PlannedChange], restarts: [PendingRestart] = [], more: [String] = []
    ) -> [String] {
        var part = Plan(stack: plan.stack)
        part.changes = changes
        part.pendingRestarts = restarts
        let body = PlanText(part, style: style, marks: marks).body + more
        return body.isEmpty ? [] : [style(title, .bold)] + body + [""]
    }

    private var unknownOnly: Plan {
        var part = Plan(stack: plan.stack, hosts: plan.hosts, unknown: plan.unknown)
        part.hidden = plan.hidden
        return part
    }

    private var conflictsOnly: Plan {
        var part = Plan(stack: plan.stack, diagnostics: plan.diagnostics)
        part.conflicts = plan.conflicts
        return part
    }

    private var unmanaged: [String] {
        let all = report.unmanaged ?? []
        let lines = all.prefix(DriftText.limit).map {
            "  \(style("·", .dim)) \($0.kind.rawValue.padded(to: 9))\($0.name.printable)  \(style("on \($0.host)", .dim))"
        }
        return lines + (all.count > lines.count ? ["    and \(all.count - lines.count) more"] : [])
    }

    private var gone: [String] {
        let all = report.drift.filter { $0.status == .gone }
        let lines = all.prefix(DriftText.limit).map { record in
            let field = record.path.flatMap { AttributePath($0) }.map { "  \($0.label)" } ?? ""
            return "  \(style("✓", .green)) \(record.address.description.printable)\(field.printable)"
                + style("  drifted since \(timestamp(record.firstSeen))", .dim)
        }
        return lines + (all.count > lines.count ? ["    and \(all.count - lines.count) more"] : [])
    }

    private static let limit = 20

    private var summary: String {
        let counts = PlanCounts(of: plan)
        let missing = plan.changes.count { $0.change.isGone && !$0.isSuspended }
        let pending = plan.changes.count { $0.change.cause != .drift && !$0.isSuspended }
        let hidden = plan.ignored.reduce(0) { $0 + $1.uses }
        var parts: [String] = []
        if counts.drift > 0 {
            parts.append("\(counts.drift) drifted\(missing > 0 ? " (\(missing) missing)" : "")")
        } else if counts.errors == 0 {
            parts.append("No drift")
        }
        if counts.conflict > 0 { parts.append("\(counts.conflict) in conflict") }
        parts += PlanCounts.pending(plan)
        if counts.unknown > 0 { parts.append("\(counts.unknown) unknown") }
        if counts.errors > 0 { parts.append(Reports.counted(counts.errors, "error")) }
        if counts.suspended > 0 { parts.append("\(counts.suspended) suspended") }
        if hidden > 0 { parts.append("\(Reports.counted(hidden, "field")) ignored") }
        if pending > 0 { parts.append("\(Reports.counted(pending, "change")) of the manifests not applied yet") }
        return parts.joined(separator: ", ") + "; \(counts.unchanged) unchanged."
    }
}

extension DriftRecord {
    /// `new`, `still since 2027-01-31T02:00:00Z`.
    func words(after: Int) -> String {
        let words = status == .new ? "new" : "still since \(timestamp(firstSeen))"
        return runs >= after ? words : "\(words), seen by \(runs) of \(after) runs"
    }
}

extension PlannedChange {
    /// With some of its fields alone; nil where it had some and none is left.
    fileprivate func keeping(_ isKept: (FieldChange) -> Bool) -> PlannedChange? {
        guard change.action == .update, !change.fields.isEmpty else { return self }
        let kept = zip(change.fields, fieldDisruptions).filter { isKept($0.0) }
        if kept.isEmpty { return nil }
        var part = change
        part.fields = kept.map(\.0)
        part.cause = Cause(of: part.fields)
        return PlannedChange(
            part, fieldDisruptions: kept.map(\.1), disruption: kept.map(\.1).max() ?? disruption, refusal: refusal,
            leavesPendingRestart: leavesPendingRestart, dependsOn: dependsOn)
    }
}
