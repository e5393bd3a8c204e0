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
            applied, else with 0.

            EXAMPLES
              rigaud drift
              rigaud drift --format json --quiet
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions

    func run() async throws {
        let record = RunRecord("drift", reports, options)
        try await CLI.run(options, record) { () throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: record)
            let (inspection, notices, source) = try await workspace.look(policy)
            var plan = inspection.plan
            let pending = plan.changes.filter { $0.change.cause == .config }.count
            let summary = PlanCounts(of: plan)
            if options.format != .json { plan.changes.removeAll { $0.change.cause == .config } }
            workspace.show(
                plan, source: source, diagnostics: notices, title: "Drift of stack \(plan.stack)",
                summary: summary.driftLine(of: plan, pending: pending))
            workspace.writeStatistics()
            if inspection.plan.result == .drift { return .drift }
            if !plan.unknown.isEmpty { return .unreachable }
            return pending > 0 ? .pending : .done
        }
    }
}
