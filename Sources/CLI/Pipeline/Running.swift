import ArgumentParser
import Model

/// Runs a command's body: what it throws is shown, what it returns is the exit status.
func run(_ options: CommonOptions, _ body: () async throws(Failure) -> ExitStatus) async throws {
    let status: ExitStatus
    do throws(Failure) {
        status = try await body()
    } catch {
        options.console.show(error.diagnostics)
        if options.format == .json {
            let value: Value = ["formatVersion": 1, "diagnostics": .list(error.diagnostics.map(json(of:)))]
            options.console.print(JSONWriter.text(of: value, pretty: true))
        }
        throw error.status.code
    }
    if status != .done { throw status.code }
}
