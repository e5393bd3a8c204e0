import ArgumentParser

enum ReportFormat: String, CaseIterable { case json, markdown, junit, sarif, html, prometheus }

/// `FORMAT=FILE`.
struct ReportTarget: ExpressibleByArgument {
    let format: ReportFormat
    let path: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let format = ReportFormat(rawValue: String(parts[0])), !parts[1].isEmpty else {
            return nil
        }
        self.format = format
        path = String(parts[1])
    }
}

/// What a run leaves for others to read, whether it ends well or not.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a report: json, markdown, junit, sarif, html or prometheus, as FORMAT=FILE; may be given again.",
            valueName: "format=file"))
    var report: [ReportTarget] = []

    @Option(
        help: ArgumentHelp(
            """
            Post to this URL when the stack comes into trouble, and when it is well again: a webhook with JSON. Also \
            RIGAUD_NOTIFY, which other users of the machine cannot see.
            """, valueName: "url"))
    var notify: [String] = []

    /// Who is told, if anybody is.
    var notifiedURL: String? { notify.first ?? Environment.notify }

    @Option(help: ArgumentHelp("Tell of drift only when so many runs in a row have seen it.", valueName: "n"))
    var after = 1

    mutating func validate() throws {
        guard (1...1000).contains(after) else { throw ValidationError("--after takes a number from 1 to 1000.") }
        if let twice = report.first(where: { target in report.count { $0.path == target.path } > 1 }) {
            throw ValidationError("Two reports would be written to \(twice.path). Give each a file of its own.")
        }
        guard notify.count < 2 else {
            throw ValidationError(
                "--notify is given twice. One address is told of a stack; what is there can pass it on.")
        }
        if let url = notifiedURL, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            throw ValidationError("--notify, or RIGAUD_NOTIFY, takes an http or https URL.")
        }
    }
}
