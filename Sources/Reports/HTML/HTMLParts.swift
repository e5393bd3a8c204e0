import Model

/// The fixed parts of the page, whose words are escaped here.
extension HTMLReport {
    private struct Verdict {
        let tone: String
        let symbol: String
        let words: String
    }

    private var verdict: Verdict {
        if [1, 4, 64].contains(report.exitStatus) {
            return Verdict(tone: "failed", symbol: "✗", words: report.exitStatus == 4 ? "done in part" : "failed")
        }
        guard let plan = report.plan else { return Verdict(tone: "unchanged", symbol: "✓", words: "valid") }
        if report.apply != nil, report.exitStatus == 0 {
            return Verdict(tone: "unchanged", symbol: "✓", words: "applied")
        }
        switch plan.result {
        case .inSync: return Verdict(tone: "unchanged", symbol: "✓", words: "in sync")
        case .pending: return Verdict(tone: "update", symbol: "~", words: "changes pending")
        case .drift: return Verdict(tone: "drift", symbol: "!", words: "drift")
        case .unknown: return Verdict(tone: "unknown", symbol: "?", words: "unknown")
        case .error: return Verdict(tone: "failed", symbol: "✗", words: "failed")
        }
    }

    var header: String {
        let verdict = self.verdict
        let facts = self.facts.map {
            "<div><dt>\($0.name)</dt><dd title=\"\(escapedMarkup($0.title))\">\(escapedMarkup($0.value))</dd></div>"
        }
        return """
            <header class="top">
            <div class="mast">
            <p class="brand"><span aria-hidden="true">◢◤</span> rigaud \(escapedMarkup(report.verb))</p>
            <button id="theme" class="plain" type="button" aria-label="Change between light and dark">◐</button>
            </div>
            <h1><bdi>\(escapedMarkup(report.stack.oneLine))</bdi> <span class="pill" data-tone="\(verdict.tone)"><span aria-hidden="true">\(verdict.symbol)</span> \(verdict.words)</span></h1>
            <p class="lead">\(escapedMarkup(lead))</p>
            <dl class="facts">\(facts.joined())</dl>
            </header>
            """
    }

    private var lead: String {
        guard let plan = report.plan else {
            let errors = report.allDiagnostics.count { $0.severity == .error }
            return errors == 0 ? "The manifests are valid." : "There is no plan: \(counted(errors, "error"))."
        }
        let line = report.apply?.line ?? PlanCounts(of: plan).line
        return line.prefix(1).uppercased() + line.dropFirst() + "."
    }

    private var facts: [(name: String, value: String, title: String)] {
        let digest = report.plan?.digest ?? report.source.digest
        var facts = [("Source", report.source.location.shortened(to: 120).oneLine, report.source.location.oneLine)]
        if let commit = report.source.commit {
            let dirty = report.source.isDirty == true ? " + uncommitted changes" : ""
            facts.append(("Commit", String(commit.prefix(12)).oneLine + dirty, commit.oneLine))
        }
        if !digest.isEmpty { facts.append(("Manifests", String(digest.prefix(12)).oneLine, digest.oneLine)) }
        if let plan = report.plan { facts.append(("Serial", "\(plan.serial)", plan.lineage?.description ?? "")) }
        facts.append(("Started", timestamp(report.started), ""))
        facts.append(("Took", durationText(report.duration), ""))
        facts.append(("Exit status", "\(report.exitStatus)", ""))
        return facts.map { (name: $0.0, value: $0.1, title: $0.2) }
    }

    var tiles: String {
        guard let plan = report.plan else { return "" }
        let looks = [
            "create": ("create", "+"), "update": ("update", "~"), "replace": ("replace", "±"), "adopt": ("adopt", "="),
            "delete": ("delete", "−"), "drift": ("drift", "!"), "refused": ("refused", "⊘"),
            "pendingRestart": ("pending", "↻"), "unknown": ("unknown", "?"), "unchanged": ("unchanged", "✓"),
        ]
        var tiles = PlanCounts(of: plan).named.filter { $0.count > 0 || $0.name == "unchanged" }
            .map { ($0.name, $0.words, $0.count) }
        let failed = findings.count { $0.failure != nil }
        if failed > 0 { tiles.insert(("failed", "failed", failed), at: 0) }
        let buttons = tiles.map { name, words, count in
            let (tone, symbol) = looks[name] ?? ("failed", "✗")
            return """
                <button class="tile" type="button" data-state="\(name)" data-tone="\(tone)" aria-pressed="false"\(count == 0 ? " disabled" : "")>\
                <span class="badge" data-tone="\(tone)" aria-hidden="true">\(symbol)</span><strong>\(grouped(count))</strong><span>\(words)</span></button>
                """
        }
        return
            "<div class=\"tiles\" role=\"group\" aria-label=\"Summary; each shows its objects\">\(buttons.joined())</div>"
    }

