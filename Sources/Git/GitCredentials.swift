package import Model

/// What a server may be told about who asks, and which hosts are known. The caller has read it all: the environment, files,
/// options.
package struct GitCredentials: Sendable {
    package struct Login: Hashable, Sendable {
        /// As secret as the password: some servers take a token for a user.
        package let user: Secret
        package let password: Secret

        package init(user: String, password: Secret) { (self.user, self.password) = (Secret(user), password) }
    }

    package struct Key: Hashable, Sendable {
        /// Of the private key. The public one lies beside it, with `.pub`, or is made from it.
        package let path: String
        package let passphrase: Secret?

        package init(path: String, passphrase: Secret? = nil) { (self.path, self.passphrase) = (path, passphrase) }
    }

    /// For https: tried first.
    package var login: Login?
    /// The text of a netrc file: tried after the login.
    package var netrc: Secret?
    /// Whether `git credential fill` may be asked, tried last, and the environment it runs in; nil is no. It asks nobody at a
    /// terminal.
    package var helperEnvironment: [String: String]?
    /// For ssh: tried after the agent, in this order. Those that are not there are skipped.
    package var keys: [Key] = []
    /// The agent of `SSH_AUTH_SOCK`.
    package var usesAgent = false
    /// Who logs in by ssh where the URL does not say.
    package var sshUser = "git"
    /// Paths of known_hosts files; the first is where an unknown host is to be added.
    package var knownHosts: [String] = []

    package init() {}

    /// A token for https. Servers mostly look at the token alone, so any user will do.
    package static func token(_ token: Secret, user: String = "x-access-token") -> Login {
        Login(user: user, password: token)
    }

    /// The keys that OpenSSH tries by itself, in a user's `.ssh` folder.
    package static func standardKeys(in directory: String) -> [Key] {
        ["id_ed25519", "id_ecdsa", "id_rsa"].map { Key(path: "\(directory)/\($0)") }
    }

    /// For a server that is not the one these were given for: what checks hosts stays, what logs in does not.
    var withoutLogins: GitCredentials {
        var none = GitCredentials()
        none.knownHosts = knownHosts
        none.sshUser = sshUser
        return none
    }
}

extension Secret {
    /// For libgit2, which takes text.
    var text: String { reveal { String(decoding: $0, as: UTF8.self) } }
}
