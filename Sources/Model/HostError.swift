/// Why a host could not be reached, read or changed, said for people. Libvirt's own words are part of the detail only.
package struct HostError: Error, Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        case unreachable, denied, missing, exists, inUse, busy, unsupported, invalid, full, timedOut, failed
        /// What a volume was to be filled with could not be had; nothing was done on the host.
        case content
    }

    package let reason: Reason
    /// Constant for the reason and the operation.
    package let summary: String
    /// Whole sentences: what happened, why, what now.
    package let detail: String
    /// A command to run, if one helps.
    package let command: String?
    /// Whatever had been begun was taken away again: all is as it was before.
    package var isUndone = false

    package init(_ reason: Reason, _ summary: String, _ detail: String, command: String? = nil) {
        self.reason = reason
        self.summary = summary
        self.detail = detail
        self.command = command
    }
}
