import ArgumentParser
import Model

struct GraphCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Print the dependency graph of the manifests.",
        usage: "rigaud graph [<options>] [<source>]",
        discussion: """
            EXAMPLES
              rigaud graph | dot -Tsvg > graph.svg
              rigaud graph --as mermaid
              rigaud graph --as json
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var options: CommonOptions

    @Option(name: .customLong("as"), help: ArgumentHelp("How to write it.", valueName: "dot|mermaid|json"))
    var form: GraphFormat?

    func run() async throws {
        try await CLI.run("graph", options) { () throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy)
            let loaded = try await workspace.load()
            let (desired, notices) = (loaded.desired, loaded.notices)
            workspace.console.show(notices)
            workspace.console.print(render(desired, as: form ?? (options.format == .json ? .json : .dot)))
            return .done
        }
    }
}

extension GraphFormat: ExpressibleByArgument {}
