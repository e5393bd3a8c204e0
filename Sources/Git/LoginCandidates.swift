import Glibc
import Model

/// What is offered to a server, one after the other, until it lets us in.
struct LoginCandidates {
    enum Offer {
        case password(GitCredentials.Login)
        case agent
        case key(GitCredentials.Key)
    }

    private enum Candidate {
        case login(GitCredentials.Login, String)
        case netrc(Secret)
        case helper([String: String])
        case agent
        case key(GitCredentials.Key)
    }

    private let remote: GitRemote
    private var candidates: [Candidate] = []
    /// In words, for who is told that none of them did.
    private(set) var tried: [String] = []

    init(_ credentials: GitCredentials, for remote: GitRemote) {
        self.remote = remote
        if remote.scheme == .ssh {
            if credentials.usesAgent { candidates.append(.agent) }
            candidates += credentials.keys.filter { access($0.path, R_OK) == 0 }.map { .key($0) }
        } else {
            if let login = remote.embedded { candidates.append(.login(login, "what the URL holds")) }
            if let login = credentials.login { candidates.append(.login(login, "the token or password given")) }
            if let netrc = credentials.netrc { candidates.append(.netrc(netrc)) }
            if let variables = credentials.helperEnvironment { candidates.append(.helper(variables)) }
        }
    }

    /// Whom the URL names without a password.
    private var knownUser: String? {
        guard let login = remote.embedded, login.password.text.isEmpty else { return nil }
        return login.user.text
    }

    var isEmpty: Bool { candidates.isEmpty }

    mutating func next(_ stop: Stop) throws(GitError) -> Offer? {
        while !candidates.isEmpty {
            switch candidates.removeFirst() {
            case .login(let login, let what):
                tried.append(what)
                return .password(login)
            case .netrc(let text):
                let netrc = Netrc(text.text)
                guard
                    let (user, password) = netrc.login(host: remote.host, user: knownUser)
                        ?? netrc.login(host: remote.host, user: nil)
                else { continue }
                tried.append("the netrc file")
                return .password(.init(user: user, password: Secret(password)))
            case .helper(let variables):
                guard
                    let login = try CredentialHelper.login(for: remote, user: knownUser, variables: variables, stop)
                else { continue }
                tried.append("git's credential helper")
                return .password(login)
            case .agent:
                tried.append("the ssh agent")
                return .agent
            case .key(let key):
                tried.append(key.path)
                return .key(key)
            }
        }
        return nil
    }
}
