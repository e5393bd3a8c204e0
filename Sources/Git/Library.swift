import CLibGit2
import Synchronization

/// libgit2 as a whole, and what it says when a call fails.
enum Library {
    /// Starts it once. An object larger than this in what a server sends ends the fetch.
    static func start() { _ = started }

    private static let started: Void = {
        git_libgit2_init()
        rigaud_git_set_largest_object(1 << 30)
        rigaud_git_set_server_timeout(60_000)
    }()

    /// Its words about the last call of this thread that failed. Read it before anything else is called.
    static var lastMessage: String {
        guard let error = git_error_last(), let text = error.pointee.message else { return "No reason is known." }
        let words = printable(String(cString: text)).split(separator: "\n").joined(separator: " ")
        return words.hasSuffix(".") ? words : words + "."
    }

    static func check(_ code: Int32, _ what: @autoclosure () -> String) throws(GitError) {
        guard code < 0 else { return }
        let message = lastMessage
        throw .failed("\(what()): \(message)")
    }

    /// Opens a repository whoever owns it.
    ///
    /// The check guards git's users against hooks and commands in another's configuration. libgit2 runs neither, the
    /// repository is only read, and pipelines check out as one user what they work on as another. The setting is the
    /// whole process's, so it is held no longer than this.
    static func withoutOwnerCheck<Result: ~Copyable>(
        _ body: () throws(GitError) -> Result
    ) throws(GitError) -> Result {
        try ownerCheck.withLock { _ throws(GitError) in
            rigaud_git_set_owner_validation(0)
            defer { rigaud_git_set_owner_validation(1) }
            return try body()
        }
    }

    private static let ownerCheck = Mutex(())
}
