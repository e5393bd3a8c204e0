import Model
import Planner
import Reports

/// A plan as people read it: a block an object, a line a field, where it comes from and what it costs beside it.
struct PlanText {
    let plan: Plan
    let style: Style
    /// Everything goes because that was asked for, not because it left the manifests.
    let isDestroy: Bool
    /// What is known of a drift from earlier runs.
    let marks: [DriftKey: String]
    private let addressWidth: Int
    private let labelWidth: Int
    private let valueWidth: Int
    /// New disks of new machines: they are shown with their machine.
    let newDisks: [Address: Change]

    init(_ plan: Plan, style: Style, isDestroy: Bool = false, marks: [DriftKey: String] = [:]) {
        self.marks = marks
        self.plan = plan
        self.isDestroy = isDestroy
        self.style = style
        let titles = plan.changes.map { $0.change.address.description.count }
        addressWidth = min(max(titles.max() ?? 0, 30) + 2, 48)
        let fields =
            (plan.changes + plan.left).filter { $0.change.action == .update || $0.change.action == .replace }
            .flatMap { $0.change.fields.visible }
            + plan.pendingRestarts.flatMap { $0.fields.visible }
        labelWidth = min(max(fields.map(\.path.label.count).max() ?? 0, 10) + 2, 30)
        valueWidth = max(min(fields.map { arrow($0).count }.max() ?? 0, 40) + 2, addressWidth - labelWidth - 2)
        let created = Set(plan.changes.filter { $0.change.action == .create }.map(\.change.address))
        let disks = plan.changes.map(\.change).filter {
            $0.action == .create && $0.cause == .config && $0.address.isPart && created.contains($0.address.owner)
        }
        newDisks = Dictionary(disks.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter summary: The last line, instead of the plan's own.
    /// - Parameter commit: That of the repository which the plan comes from.
    func lines(title: String? = nil, commit: String? = nil, summary: String? = nil) -> [String] {
        var lines = [style(title ?? header(at: commit), .bold), ""] + body
        if lines.count > 2, lines.last != "" { lines.append("") }
        lines.append(style(summary ?? PlanCounts(of: plan).line(of: plan), .bold))
        return lines
    }

    /// Without title and summary.
    var body: [String] {
        var lines: [String] = []
        for planned in plan.changes where newDisks[planned.change.address] == nil { lines += block(planned) }
        for planned in plan.left { lines += block(planned) }
        for pending in plan.pendingRestarts { lines += block(pending) }
        for deferral in plan.deferred {
            lines.append(
                heading(
                    "·", .dim, deferral.address, "deferred",
                    note: deferral.words))
        }
        for address in plan.forgotten {
            lines.append(
                heading("·", .dim, address, "forget", note: "gone from its host and from the manifests"))
        }
        return lines + conflictLines + unknownLines + suspensionLines
    }

    /// Those that are not seen by a change that they hold back.
    private var suspensionLines: [String] {
        plan.suspended.filter { suspension in
            !(plan.changes + plan.left).contains { $0.refusal == .suspended(suspension) }
        }.map { $0.line(in: style) }
    }

    private func header(at commit: String?) -> String {
        let changed = Set((plan.changes + plan.left).map(\.change.address)).count
        let count = changed + plan.unchanged + plan.unknown.count + plan.conflicts.count
        let place = commit.map { " at \($0.prefix(12).description.printable)" } ?? ""
        return "Stack \(plan.stack)\(place) · \(counted(plan.hosts.count, "host")) · \(counted(count, "resource"))"
    }

    // MARK: - Blocks

    private func block(_ planned: PlannedChange) -> [String] {
        let change = planned.change
        let (symbol, ink) = change.symbol
        let word = change.action == .create ? "create" : planned.disruption.rawValue
        var lines = [heading(symbol, ink, change.address, word, note: note(of: planned))]
        switch change.action {
        case .create, .adopt: lines += newLines(change) + keeperLines(of: change)
        case .replace where change.fields.allSatisfy(\.before.isNull): lines += move(change) + newLines(change)
        case .update, .replace:
            let visible = Set(change.fields.visible.map(\.path))
            for (field, disruption) in zip(change.fields, planned.fieldDisruptions) where visible.contains(field.path) {
                lines.append(line(of: field, costing: disruption, in: planned))
            }
        case .delete, .forget: break
        }
        return lines
    }

    /// The machines that go on with a former version of an image, a few on a line.
    private func keeperLines(of change: Change) -> [String] {
        guard let keepers = plan.keepers[change.address] else { return [] }
        let names = keepers.prefix(6).map(\.description.printable).joined(separator: ", ")
        let more = keepers.count > 6 ? " and \(keepers.count - 6) more" : ""
        return [style("      their disks stay on a former version: \(names)\(more)", .dim)]
    }

    /// From where to where something is made anew: what differs is its host, its pool or its name.
    private func move(_ change: Change) -> [String] {
        guard let before = change.record?.object, let after = change.desired?.object else { return [] }
        let places = [
            (hostName(before.host), hostName(after.host)), (before.pool ?? "", after.pool ?? ""),
            (before.name, after.name),
        ]
        guard let (from, to) = places.first(where: { $0 != $1 }) else { return [] }
        return ["      \(style("moves", .dim)) \(from.printable) -> \(to.printable)"]
    }

    private func block(_ pending: PendingRestart) -> [String] {
        var lines = [
            heading(
                "*", .yellow, pending.address, pending.disruption.rawValue,
                note: "pending since an earlier change"
                    + (pending.disruption == .restart ? ": --allow restart" : ", and seen when it is next started"))
        ]
        for field in pending.fields.visible {
            lines.append("      \(style(field.path.label.padded(to: labelWidth), .dim))\(arrow(field))")
        }
        return lines
    }

    private func heading(_ symbol: String, _ ink: Style.Ink, _ address: Address, _ word: String, note: String) -> String
    {
        let name = address.description.printable
        let padding = String(repeating: " ", count: max(addressWidth - name.count, 2))
        let mark = marks[DriftKey(address: address, path: nil)].map { note.isEmpty ? $0 : ", \($0)" } ?? ""
        let note = note + mark
        let line = "  \(style(symbol, ink, .bold)) \(style(name, .bold))\(padding)\(style(word.padded(to: 13), ink))"
        return (note.isEmpty ? line.trimmed : line + style(note.printable, .dim))
    }

    private func note(of planned: PlannedChange) -> String {
        let change = planned.change
        switch planned.refusal {
        case .needsLeave(let disruption): return "refused: --allow \(disruption.rawValue)"
        case .protected: return "refused: it is protected (rigaud.io/protect)"
        case .waitsFor(let address): return "refused: waits for \(address)"
        case .usedBy(let address): return "refused: \(address) uses it"
        case .hasGuests: return "refused: \(Refusal.guestsWords)"
        case .grown: return "refused: \(Refusal.grownWords)"
        case .suspended(let suspension): return suspension.words
        case .notHealed(let heal):
            return "\(change.isGone ? "gone from the host" : "drift"), left by --heal \(heal.rawValue)"
        case nil: break
        }
        switch (change.action, change.cause) {
        case (.create, .drift): return "gone from the host"
        case (.create, _):
            let place = change.desired?.origin.map { ", \($0.short)" } ?? ""
            return "on \(hostName(change.object.host))\(place)"
        case (.replace, _) where change.record?.isPartial == true: return "its making was interrupted"
        case (.delete, _) where isDestroy:
            guard change.isRunning else { return "" }
            return change.object.kind == .domain ? "running" : "active"
        case (.delete, _): return "gone from the manifests"
        case (.update, _) where change.fields.isEmpty: return "with a disk or network that it uses"
        case (_, .drift): return "drift"
        case (_, .both): return "drift, and \(change.origin?.short ?? "changed")"
        case (_, .config): return change.origin?.short ?? ""
        }
    }

    private func line(of field: FieldChange, costing disruption: Disruption, in planned: PlannedChange) -> String {
        let label = field.path.label.padded(to: labelWidth)
        let reason = reason(for: field, costing: disruption, in: planned)
        let text = arrow(field)
        let line =
            "      \(style(label, .dim))\((text + "  ").padded(to: valueWidth))\(disruption.rawValue.padded(to: 13))"
        return reason.isEmpty ? line.trimmed : line + style(reason, .dim)
    }

    private func reason(for field: FieldChange, costing disruption: Disruption, in planned: PlannedChange) -> String {
        let change = planned.change
        var parts: [String] = []
        if disruption == .restart, case .liveUpTo(let maximum) = field.path.attribute.row.cost,
            let raised = change.fields.first(where: { $0.path.attribute == maximum }),
            let most = raised.before.number, let wanted = field.after.number, wanted > most
        {
            parts.append("above its maximum of \(text(of: raised.before, for: maximum))")
        }
        if change.resumes, field.path.attribute == .power { parts.append("resumes from its saved state") }
        if field.cause != .config { parts.append("changed on the host") }
        if let mark = marks[DriftKey(address: change.address, path: field.path.description)] { parts.append(mark) }
        if let origin = field.origin, origin.short != change.origin?.short { parts.append(origin.short) }
        return parts.joined(separator: ", ")
    }

    private var unknownLines: [String] {
        let unreachable = plan.hosts.compactMap { status in
            status.error.map { heading("?", .magenta, status.host.address, "unknown", note: $0.summary) }
        }
        return unreachable
            + plan.hidden.map {
                heading(
                    "?", .magenta, $0, "unknown",
                    note: "its pool is not active, not there or not where it was made, so what is in it cannot be seen")
            }
    }

    /// Resources that nothing can be planned for, and why.
    private var conflictLines: [String] {
        let errors = plan.diagnostics.filter { $0.severity == .error }
        let reasons = Dictionary(
            errors.compactMap { error in error.address.map { ($0, error.summary) } },
            uniquingKeysWith: { first, _ in first }
        )
        return plan.conflicts.map {
            heading("✗", .red, $0, "conflict", note: reasons[$0] ?? "Its name is taken on its host")
        }
    }

    private func hostName(_ address: Address) -> String {
        address.namespace == Address.defaultNamespace ? String(address.name) : "\(address.namespace)/\(address.name)"
    }
}

private func arrow(_ field: FieldChange) -> String {
    "\(text(of: field.before, for: field.path.attribute)) -> \(text(of: field.after, for: field.path.attribute))"
}

extension Change {
    fileprivate var symbol: (String, Style.Ink) {
        switch action {
        case .create: (cause == .drift ? "!" : "+", cause == .drift ? .magenta : .green)
        case .update: cause == .config ? ("~", .yellow) : ("!", .magenta)
        case .replace: ("±", .red)
        case .delete: ("-", .red)
        case .adopt: ("=", .cyan)
        case .forget: ("·", .dim)
        }
    }

    fileprivate var origin: SourceLocation? {
        fields.lazy.compactMap(\.origin).first ?? desired?.origin
    }
}

extension SourceLocation {
    /// File and line: enough to find it.
    var short: String { "\(file):\(line)" }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension Suspension {
    /// A line of its own, whether or not something differs there.
    func line(in style: Style) -> String {
        "  \(style("‖", .dim)) \((address?.description ?? "the whole stack").printable)  \(style(words.printable, .dim))"
    }
}
