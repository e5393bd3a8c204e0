import ArgumentParser
import Model
import Planner
import Reports
import StateFile

struct DestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Delete everything that the state records: an apply of nothing.",
        usage: "rigaud destroy [<options>] [<source>]",
        discussion: """
            Confirming at a terminal permits the deletion of data; with --yes it needs --allow delete-data. Protected resources, \
            images and what others made stay.

            EXAMPLES
              rigaud destroy
              rigaud destroy --target VirtualMachine/web
              rigaud destroy --yes --allow delete-data
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        let record = RunRecord("destroy", reports, options, repeating: RepeatedOptions(options, git, policy))
        try await CLI.run("destroy", options, record) { (events) throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: record)
            var policy = Policy(policy)
            if !yes && workspace.console.isInteractive { policy.allowed.insert(.deleteData) }
            // The manifests may be gone or broken by now: of them only the stack's own settings matter.
            let stack = (try? await workspace.load())?.desired.stack ?? StackSettings(name: "this stack")
            let desired = DesiredState(stack: stack, hosts: [], resources: [])
            return try await ApplyRun(
                workspace: workspace, subject: .manifests(desired, policy),
                source: RunReport.Source(.state, location: workspace.location.path),
                isConfirmed: yes, isDestroy: true, notices: [], events: events
            ).run()
        }
    }
}
