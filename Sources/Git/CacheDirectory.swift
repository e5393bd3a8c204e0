import CLibGit2
import Glibc

/// The folder that clones are kept in: one bare clone and one lock file a URL.
struct CacheDirectory: Sendable {
    let path: String

    /// Makes it for its owner alone, and those above it. One that others may write to is refused: what lies there is
    /// trusted, and no one asks again who owns it.
    func prepare() throws(GitError) {
        try CacheDirectory.make(path)
        var information = stat()
        guard stat(path, &information) == 0 else { throw .failed("\(path) cannot be read: \(reason(errno)).") }
        guard information.st_uid == geteuid(), information.st_mode & 0o022 == 0 else {
            throw GitError(
                .denied, "The folder for clones is not safe",
                "\(path) is another user's, or others may write to it, so that they could put commits there. Take it back or "
                    + "choose another folder.", command: "chmod 700 \(path)")
        }
    }

    private static func make(_ path: String) throws(GitError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let problem = errno
        guard problem == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .failed("\(path) cannot be made: \(reason(problem)).")
        }
        try make(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .failed("\(path) cannot be made: \(reason(errno)).")
        }
    }

    func clone(of remote: GitRemote) -> ClonePaths { ClonePaths(directory: path, key: sha1Hex(Array(remote.url.utf8))) }
}

/// What belongs to one URL in the cache.
struct ClonePaths: Sendable {
    let directory: String
    let key: String

    var repository: String { "\(directory)/\(key).git" }
    var lock: String { "\(directory)/\(key).lock" }
    var newName: String { "\(key).new" }

    var exists: Bool { access("\(repository)/HEAD", F_OK) == 0 }

    /// Removes what a process that was killed has left. Only under the lock: then nobody is at work on it.
    func removeLeftovers() {
        for name in names(in: directory) where name.hasPrefix("\(newName).") { removeTree("\(directory)/\(name)") }
        // libgit2 writes a pack under such a name, and renames it when it is whole.
        for name in names(in: "\(repository)/objects/pack") where name.contains("_git2_") || name.hasPrefix("tmp_") {
            unlink("\(repository)/objects/pack/\(name)")
        }
    }
}

/// The kernel's lock on one clone. It goes with its holder, however that ends.
struct CloneLock: ~Copyable {
    private let descriptor: Int32

    init(_ path: String, _ stop: Stop) throws(GitError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed("\(path) cannot be opened: \(Git.reason(errno)).") }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .failed("\(path) cannot be locked: \(Git.reason(errno)).")
            }
            if let reason = stop.reason {
                guard reason.reason == .timedOut else { throw reason }
                throw GitError(
                    .timedOut, reason.summary,
                    "Another process has been fetching from the same repository all the time. It holds \(path).")
            }
            usleep(20_000)
        }
    }

    deinit {
        // A program that is being started just now has the descriptor too, until it becomes another one.
        if descriptor >= 0 {
            _ = flock(descriptor, LOCK_UN)
            close(descriptor)
        }
    }
}
