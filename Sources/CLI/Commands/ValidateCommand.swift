import ArgumentParser
import Model
import Reports

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Read and check the manifests; nothing is connected to.",
        usage: "rigaud validate [<options>] [<source>]",
        discussion: """
            Everything that is wrong is said at once, each with file, line and column.

            EXAMPLES
              rigaud validate
              rigaud validate stacks/lab --format json
              kustomize build . | rigaud validate -
            """)

    @OptionGroup var source: SourceArgument
    @OptionGroup var git: GitOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let record = RunRecord("validate", reports, options)
        try await CLI.run("validate", options, record) { () throws(Failure) in
            let workspace = try Workspace(options, source: source.source, git: git.policy, record: record)
            if options.format == .json { return await validateAsJSON(workspace) }
            let loaded = try await workspace.load()
            let (desired, notices, source) = (loaded.desired, loaded.notices, loaded.source)
            record.report.stack = desired.stack.name
            record.report.source = source
            record.report.diagnostics = notices
            workspace.console.show(notices)
            var counts: [Substring: Int] = [:]
            for resource in desired.resources where !resource.address.isPart {
                counts[resource.address.kind, default: 0] += 1
            }
            let parts = counts.sorted { $0.key < $1.key }.map { counted($0.value, String($0.key)) }
            workspace.console.print(
                "\(desired.stack.name) is valid: \(parts.isEmpty ? "no resources" : parts.joined(separator: ", ")).")
            return .done
        }
    }

    private func validateAsJSON(_ workspace: Workspace) async -> ExitStatus {
        var status = ExitStatus.done
        var diagnostics: [Diagnostic] = []
        do throws(Failure) {
            diagnostics = try await workspace.load().notices
            workspace.record?.report.diagnostics = diagnostics
        } catch {
            diagnostics = error.diagnostics
            status = error.status
            workspace.record?.report.diagnostics = diagnostics
        }
        let value: Value = [
            "formatVersion": 1, "valid": .bool(status == .done), "diagnostics": .list(diagnostics.map(value(of:))),
        ]
        workspace.console.print(JSONWriter.text(of: value, pretty: true))
        return status
    }
}
