import Model

/// The dependency graph as inline SVG: what stands on nothing at the left, an arrow to what needs it.
struct GraphPicture {
    private let findings: [Finding]
    private let selection: GraphSelection

    init(_ findings: [Finding]) {
        self.findings = findings
        selection = GraphSelection(findings)
    }

    var note: String? { selection.note }
    var isEmpty: Bool { selection.nodes.isEmpty }

    /// The symbols and tones of what is drawn, each with its word.
    var legend: [(tone: String, symbol: String, words: String)] {
        let all = [
            ("failed", "✗", "failed"), ("create", "+", "create"), ("update", "~", "change"),
            ("replace", "±", "replace"),
            ("adopt", "=", "adopt"), ("delete", "−", "delete"), ("drift", "!", "drift"), ("pending", "↻", "restart"),
            ("unknown", "?", "unknown"), ("quiet", "·", "waits"), ("unchanged", "✓", "unchanged"),
        ]
        let tones = Set(selection.nodes.map { findings[$0].tone })
        return all.filter { tones.contains($0.0) }.map { (tone: $0.0, symbol: $0.1, words: $0.2) }
    }

    var svg: String {
        let layout = GraphLayout(count: selection.nodes.count, edges: selection.edges)
        let (width, height) = (number(layout.width), number(layout.height))
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="group" aria-label="Dependency graph">
            <defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.8 8 4 0 7.2z"/></marker></defs>
            """
        ]
        for line in layout.lines { lines.append(path(line, layout)) }
        for (place, index) in selection.nodes.enumerated() {
            lines.append(node(findings[index], index, at: layout.places[place]))
        }
        return (lines + ["</svg>"]).joined(separator: "\n")
    }

    private func path(_ line: GraphLayout.Line, _ layout: GraphLayout) -> String {
        let start = GraphLayout.Point(
            x: layout.places[line.from].x + GraphLayout.nodeWidth,
            y: layout.places[line.from].y + GraphLayout.nodeHeight / 2)
        let end = GraphLayout.Point(
            x: layout.places[line.to].x, y: layout.places[line.to].y + GraphLayout.nodeHeight / 2)
        var text = "M\(number(start.x)) \(number(start.y))"
        var former = start
        // Through a layer in between an edge goes straight, as wide as a node is.
        for point in line.points {
            let entry = GraphLayout.Point(x: point.x - GraphLayout.nodeWidth / 2, y: point.y)
            let exit = GraphLayout.Point(x: point.x + GraphLayout.nodeWidth / 2, y: point.y)
            text += curve(from: former, to: entry) + "H\(number(exit.x))"
            former = exit
        }
        text += curve(from: former, to: end)
        let isHot = findings[selection.nodes[line.to]].verdict != .unchanged
        return #"<path class="edge\#(isHot ? " hot" : "")" d="\#(text)" marker-end="url(#arrow)"/>"#
    }

    private func curve(from: GraphLayout.Point, to: GraphLayout.Point) -> String {
        let middle = number((from.x + to.x) / 2)
        return "C\(middle) \(number(from.y)) \(middle) \(number(to.y)) \(number(to.x)) \(number(to.y))"
    }

    private func node(_ finding: Finding, _ index: Int, at corner: GraphLayout.Point) -> String {
        let (x, y) = (corner.x, corner.y)
        let address = finding.address
        let name = address.isPart ? "\(address.name)/\(address.partText)" : String(address.name)
        let label = "\(address.words), \(finding.word)" + (finding.note.isEmpty ? "" : ": \(finding.note)")
        let place = "\(finding.object.kind.rawValue) · \(finding.object.host.hostName)"
        return """
            <g class="node" data-tone="\(finding.tone)" data-object="\(index)" role="button" tabindex="0" aria-label="\(escapedMarkup(label.oneLine))">\
            <title>\(escapedMarkup(label.oneLine))</title>\
            <rect class="box" x="\(number(x))" y="\(number(y))" width="\(number(GraphLayout.nodeWidth))" height="\(number(GraphLayout.nodeHeight))" rx="9"/>\
            <rect class="badge" x="\(number(x + 8))" y="\(number(y + 10))" width="24" height="24" rx="6"/>\
            <text class="sign" x="\(number(x + 20))" y="\(number(y + 26.5))" text-anchor="middle">\(escapedMarkup(finding.symbol))</text>\
            <svg x="\(number(x + 42))" y="\(number(y))" width="\(number(GraphLayout.nodeWidth - 48))" height="\(number(GraphLayout.nodeHeight))">\
            <text class="name" y="19">\(escapedMarkup(middleCut(name.oneLine, 21)))</text>\
            <text class="kind" y="34">\(escapedMarkup(middleCut(place, 28)))</text></svg></g>
            """
    }

    /// At most `limit` characters, the beginning and the end of it.
    private func middleCut(_ text: String, _ limit: Int) -> String {
        text.count <= limit ? text : "\(text.prefix(limit - 9))…\(text.suffix(8))"
    }

    /// To a tenth, without a needless end.
    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        if tenths % 10 == 0 { return String(tenths / 10) }
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}

extension Address {
    /// What comes after the owner: `disk/root`.
    fileprivate var partText: Substring {
        text.split(separator: "/", maxSplits: 3).dropFirst(3).first ?? ""
    }
}

extension Finding {
    /// What it is coloured by; the symbol says the same.
    var tone: String {
        switch verdict {
        case .failed, .conflict: "failed"
        case .skipped, .suspended, .deferred: "quiet"
        case .unknown: "unknown"
        case .drift: "drift"
        case .pendingRestart where planned == nil: "pending"
        case .done, .pending, .pendingRestart: planned?.change.action.rawValue ?? "quiet"
        case .unchanged: "unchanged"
        }
    }

    var symbol: String {
        switch verdict {
        case .failed, .conflict: "✗"
        case .skipped: "·"
        case .suspended: "‖"
        case .unknown: "?"
        case .deferred: "…"
        case .pendingRestart where planned == nil: "↻"
        case .unchanged: "✓"
        default: planned?.change.symbol == "-" ? "−" : planned?.change.symbol ?? "·"
        }
    }

    /// What is or was to be done, in a word.
    var word: String {
        switch verdict {
        case .unchanged, .unknown, .conflict, .failed, .skipped, .suspended, .deferred: verdict.rawValue
        case .pendingRestart where planned == nil: pending?.disruption == .nextBoot ? "next boot" : "restart"
        default: planned?.change.action.rawValue ?? ""
        }
    }
}
