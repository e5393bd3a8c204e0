/// Why an image could not be brought here, said for people.
package struct ImageError: Error, Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        case unreachable, denied, missing, mismatch, unsupported, full, timedOut, stopped, failed
    }

    package let reason: Reason
    /// Constant for the reason.
    package let summary: String
    /// Whole sentences: what happened, why, what now.
    package let detail: String
    package let command: String?

    package init(_ reason: Reason, _ summary: String, _ detail: String, command: String? = nil) {
        self.reason = reason
        self.summary = summary
        self.detail = detail
        self.command = command
    }
}
