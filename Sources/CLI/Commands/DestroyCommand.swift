import ArgumentParser
import Glibc
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
            // Of the manifests only the stack's own settings matter: what is suspended, say.
            let stack = try await workspace.settings()
            let desired = DesiredState(stack: stack, hosts: [], resources: [])
            return try await ApplyRun(
                workspace: workspace, subject: .manifests(desired, policy),
                source: RunReport.Source(.state, location: workspace.location.path),
                isConfirmed: yes, isDestroy: true, notices: [], events: events
            ).run()
        }
    }
}

extension Workspace {
    /// The stack's own settings; its name alone where there are no manifests any more. Those that are there and cannot be read may well say
    /// that something is to be left alone.
    fileprivate func settings() async throws(Failure) -> StackSettings {
        do throws(Failure) {
            return try await load().desired.stack
        } catch {
            let isGone = git == nil && source != "-" && access(source, F_OK) != 0
            if isGone || error.diagnostics.contains(where: { $0.code == "no-manifests" }) {
                return StackSettings(name: try readState().header?.source.stack ?? stackName)
            }
            guard error.status != .interrupted else { throw error }
            let advice = Diagnostic(
                .error, "manifests-unread", "Nothing was destroyed: the manifests cannot be read",
                """
                They say what is suspended, and a commit has to hold to what is demanded of it. Mend them, or destroy without them: by \
                the state, from an empty folder.
                """, command: commandByState("destroy"))
            throw Failure(error.diagnostics + [advice], error.status)
        }
    }
}
