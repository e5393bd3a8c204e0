import ArgumentParser
import Manifest
import Model

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the manifests, for editors.",
        usage: "rigaud schema [<options>] [<kind>]",
        discussion: """
            EXAMPLES
              rigaud schema > rigaud.schema.json
              rigaud schema VirtualMachine

            In a manifest, for editors with the YAML language server:
              # yaml-language-server: $schema=rigaud.schema.json
            """)

    @Argument(help: ArgumentHelp("Only this kind; all kinds otherwise.", valueName: "kind"))
    var kind: String?

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await CLI.run("schema", options) { () throws(Failure) in
            guard let schema = jsonSchema(kind: kind) else {
                throw Failure(
                    "unknown-kind", "There is no such kind",
                    "\"\(kind ?? "")\" is not a kind of rigaud's. The kinds are \(kindNames.joined(separator: ", ")).",
                    .usage)
            }
            options.console.print(JSONWriter.text(of: schema, pretty: true))
            return .done
        }
    }
}
