import ArgumentParser
import Model
import Reports

/// Runs a command's body: what it throws is shown, what it returns is the exit status; its reports are written in either case.
func run(
    _ options: CommonOptions, _ record: RunRecord? = nil, _ body: () async throws(Failure) -> ExitStatus
) async throws {
    let status: ExitStatus
    do throws(Failure) {
        status = try await body()
    } catch {
        options.console.show(error.diagnostics)
        if options.format == .json {
            let value: Value = ["formatVersion": 1, "diagnostics": .list(error.diagnostics.map(value(of:)))]
            options.console.print(JSONWriter.text(of: value, pretty: true))
        }
        await record?.finish(error.status, error.diagnostics)
        throw error.status.code
    }
    await record?.finish(status)
    if status != .done { throw status.code }
}
