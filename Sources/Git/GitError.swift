/// Why a git source could not be read, or was refused, said for people. It never holds a credential.
package struct GitError: Error, Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable {
        /// The address cannot be understood, or asks for what is never done.
        case invalid
        case unreachable, denied, missing, ambiguous, timedOut, stopped, failed
        /// A host key or a certificate is not the one that it should be, or is not known.
        case untrusted
        /// A rule of the policy: a signature, a branch, a folder.
        case refused
        /// The repository holds what no honest one needs.
        case hostile
        case tooLarge
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
        self.detail = printable(detail)
        self.command = command
    }

    static func invalid(_ detail: String, command: String? = nil) -> GitError {
        GitError(.invalid, "The git address is not valid", detail, command: command)
    }

    static func missing(_ detail: String) -> GitError {
        GitError(.missing, "The git source does not have what was asked for", detail)
    }

    static func hostile(_ detail: String) -> GitError {
        GitError(.hostile, "The git repository holds something that is not read", detail)
    }

    static func tooLarge(_ detail: String) -> GitError {
        GitError(.tooLarge, "The git source is too large", detail)
    }

    static func refused(_ detail: String, command: String? = nil) -> GitError {
        GitError(.refused, "The policy for git sources refuses this commit", detail, command: command)
    }

    static func failed(_ detail: String) -> GitError { GitError(.failed, "The git source cannot be read", detail) }
}

/// Text of somebody else's without what a terminal would obey.
func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(
        String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) && $0 != "\n" ? "\u{FFFD}" : $0 }))
}

/// Controls of C0 and C1, and what changes the direction of text.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
}
