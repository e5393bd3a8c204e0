import ArgumentParser
import Model
import Planner
import StateFile

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
              rigaud apply lab.plan                     do what rigaud plan --out lab.plan saved, and nothing else
              rigaud apply --allow rewind               apply an older commit of a git source
              rigaud apply --only-drift --heal power    mend what somebody turned off or on, and nothing else
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions
    @OptionGroup var policy: PolicyOptions

    @OptionGroup var healing: HealOptions

    @Flag(help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard !healing.onlyDrift || policy.allowed.isEmpty else {
            throw ValidationError("--only-drift never does what needs --allow.")
        }
    }

    func run() async throws {
        let record = RunRecord("apply", reports, options, repeating: RepeatedOptions(options, git, policy))
        try await CLI.run("apply", options, record) { (events) throws(Failure) in
            if let file = try PlanFile(source.source) { return try await apply(file, record, events) }
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: record)
            let loaded = try await workspace.load()
            return try await ApplyRun(
                workspace: workspace, subject: .manifests(loaded.desired, policy.healing(healing)),
                source: loaded.source,
                snapshot: loaded.snapshot, allowsRewind: policy.allowsRewind, isConfirmed: yes,
                notices: loaded.notices, events: events
            ).run()
        }
    }

    private func apply(_ file: PlanFile, _ record: RunRecord, _ events: EventLog) async throws(Failure) -> ExitStatus {
        guard policy.target.isEmpty, policy.exclude.isEmpty, policy.allowed.isEmpty, !healing.onlyDrift
        else {
            throw Failure(
                "plan-decided", "What a saved plan does was decided when it was made",
                "--target, --exclude, --allow and --only-drift have no say in it any more.",
                command: "rigaud plan --out FILE", .usage)
        }
        let workspace = try Workspace(options, of: file, git: git.policy, record: record)
        return try await ApplyRun(
            workspace: workspace, subject: .saved(file), source: file.source,
            allowsRewind: policy.allowsRewind || file.saved.policy.allowsRewind,
            isConfirmed: yes, notices: file.saved.notices, events: events
        ).run()
    }
}
