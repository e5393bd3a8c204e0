import Git
import Model
import Reports
import StateFile

/// A source that is a commit of a repository, and what is needed to read it.
struct GitSource {
    let address: GitAddress
    let policy: GitPolicy
    let cache = GitCache(directory: Environment.gitDirectory)

    /// Nil for what is a directory or a file.
    /// - Parameter commit: Read at this commit, whatever its ref stands for by now.
    init?(_ text: String, at commit: String? = nil, policy: GitPolicy) throws(Failure) {
        do throws(GitError) {
            guard text != "-", let address = try GitAddress(text) else { return nil }
            self.address = try commit.map { (commit) throws(GitError) in try address.pinned(to: commit) } ?? address
        } catch {
            throw Failure(error, .usage)
        }
        self.policy = policy
    }

    /// What the stack is called where no Stack manifest says another: the folder, else the repository.
    var name: String {
        let path = address.folder.isEmpty ? address.remote.url : address.folder
        var name = path.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "default"
        if name.hasSuffix(".git") { name.removeLast(4) }
        return name
    }

    /// Below the user's state directory, one for each repository and folder, whatever the ref.
    var stateDirectory: String {
        let identity = sha256([Array("\(address.remote.url)\n\(address.folder)".utf8)]).prefix(8)
        return "\(Environment.stateDirectory)/\(name)-\(identity)"
    }

    func read(_ interrupt: Interrupt) async throws(Failure) -> GitSnapshot {
        if let path = Environment.gitTokenFile, readSmallFile(path, limit: 1 << 16) == nil {
            throw Failure(
                "no-token", "The file with the git token cannot be read",
                "RIGAUD_GIT_TOKEN_FILE names \(path.printable), which is not there, is not to be read by this user, or is no token."
            )
        }
        do throws(GitError) {
            return try await cache.open(
                address, credentials: GitSource.credentials, policy: policy, isStopped: { interrupt.isSignalled })
        } catch {
            try interrupt.check()
            throw Failure(error)
        }
    }

    private static var credentials: GitCredentials {
        var credentials = GitCredentials()
        let fileToken = Environment.gitTokenFile.flatMap { readSmallFile($0, limit: 1 << 16) }.map { bytes in
            Secret(Array(bytes.reversed().drop { $0 <= 0x20 }.reversed()))
        }
        if let token = Environment.gitToken.map({ Secret($0) }) ?? fileToken {
            credentials.login = GitCredentials.token(token)
        }
        let home = Environment.home
        if let path = Environment.netrc ?? home.map({ "\($0)/.netrc" }), let bytes = readSmallFile(path, limit: 1 << 20)
        {
            credentials.netrc = Secret(bytes)
        }
        credentials.helperEnvironment = ["PATH": Environment.path, "GIT_TERMINAL_PROMPT": "0"]
        credentials.helperEnvironment?["HOME"] = home
        credentials.helperEnvironment?.merge(Environment.gitConfiguration) { $1 }
        credentials.usesAgent = Environment.hasAgent
        if let home {
            credentials.keys = GitCredentials.standardKeys(in: "\(home)/.ssh")
            credentials.knownHosts = ["\(home)/.ssh/known_hosts"]
        }
        credentials.knownHosts.append("/etc/ssh/ssh_known_hosts")
        return credentials
    }
}

extension Failure {
    init(_ error: GitError, _ status: ExitStatus = .error) {
        self.init(
            "git-\(error.reason.rawValue)", error.summary, error.detail, command: error.command,
            error.reason == .refused || error.reason == .untrusted ? .refused : status)
    }
}
