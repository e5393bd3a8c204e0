import Glibc
import Model

/// Why the state could not be read, written or locked, said for people.
package struct StateError: Error, Hashable, Sendable {
    package enum Code: String, Hashable, Sendable {
        /// The location names a store that there is not.
        case unsupportedLocation = "state-location"
        /// The file is there and the system does not let it be read.
        case unreadable = "state-unreadable"
        /// Torn, edited, or not a state at all.
        case damaged = "state-damaged"
        case journalDamaged = "journal-damaged"
        /// Written by a later rigaud.
        case newer = "state-newer"
        /// There were snapshots and the current one has gone.
        case missing = "state-missing"
        /// It says something that no state of rigaud's ever says.
        case invariant = "state-invariant"
        /// What secrets are recorded under has gone, or is no key.
        case keyLost = "key-lost"
        case locked = "state-locked"
        case unwritable = "state-unwritable"
        case full = "state-full"
        /// A saved plan: torn, edited, or one that no rigaud ever wrote.
        case planDamaged = "plan-damaged"
        case planNewer = "plan-newer"
    }

    package let code: Code
    /// Constant for the code.
    package let summary: String
    /// Whole sentences: what is wrong, why, what now.
    package let detail: String
    /// A command to run, if one helps.
    package let command: String?

    package init(_ code: Code, _ detail: String, command: String? = nil) {
        self.code = code
        self.summary = code.summary
        self.detail = detail
        self.command = command
    }
}

extension StateError.Code {
    package var summary: String {
        switch self {
        case .unsupportedLocation: "State cannot be kept there"
        case .unreadable: "The state cannot be read"
        case .damaged: "The state file is damaged"
        case .journalDamaged: "The state's journal is damaged"
        case .newer: "The state was written by a later rigaud"
        case .missing: "The state file is missing"
        case .invariant: "The state contradicts itself"
        case .keyLost: "The state's key is missing or damaged"
        case .locked: "The state is locked by another run"
        case .unwritable: "The state cannot be written"
        case .full: "There is no room left to write the state"
        case .planDamaged: "The saved plan is damaged"
        case .planNewer: "The plan was saved by a later rigaud"
        }
    }
}

extension StateError {
    /// A snapshot whose content cannot be believed.
    static func damaged(_ path: String, _ what: String, code: Code = .damaged) -> StateError {
        StateError(
            code,
            "\(path): \(what). Nothing was changed. Former snapshots are kept in the directory history beside it; "
                + "the command shows which of them are whole.",
            command: command("verify", path))
    }

    /// A command to copy.
    /// - Parameter path: Of the state or of its journal.
    package static func command(_ verb: String, _ path: String) -> String {
        let state = path.hasSuffix(".journal") ? String(path.dropLast(8)) : path
        return "rigaud state \(verb) --state \(shellWord(state))"
    }

    /// A system call on a file of the state that failed while it was being read.
    static func reading(_ path: String, _ number: Int32) -> StateError {
        StateError(
            .unreadable, "\(path) could not be read: \(systemText(number)). Check its owner and permissions.",
            command: "ls -l \(path)")
    }

    /// A system call on a file of the state that failed while it was being written.
    static func writing(_ path: String, _ number: Int32) -> StateError {
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            StateError(
                .full,
                "\(path) could not be written: \(systemText(number)). What was recorded before is intact. Make room, "
                    + "then run the same command again.",
                command: "df -h \(directory(of: path))")
        default:
            StateError(
                .unwritable,
                "\(path) could not be written: \(systemText(number)). What was recorded before is intact. Check the "
                    + "directory's owner, permissions and mount, then run the same command again.",
                command: "ls -ld \(directory(of: path))")
        }
    }

    private static func systemText(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }

    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
