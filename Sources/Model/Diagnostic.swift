/// Something that a user should know about the input or a host, said so that they can act on it.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Sendable, Comparable {
        case error, warning, notice

        package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
        private var rank: Int {
            switch self {
            case .error: 0;
            case .warning: 1;
            case .notice: 2
            }
        }
    }

    package var severity: Severity
    /// A stable word for programs, such as `unknown-field`.
    package var code: String
    /// Constant for the code: what kind of thing is wrong.
    package var summary: String
    /// Whole sentences: what is wrong here, why, and what to do.
    package var detail: String
    /// A command that helps, to be shown on a line of its own.
    package var command: String?
    package var address: Address?
    package var location: SourceLocation?

    package init(
        _ severity: Severity, _ code: String, _ summary: String, _ detail: String, command: String? = nil,
        address: Address? = nil, at location: SourceLocation? = nil
    ) {
        self.severity = severity
        self.code = code
        self.summary = summary
        self.detail = detail
        self.command = command
        self.address = address
        self.location = location
    }
}
