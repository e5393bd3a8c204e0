import ArgumentParser
import Model

/// Runs a command's body: what it throws is shown, what it returns is the exit status.
func run(
    _ verb: String, _ options: CommonOptions, _ body: (EventLog) async throws(Failure) -> ExitStatus
) async throws {
    let events = EventLog(path: options.events, console: options.console)
    events.begin(verb)
    let status: ExitStatus
    do throws(Failure) {
        status = try await body(events)
    } catch {
        events.end(error.status)
        options.console.show(error.diagnostics)
        if options.format == .json {
            let value: Value = ["formatVersion": 1, "diagnostics": .list(error.diagnostics.map(json(of:)))]
            options.console.print(JSONWriter.text(of: value, pretty: true))
        }
        throw error.status.code
    }
    events.end(status)
    if status != .done { throw status.code }
}

/// The same for a command that has no events of its own.
func run(_ verb: String, _ options: CommonOptions, _ body: () async throws(Failure) -> ExitStatus) async throws {
    try await run(verb, options) { (_) throws(Failure) in try await body() }
}
