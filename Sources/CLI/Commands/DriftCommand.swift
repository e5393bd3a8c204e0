import ArgumentParser
import Model
import Planner
import Reports

struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Compare the hosts with what was last applied; nothing is written, not even state.",
        usage: "rigaud drift [<options>] [<source>]",
        discussion: """
            Ends with 3 when a host has drifted, with 8 when one could not be read, with 2 when the manifests have changes that were not \
            applied, with 1 before all of these when something is wrong, with 7 when an apply is under way, else with 0. What is suspended, and what a rule of the Stack ignores, \
            does not count.

            EXAMPLES
              rigaud drift
              rigaud drift --format json --quiet
              rigaud drift --record drift.json --after 3    quiet about what fewer than three runs in a row have seen
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions

    @Option(
        help: ArgumentHelp(
            "Remember in this file what was seen of drifts, so that it is told what is new, still there or gone.",
            valueName: "file"))
    var record: String?

    func run() async throws {
        let run = RunRecord("drift", reports, options, repeating: RepeatedOptions(options, git, policy))
        try await CLI.run("drift", options, run) { () throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: run)
            if let record { run.statusPath = record + ".notified" }
            var recording = try record.map { (path) throws(Failure) in try DriftRecording(path) }
            let (inspection, notices, _) = try await workspace.look(policy, isExact: true)
            var trouble: [Diagnostic] = []
            if record != nil { run.report.after = reports.after }
            do throws(Failure) {
                run.report.drift = try recording?.take(inspection, Policy(policy)) ?? []
            } catch {
                trouble = error.diagnostics
                run.report.diagnostics += trouble
            }
            let status = trouble.isEmpty ? status(of: inspection.plan, run.report) : .error
            run.end(status)
            show(inspection.plan, run.report, notices + trouble, in: workspace)
            workspace.writeStatistics()
            return status
        }
    }

    private func show(_ plan: Plan, _ report: RunReport, _ diagnostics: [Diagnostic], in workspace: Workspace) {
        let console = workspace.console
        guard options.format != .json else {
            console.print(bytes: json(report))
            return
        }
        console.show(diagnostics)
        let style = options.format == .text ? console.output : .plain
        let text = DriftText(report, plan, style: style).lines().joined(separator: "\n")
        console.print(options.format == .text ? text : "```\n\(text)\n```")
        workspace.tellTroubles(of: plan)
    }

    /// Drift that is suspended does not count, nor what too few runs have seen.
    private func status(of plan: Plan, _ report: RunReport) -> ExitStatus {
        if plan.hasErrors { return .error }
        let settled = report.settled
        if plan.changes.contains(where: { $0.isDrift && settled?.contains($0.change.address) ?? true }) {
            return .drift
        }
        if plan.hasUnknown { return .unreachable }
        return plan.changes.contains { $0.change.cause != .drift && !$0.isSuspended } ? .pending : .done
    }
}
