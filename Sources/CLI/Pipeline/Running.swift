import ArgumentParser
import Model

/// Runs a command's body: what it throws is shown, what it returns is the exit status.
func run(_ options: CommonOptions, _ body: () async throws(Failure) -> ExitStatus) async throws {
    let status: ExitStatus
    do throws(Failure) {
        status = try await body()
    } catch {
        options.console.show(error.diagnostics)
        throw error.status.code
    }
    if status != .done { throw status.code }
}
