import ArgumentParser
import Glibc
import Model
import Reports
import StateFile

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a saved plan, or the state: what was last applied, by whom, and what is recorded.",
        usage: "rigaud show [<options>] [<source>]",
        discussion: """
            EXAMPLES
              rigaud show
              rigaud show --format json
              rigaud show lab.plan --format markdown
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await CLI.run("show", options) { () throws(Failure) in
            if let file = try PlanFile(source.source) {
                try Workspace(options, of: file).show(
                    file.saved.plan, source: file.source, diagnostics: file.saved.notices)
                return .done
            }
            guard source.source == "-" || isDirectory(source.source) || access(source.source, F_OK) != 0 else {
                throw Failure(
                    "no-plan", "This is no saved plan",
                    "\(source.source.printable) is a file, and none that `rigaud plan --out` wrote. Name a saved plan, or a stack's directory."
                )
            }
            let workspace = try Workspace(options, source: source.source)
            let state = try workspace.readState()
            if options.format == .json {
                workspace.console.print(JSONWriter.text(of: json(of: state), pretty: true))
                return .done
            }
            guard let lineage = state.recorded.lineage else {
                workspace.console.print("Nothing has been applied yet: there is no state at \(workspace.location).")
                return .done
            }
            workspace.console.print("State       \(workspace.location)")
            workspace.console.print("Lineage     \(lineage)")
            workspace.console.print("Serial      \(state.recorded.serial)")
            if let header = state.header {
                workspace.console.print(
                    "Written     \(header.author.time) by \(header.author.user) on \(header.author.host)")
                if let commit = header.source.commit { workspace.console.print("Commit      \(commit.printable)") }
            }
            for (address, uri) in state.recorded.hosts.sorted(by: { $0.key < $1.key }) {
                workspace.console.print("Host        \(address)  \(uri.printable)")
            }
            if try StateWatch(workspace.location).isUnderWay() {
                workspace.console.print("Under way   an apply; what it has done so far is shown")
            } else if !state.intents.isEmpty {
                workspace.console.print(
                    "Interrupted \(counted(state.intents.count, "step")); the next plan or apply looks")
            }
            workspace.console.print("")
            for line in recordTable(state.recorded, style: workspace.console.output) { workspace.console.print(line) }
            return .done
        }
    }

    private func json(of state: StateView) -> Value {
        [
            "formatVersion": 1,
            "lineage": state.recorded.lineage.map { .string($0.description) } ?? .null,
            "serial": .integer(Int64(state.recorded.serial)),
            "writtenAt": state.header.map { .string($0.author.time) } ?? .null,
            "hosts": .map(
                Dictionary(
                    state.recorded.hosts.map { ($0.key.text, .string($0.value)) },
                    uniquingKeysWith: { first, _ in first })),
            "interruptedSteps": .integer(Int64(state.intents.count)),
            "records": .list(
                state.recorded.records.values.sorted { $0.address < $1.address }.map(CLI.json(of:))),
        ]
    }
}
