import Model

/// Why a command cannot go on: what to tell the user, and what to end with.
struct Failure: Error {
    let diagnostics: [Diagnostic]
    let status: ExitStatus

    init(_ diagnostics: [Diagnostic], _ status: ExitStatus = .error) {
        self.diagnostics = diagnostics
        self.status = status
    }

    init(_ code: String, _ summary: String, _ detail: String, command: String? = nil, _ status: ExitStatus = .error) {
        self.init([Diagnostic(.error, code, summary, detail, command: command)], status)
    }
}
