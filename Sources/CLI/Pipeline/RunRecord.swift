import Glibc
import Model
import Planner
import Reports
import Webhook

/// What a run has come to, for its reports: filled while it goes on, and written when it ends, however that is.
final class RunRecord {
    private let options: ReportOptions
    private let console: Console
    private let start = ContinuousClock.now
    var report: RunReport
    /// Where what was told to whom is remembered: beside the drift's memory, else beside the state.
    var statusPath: String?
    /// Another run was changing the stack meanwhile: nobody is told of what was found.
    var isDisturbed = false

    init(
        _ verb: String, _ options: ReportOptions, _ common: CommonOptions, repeating repeated: RepeatedOptions? = nil
    ) {
        self.options = options
        console = common.console
        report = RunReport(
            verb, version: rigaudVersion, stack: "", started: Environment.seconds,
            source: RunReport.Source(.directory, location: ""))
        report.repeated = repeated?.words ?? []
    }

    /// Whether anybody will read it: otherwise nothing large is kept for it.
    var isWanted: Bool { !options.report.isEmpty || options.notifiedURL != nil }

    /// All that a plan rests on.
    /// - Parameter isPartial: Other objects of the stack were not looked at.
    func note(_ inspection: Inspection, _ notices: [Diagnostic], _ source: RunReport.Source, isPartial: Bool) {
        report.isPartial = isPartial
        report.stack = inspection.plan.stack
        report.source = source
        report.source.digest = inspection.plan.digest
        report.plan = inspection.plan
        report.diagnostics = notices
        report.objects = inspection.objects
        report.unmanaged = inspection.unmanaged
        report.ignored = inspection.plan.ignored
        report.suspended = inspection.plan.suspended
    }

    /// How it ends; nothing is written yet.
    func end(_ status: ExitStatus) {
        report.exitStatus = status.rawValue
        report.duration = start.duration(to: .now)
    }

    /// Writes the reports and posts what there is to say. A report that cannot be written is told of, and changes nothing else.
    /// - Returns: Whether all of them were written.
    @discardableResult
    func finish(_ status: ExitStatus, _ diagnostics: [Diagnostic] = []) async -> Bool {
        report.diagnostics += diagnostics
        end(status)
        let written = options.report.map(write)
        if let url = options.notifiedURL, !isDisturbed { await notify(url) }
        return written.allSatisfy { $0 }
    }

    private func write(_ target: ReportTarget) -> Bool {
        if let objection = target.format.former.objection(to: target.path) {
            console.show([Diagnostic(.error, "report-unwritable", "A report was not written", objection)])
            return false
        }
        var report = report
        if target.format == .prometheus {
            report.lastSuccess = isWell ? report.started : lastSuccess(in: target.path)
        }
        let bytes =
            switch target.format {
            case .json: json(report)
            case .markdown: markdown(report)
            case .junit: junit(report)
            case .sarif: sarif(report)
            case .html: html(report)
            case .prometheus: prometheus(report)
            }
        do throws(FileTrouble) {
            try replaceFile(at: target.path, with: bytes, mode: 0o644)
            return true
        } catch {
            console.show([
                Diagnostic(
                    .error, "report-unwritable", "A report was not written",
                    "\(target.path) could not be written: \(error.reason). The run itself went on as it should.")
            ])
            return false
        }
    }

    /// Whether the run has done what it is for. One that was refused something, or could not see a host, has looked and planned;
    /// one that was refused before that has not, nor has one that found the state locked or its plan stale.
    private var isWell: Bool {
        switch ExitStatus(rawValue: report.exitStatus) {
        case .done, .pending, .drift: true
        // One that was to do something has not done it.
        case .refused, .unreachable: report.plan != nil && ["plan", "drift"].contains(report.verb)
        default: false
        }
    }

    /// What the report before this one said of the same verb.
    private func lastSuccess(in path: String) -> Int64? {
        guard let former = readSmallFile(path) else { return nil }
        let lines = String(decoding: former, as: UTF8.self).split(separator: "\n")
        let line = lines.first {
            $0.hasPrefix("rigaud_last_success_timestamp_seconds{") && $0.contains("verb=\"\(report.verb)\"")
        }
        return line?.split(separator: " ").last.flatMap { Int64($0) }
    }

    private func notify(_ url: String) async {
        guard let statusPath else { return }
        try? makeFolder(of: statusPath)
        let lock = FolderLock(of: statusPath)
        defer { withExtendedLifetime(lock) {} }
        do throws(ReportError) {
            let transition = try Transition(from: readSmallFile(statusPath), to: report, after: options.after)
            if let body = transition.body, let trouble = await post(body, to: url) {
                console.show([
                    Diagnostic(
                        .error, "not-notified", "Nobody was notified",
                        "\(trouble) What was to be told is told by the next run that finds it so.")
                ])
                return
            }
            do throws(FileTrouble) {
                try replaceFile(at: statusPath, with: transition.memory, mode: 0o600)
            } catch {
                console.show([
                    Diagnostic(
                        .warning, "not-remembered", "What was told is not remembered",
                        "\(statusPath) could not be written: \(error.reason). The next run tells the same again.")
                ])
            }
        } catch {
            console.show([Diagnostic(.warning, error.code, error.summary, error.detail)])
        }
    }
}
