import ArgumentParser
import Model
import Planner

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Plan, show, ask, and do it.",
        usage: "rigaud apply [<options>] [<source>]",
        discussion: """
            What needs a restart is written to the definition and waits for one; deleting what holds data needs leave. At the \
            end the hosts are read again and must agree.

            EXAMPLES
              rigaud apply
              rigaud apply --yes                        do not ask: for pipelines
              rigaud apply --allow restart              restart what needs it, now
              rigaud apply --target VirtualMachine/web
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var execution: ExecutionOptions

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        let record = RunRecord("apply", reports, options)
        try await CLI.run(options, record) { () throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: record)
            let (desired, notices, source) = try await workspace.load()
            return try await ApplyRun(
                workspace: workspace, desired: desired, source: source, policy: Policy(policy), execution: execution,
                isConfirmed: yes, isDestroy: false, notices: notices
            ).run()
        }
    }
}
