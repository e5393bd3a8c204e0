import ArgumentParser
import Model
import Reports

/// Runs a command's body: what it throws is shown, what it returns is the exit status; its reports are written in either case.
func run(
    _ verb: String, _ options: CommonOptions, _ record: RunRecord? = nil,
    _ body: (EventLog) async throws(Failure) -> ExitStatus
) async throws {
    let events = EventLog(path: options.events, console: options.console)
    events.begin(verb)
    let status: ExitStatus
    do throws(Failure) {
        status = try await body(events)
    } catch {
        events.end(error.status)
        options.console.show(error.diagnostics)
        await record?.finish(error.status, error.diagnostics)
        if options.format == .json, verb == "drift", let record {
            options.console.print(bytes: json(record.report))
        } else if options.format == .json {
            let value: Value = ["formatVersion": 1, "diagnostics": .list(error.diagnostics.map(value(of:)))]
            options.console.print(JSONWriter.text(of: value, pretty: true))
        }
        throw error.status.code
    }
    events.end(status)
    let isWritten = await record?.finish(status) ?? true
    if status != .done { throw status.code }
    if !isWritten { throw ExitStatus.error.code }
}

/// The same for a command that has no events of its own.
func run(
    _ verb: String, _ options: CommonOptions, _ record: RunRecord? = nil,
    _ body: () async throws(Failure) -> ExitStatus
) async throws {
    try await run(verb, options, record) { (_) throws(Failure) in try await body() }
}
