import ArgumentParser
import Model
import Planner
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
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        try await CLI.run("destroy", options) { (events) throws(Failure) in
            let workspace = try Workspace(options, source: source.source)
            var policy = Policy(policy)
            if !yes && workspace.console.isInteractive { policy.allowed.insert(.deleteData) }
            // The manifests may be gone or broken by now: of them only the stack's own settings matter.
            let stack = (try? workspace.load())?.desired.stack ?? StackSettings(name: "this stack")
            let desired = DesiredState(stack: stack, hosts: [], resources: [])
            return try await ApplyRun(
                workspace: workspace, desired: desired,
                source: SourceDescription(.state, location: workspace.location.path),
                policy: policy, isConfirmed: yes, isDestroy: true, notices: [], events: events
            ).run()
        }
    }
}
