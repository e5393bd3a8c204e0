import ArgumentParser
import Model
import Planner

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what an apply would do; nothing is written but what --out names.",
        usage: "rigaud plan [<options>] [<source>]",
        discussion: """
            EXAMPLES
              rigaud plan
              rigaud plan stacks/lab --target VirtualMachine/web
              rigaud plan --detailed-exitcode     0 in sync, 2 changes, 3 drift
              rigaud plan --format json | jq .summary
              rigaud plan --out lab.plan          save it; rigaud apply lab.plan does exactly that
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions

    @Option(
        help: ArgumentHelp("Save the plan to a file, which rigaud show and rigaud apply take.", valueName: "file"))
    var out: String?

    @Flag(
        name: .customLong("detailed-exitcode"),
        help: "End with 2 when changes are pending, with 3 when a host has drifted.")
    var detailedExitCode = false

    func run() async throws {
        let record = RunRecord("plan", reports, options, repeating: RepeatedOptions(options, git, policy))
        try await CLI.run("plan", options, record) { () throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: record)
            let (inspection, notices, source) = try await workspace.look(
                policy, isPlan: true, isKept: out != nil, isExact: out != nil || detailedExitCode)
            if let out { try workspace.save(inspection, source, notices, policy, to: out) }
            workspace.timings.measure("print") {
                workspace.show(inspection.plan, source: source, diagnostics: notices)
            }
            workspace.writeStatistics()
            return status(of: inspection.plan)
        }
    }

    private func status(of plan: Plan) -> ExitStatus {
        if plan.hasErrors { return .error }
        switch plan.result {
        case .drift where detailedExitCode: return .drift
        case _ where plan.hasUnknown: return .unreachable
        case .pending where detailedExitCode: return .pending
        default: return .done
        }
    }
}
