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

    init(_ reason: Reason, _ detail: String, command: String? = nil) {
        self.init(reason, reason.summary, detail, command: command)
    }
}

extension ImageError.Reason {
    package var summary: String {
        switch self {
        case .unreachable: "The server of an image cannot be reached"
        case .denied: "An image may not be read"
        case .missing: "An image is not where it should be"
        case .mismatch: "An image is not the one that its checksum names"
        case .unsupported: "An image cannot be used"
        case .full: "There is no room for an image"
        case .timedOut: "An image did not come in time"
        case .stopped: "The download of an image was stopped"
        case .failed: "An image could not be brought here"
        }
    }
}
