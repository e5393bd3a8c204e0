import Model

/// A run as one HTML file that needs no network and may be opened from a disk: tiles, a table of all objects that can be
/// filtered and sorted, the dependency graph, the diagnostics.
///
/// Words from outside are text, either escaped here or set as text by the script; the policy in the page's head lets
/// nothing run but that script and loads nothing from anywhere.
package func html(_ report: RunReport) -> [UInt8] {
    HTMLReport(report).bytes
}

struct HTMLReport {
    let report: RunReport
    let findings: [Finding]
    let graph: GraphPicture

    init(_ report: RunReport) {
        self.report = report
        findings = report.findings
        graph = GraphPicture(findings)
    }

    /// What may be in the page: the two elements whose SHA-256 these are. A test holds them against the texts.
    static let policy = [
        "default-src 'none'", "base-uri 'none'", "form-action 'none'", "img-src data:",
        "style-src '\(HTMLStyle.digest)'", "script-src '\(HTMLScript.digest)'",
    ].joined(separator: "; ")

    var bytes: [UInt8] {
        let title = escapedMarkup("rigaud \(report.verb) · \(report.stack)".oneLine)
        let before = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(HTMLReport.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <meta name="generator" content="rigaud \(escapedMarkup(report.version))">
            <title>\(title)</title>
            <link rel="icon" href="data:,">
            <style>\(HTMLStyle.text)</style>
            </head>
            <body>
            <a class="skip" href="#panel-objects">Skip to the objects</a>
            \(header)
            <main>
            \(tiles)
            \(hosts)
            \(tabs)
            \(objectsPanel)
            \(graphPanel)
            \(diagnosticsPanel)
            \(stepsPanel)
            </main>
            <footer>Made by rigaud \(escapedMarkup(report.version)) at \(timestamp(report.started)). This page is one file and loads nothing.</footer>
            <script type="application/json" id="data">
            """
        let after = "</script>\n<script>\(HTMLScript.text)</script>\n</body>\n</html>\n"
        return Array(before.utf8) + HTMLData(report, findings).bytes + Array(after.utf8)
    }

    // MARK: - Tabs

    private var tabs: String {
        let diagnostics = report.allDiagnostics.count
        var tabs = [tab("objects", "Objects", findings.count, isChosen: !startsWithDiagnostics)]
        if !findings.isEmpty { tabs.append(tab("graph", "Graph", nil)) }
        if diagnostics > 0 {
            tabs.append(tab("diagnostics", "Diagnostics", diagnostics, isChosen: startsWithDiagnostics))
        }
        if let apply = report.apply { tabs.append(tab("steps", "Steps", apply.steps.count)) }
        return "<div class=\"tabs\" role=\"tablist\" aria-label=\"Views\">\(tabs.joined())</div>"
    }

    private func tab(_ id: String, _ words: String, _ count: Int?, isChosen: Bool = false) -> String {
        let number = count.map { " <span class=\"count\">\(grouped($0))</span>" } ?? ""
        return """
            <button role="tab" id="tab-\(id)" aria-controls="panel-\(id)" aria-selected="\(isChosen)" tabindex="\(isChosen ? 0 : -1)">\(words)\(number)</button>
            """
    }

    var startsWithDiagnostics: Bool { findings.isEmpty && !report.allDiagnostics.isEmpty }

    private var objectsPanel: String {
        """
        <section class="panel" id="panel-objects" role="tabpanel" aria-labelledby="tab-objects"\(startsWithDiagnostics ? " hidden" : "")>
        <div class="bar">
        <label class="search"><span class="hidden">Filter by text</span><input id="q" type="search" placeholder="Filter by name, field or value" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></label>
        <label><span class="hidden">Action</span><select id="state"></select></label>
        <label><span class="hidden">Disruption</span><select id="cost"></select></label>
        <label><span class="hidden">Host</span><select id="host"></select></label>
        <button id="expand" class="plain" type="button">Open all</button>
        <span id="shown" role="status"></span>
        </div>
        <table id="table" aria-label="Objects">
        <thead><tr>
        <th scope="col" aria-sort="ascending"><button data-sort="a">Object</button></th>
        <th scope="col" class="c-action"><button data-sort="x">Action</button></th>
        <th scope="col" class="c-cost"><button data-sort="d">Disruption</button></th>
        <th scope="col" class="c-host"><button data-sort="h">Host</button></th>
        <th scope="col" class="c-note"><button data-sort="n">Note</button></th>
        </tr></thead>
        <tbody id="rows"></tbody>
        </table>
        <p id="none" class="none" hidden>No object is like that. <button id="reset" class="plain" type="button">Show all objects</button></p>
        <noscript><p class="none">The table is made by a script, and scripts are off.</p></noscript>
        </section>
        """
    }

    private var graphPanel: String {
        if findings.isEmpty { return "" }
        let note = graph.note.map { "<p class=\"remark\">\(escapedMarkup($0))</p>" } ?? ""
        let legend = graph.legend.map {
            "<li><span class=\"badge\" data-tone=\"\($0.tone)\" aria-hidden=\"true\">\($0.symbol)</span>\($0.words)</li>"
        }
        let picture =
            graph.isEmpty
            ? ""
            : "<div class=\"canvas\" id=\"canvas\" tabindex=\"0\" role=\"region\" aria-label=\"Dependency graph, scrolls\">\(graph.svg)</div>"
        return """
            <section class="panel" id="panel-graph" role="tabpanel" aria-labelledby="tab-graph" hidden>
            <div class="bar"><ul class="legend">\(legend.joined())</ul><button id="fit" class="plain" type="button" aria-pressed="false">Fit to the window</button></div>
            \(note)\(picture)
            </section>
            """
    }
}
