import Model

/// A run as JUnit's XML, as Jenkins and GitLab read it: a suite a host, a case an object.
///
/// What differs is a failure of type `drift`, `pending`, `pending-restart` or `failed`; what could not be read is an error of
/// type `unknown`, and what has a name that is taken one of type `conflict`; what is suspended or waits is skipped. Manifests with errors are a suite of their own.
package func junit(_ report: RunReport) -> [UInt8] {
    Array(JUnitReport(report).text.utf8)
}

private struct JUnitReport {
    private struct Suite {
        let name: String
        let host: String?
        var cases: [String] = []
        var failures = 0
        var errors = 0
        var skipped = 0
        var time = Duration.zero
    }

    private let report: RunReport
    private var suites: [Suite] = []

    init(_ report: RunReport) {
        self.report = report
        addDiagnostics()
        let findings = report.findings
        let durations = self.durations
        let statuses = Dictionary(
            (report.plan?.hosts ?? []).map { ($0.host.address, $0) }, uniquingKeysWith: { first, _ in first })
        let byHost = Dictionary(grouping: findings, by: \.object.host)
        for host in Set(byHost.keys).union(statuses.keys).sorted() {
            var suite = Suite(name: host.text, host: statuses[host]?.host.uri)
            for finding in byHost[host] ?? [] {
                add(
                    finding, taking: durations[finding.address] ?? .zero, unknownBecause: statuses[host]?.error,
                    to: &suite)
            }
            suites.append(suite)
        }
    }

    var text: String {
        let tests = suites.reduce(0) { $0 + $1.cases.count }
        let failures = suites.reduce(0) { $0 + $1.failures }
        let errors = suites.reduce(0) { $0 + $1.errors }
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<testsuites name=\"\(escapedMarkup("rigaud \(report.verb) \(report.stack)"))\" tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\" time=\"\(report.duration.secondsText)\">",
        ]
        for (index, suite) in suites.enumerated() {
            let host = suite.host.map { " hostname=\"\(escapedMarkup($0))\"" } ?? ""
            lines.append(
                "  <testsuite id=\"\(index)\" name=\"\(escapedMarkup(suite.name))\"\(host) timestamp=\"\(timestamp(report.started).dropLast())\" tests=\"\(suite.cases.count)\" failures=\"\(suite.failures)\" errors=\"\(suite.errors)\" skipped=\"\(suite.skipped)\" time=\"\(suite.time.secondsText)\">"
            )
            lines += suite.cases
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
    }

    /// What the steps of each object took.
    private var durations: [Address: Duration] {
        var durations: [Address: Duration] = [:]
        for result in report.apply?.steps ?? [] {
            durations[result.step.operation.address, default: .zero] += result.duration ?? .zero
        }
        return durations
    }

    // MARK: - Cases

    private mutating func addDiagnostics() {
        let errors = report.allDiagnostics.filter { $0.severity == .error }
        guard !errors.isEmpty || report.plan == nil else { return }
        var suite = Suite(name: "manifests", host: nil)
        for diagnostic in errors {
            let place = [diagnostic.location?.description, diagnostic.address?.text].compactMap { $0 }
            let name = ([diagnostic.code] + place).joined(separator: " ")
            suite.errors += 1
            suite.cases.append(
                testCase(
                    name, in: "manifests", .zero,
                    result: element(
                        "error", diagnostic.code, diagnostic.summary, [diagnostic.detail, diagnostic.command])))
        }
        if errors.isEmpty { suite.cases.append(testCase(report.source.location, in: "manifests", .zero, result: nil)) }
        suites.append(suite)
    }

    private func add(
        _ finding: Finding, taking duration: Duration, unknownBecause error: HostError?, to suite: inout Suite
    ) {
        var result: String?
        let note = finding.note
        switch finding.verdict {
        case .done, .unchanged: break
        case .conflict:
            suite.errors += 1
            result = element("error", "conflict", note, [])
        case .unknown:
            suite.errors += 1
            result = element("error", "unknown", error?.summary ?? note, [error?.detail])
        case .drift where finding.isUnsettled:
            suite.skipped += 1
            result = element("skipped", "drift", "seen by too few runs to count: \(finding.headline)", [])
        case .failed, .drift, .pending, .pendingRestart:
            suite.failures += 1
            result = element("failure", finding.verdict.rawValue, finding.headline, finding.lines)
        case .skipped, .suspended, .deferred:
            suite.skipped += 1
            result = element(
                "skipped", finding.verdict.rawValue, note.isEmpty ? "waits for a step that failed" : note, [])
        }
        let group = "\(finding.object.host.hostName).\(finding.address.kind)"
        suite.cases.append(testCase(finding.address.text, in: group, duration, result: result))
        suite.time += duration
    }

    private func testCase(_ name: String, in group: String, _ duration: Duration, result: String?) -> String {
        let head =
            "    <testcase classname=\"\(escapedMarkup(group))\" name=\"\(escapedMarkup(name))\" time=\"\(duration.secondsText)\""
        return result.map { "\(head)>\n\($0)\n    </testcase>" } ?? "\(head)/>"
    }

    private func element(_ name: String, _ type: String, _ message: String, _ lines: [String?]) -> String {
        let body = lines.compactMap { $0 }.map { escapedMarkup($0) }.joined(separator: "\n")
        let head = "      <\(name) type=\"\(escapedMarkup(type))\" message=\"\(escapedMarkup(message))\""
        return body.isEmpty ? "\(head)/>" : "\(head)>\(body)</\(name)>"
    }
}

extension Finding {
    /// In one line: `update, restart: 2 fields; waits for a restart`.
    fileprivate var headline: String {
        if let failure { return failure.summary }
        guard let planned else { return note }
        let parts = ["\(planned.change.action.rawValue) (\(planned.disruption.rawValue))", note]
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// A line a field.
    fileprivate var lines: [String?] {
        if let failure { return [failure.detail, failure.command] }
        let fields =
            planned.map { $0.change.visible($0.fieldDisruptions).map(\.field) } ?? pending?.fields.visible ?? []
        return fields.map { field in
            let attribute = field.path.attribute
            return
                "\(field.path.label): \(text(of: field.before, for: attribute)) -> \(text(of: field.after, for: attribute))"
        }
    }
}