    /// Hosts, and what is not part of the plan but should not be forgotten.
    var hosts: String {
        var items = (report.plan?.hosts ?? []).prefix(200).map { status in
            let (tone, symbol) = status.error == nil ? ("unchanged", "✓") : ("unknown", "?")
            let words = status.error.map { ": \($0.summary)" } ?? ""
            return item(
                tone, symbol, status.host.address.words + words,
                title: "\(status.host.uri) \(status.error?.detail ?? "")")
        }
        for suspension in report.suspended.prefix(100) {
            let what = suspension.address?.words ?? "the whole stack"
            let until = suspension.until.map { " until \($0)" } ?? ""
            items.append(item("quiet", "‖", "\(what) is suspended\(until): \(suspension.reason)", title: ""))
        }
        for rule in report.ignored.prefix(100) {
            let what = [rule.address?.words, rule.path].compactMap { $0 }.joined(separator: " ")
            let use = rule.isExpired ? "expired" : rule.uses == 0 ? "not used" : "hid \(counted(rule.uses, "field"))"
            items.append(item("quiet", "◌", "\(what) is ignored (\(use)): \(rule.reason)", title: ""))
        }
        if let unmanaged = report.unmanaged, !unmanaged.isEmpty {
            let names = unmanaged.prefix(20).map { "\($0.kind.rawValue) \($0.name)" }.joined(separator: ", ")
            items.append(
                item("quiet", "◇", "\(counted(unmanaged.count, "object")) on the hosts not managed", title: names))
        }
        return items.isEmpty ? "" : "<ul class=\"hosts\" aria-label=\"Hosts and exceptions\">\(items.joined())</ul>"
    }

    private func item(_ tone: String, _ symbol: String, _ words: String, title: String) -> String {
        """
        <li title="\(escapedMarkup(title.shortened(to: 500).oneLine))"><span class="dot" data-tone="\(tone)" aria-hidden="true">\(symbol)</span><bdi dir="ltr">\(escapedMarkup(words.shortened(to: 300).oneLine))</bdi></li>
        """
    }

    var diagnosticsPanel: String {
        let all = report.allDiagnostics.sorted { $0.severity < $1.severity }
        if all.isEmpty { return "" }
        let items = all.prefix(1000).map { diagnostic in
            let (tone, symbol) =
                switch diagnostic.severity {
                case .error: ("failed", "✗")
                case .warning: ("update", "!")
                case .notice: ("adopt", "i")
                }
            let place = [diagnostic.location?.description, diagnostic.address?.words].compactMap { $0 }
                .map { "<code><bdi>\(escapedMarkup($0.oneLine))</bdi></code>" }.joined(separator: " ")
            let command = diagnostic.command.map { "<pre><code>\(escapedMarkup($0.oneLine))</code></pre>" } ?? ""
            return """
                <li><span class="badge" data-tone="\(tone)" aria-hidden="true">\(symbol)</span><div>\
                <p><strong><bdi dir="ltr">\(escapedMarkup(diagnostic.summary))</bdi></strong> <span class="dim">\(diagnostic.severity.rawValue) \(escapedMarkup(diagnostic.code))</span></p>\
                <p>\(place)</p><p><bdi dir="ltr">\(escapedMarkup(diagnostic.detail.shortened(to: 4000)))</bdi></p>\(command)</div></li>
                """
        }
        let rest =
            all.count > 1000 ? "<p class=\"remark\">And \(grouped(all.count - 1000)) more, left out here.</p>" : ""
        return """
            <section class="panel" id="panel-diagnostics" role="tabpanel" aria-labelledby="tab-diagnostics"\(startsWithDiagnostics ? "" : " hidden")>
            <ul class="diagnostics">\(items.joined())</ul>\(rest)</section>
            """
    }

    var stepsPanel: String {
        guard let apply = report.apply else { return "" }
        let longest = apply.steps.compactMap { $0.duration?.inSeconds }.max() ?? 0
        let rows = apply.steps.prefix(5000).map { result in
            let (tone, symbol, words) =
                switch result.end {
                case .done: ("unchanged", "✓", "done")
                case .failed(let error): ("failed", "✗", "failed: \(error.summary)")
                case .skipped(let step): ("quiet", "·", step.map { "waits for step \($0)" } ?? "skipped")
                case .remaining: ("quiet", "·", "not begun")
                }
            let share = result.duration.map { longest > 0 ? Int($0.inSeconds / longest * 100) : 0 } ?? 0
            return """
                <tr><td>\(result.step.id)</td><td><span class="badge" data-tone="\(tone)" aria-hidden="true">\(symbol)</span></td>\
                <td>\(result.step.operation.name)</td><td><bdi>\(escapedMarkup(result.step.operation.address.words))</bdi></td>\
                <td>\(escapedMarkup(words.oneLine))</td><td class="time">\(result.duration.map(durationText) ?? "")</td>\
                <td class="bar-cell"><svg width="100" height="6" aria-hidden="true"><rect class="span" width="\(max(share, result.duration == nil ? 0 : 1))" height="6" rx="3"/></svg></td></tr>
                """
        }
        return """
            <section class="panel" id="panel-steps" role="tabpanel" aria-labelledby="tab-steps" hidden>
            <table class="steps" aria-label="Steps"><thead><tr><th scope="col">Step</th><th scope="col"><span class="hidden">Symbol</span></th><th scope="col">Operation</th>\
            <th scope="col">Object</th><th scope="col">Result</th><th scope="col">Took</th><th scope="col"><span class="hidden">Share</span></th></tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></section>
            """
    }
}
