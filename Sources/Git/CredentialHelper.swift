import Model

/// git's own credential helpers, asked through `git credential fill` (git-credential(1)).
enum CredentialHelper {
    /// Nil where no helper knows a password. The URL and the answer go through pipes.
    static func login(
        for remote: GitRemote, user: String?, variables: [String: String], _ stop: Stop
    ) throws(GitError) -> GitCredentials.Login? {
        var own = variables
        own["GIT_TERMINAL_PROMPT"] = "0"
        own["GIT_ASKPASS"] = ""
        own["SSH_ASKPASS"] = ""
        own["LC_ALL"] = "C"
        // A repository that happens to be around has no say in what is run.
        let process = Subprocess(program: "git", arguments: ["-C", "/", "credential", "fill"], variables: own)
        var question = "protocol=\(remote.scheme.rawValue)\nhost=\(remote.host)"
        question += remote.port.map { ":\($0)" } ?? ""
        question += "\npath=\(remote.path.drop { $0 == "/" })\n"
        if let user { question += "username=\(user)\n" }
        let result = try process.run(input: Array("\(question)\n".utf8), stop)
        guard result.status == 0 else { return nil }
        var (name, password): (String?, String?)
        for line in result.lines {
            if line.hasPrefix("username=") { name = String(line.dropFirst(9)) }
            if line.hasPrefix("password=") { password = String(line.dropFirst(9)) }
        }
        guard let name, let password, !password.isEmpty else { return nil }
        return .init(user: name, password: Secret(password))
    }
}
