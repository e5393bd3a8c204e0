import CLibGit2
import Glibc
import Model

/// What libgit2 asks while it talks to a server, and what it is answered. It stays on the thread of the fetch.
final class Conversation {
    let remote: GitRemote
    let stop: Stop
    private let credentials: GitCredentials
    private let mostBytes: Int
    private var candidates: LoginCandidates
    /// How often something was offered.
    private(set) var offers = 0
    /// Why this side has ended the conversation.
    private(set) var problem: GitError?

    init(_ remote: GitRemote, _ credentials: GitCredentials, mostBytes: Int, _ stop: Stop) {
        (self.remote, self.credentials, self.mostBytes, self.stop) = (remote, credentials, mostBytes, stop)
        candidates = LoginCandidates(credentials, for: remote)
    }

    /// Over ssh an offer that breaks the connection, such as an agent that is gone, is not the last.
    var hasMoreToOffer: Bool { problem == nil && remote.scheme == .ssh && !candidates.isEmpty }

    func attach(to callbacks: inout git_remote_callbacks) {
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.credentials = { out, _, _, allowed, payload in
            Conversation.of(payload)?.offer(out, allowed) ?? GIT_EAUTH.rawValue
        }
        callbacks.certificate_check = { certificate, isValid, _, payload in
            Conversation.of(payload)?.check(certificate, isValid: isValid == 1) ?? GIT_ECERTIFICATE.rawValue
        }
        callbacks.transfer_progress = { progress, payload in
            Conversation.of(payload)?.goOn(received: progress?.pointee.received_bytes ?? 0) ?? GIT_EUSER.rawValue
        }
        callbacks.sideband_progress = { _, _, payload in
            Conversation.of(payload)?.goOn(received: 0) ?? GIT_EUSER.rawValue
        }
    }

    private static func of(_ payload: UnsafeMutableRawPointer?) -> Conversation? {
        payload.map { Unmanaged<Conversation>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Ends the conversation for a reason of this side's.
    private func end(_ error: GitError, _ code: git_error_code) -> Int32 {
        problem = problem ?? error
        return code.rawValue
    }

    private func goOn(received: Int) -> Int32 {
        if let reason = stop.reason { return end(reason, GIT_EUSER) }
        guard received <= mostBytes else {
            return end(.tooLarge("The server has sent more than \(mostBytes >> 20) MB."), GIT_EUSER)
        }
        return 0
    }

    private func offer(_ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, _ allowed: UInt32) -> Int32
    {
        if let reason = stop.reason { return end(reason, GIT_EUSER) }
        let user = remote.user ?? credentials.sshUser
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 { return git_credential_username_new(out, user) }
        if remote.scheme == .http, !remote.isLoopback, !candidates.isEmpty {
            return end(
                denied("It asks for a password over plain http, where everyone on the way would read it. Use https."),
                GIT_EUSER)
        }
        do throws(GitError) {
            while let offer = try candidates.next(stop) {
                offers += 1
                switch offer {
                case .password(let login):
                    guard allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else { continue }
                    return git_credential_userpass_plaintext_new(out, login.user.text, login.password.text)
                case .agent:
                    guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { continue }
                    return git_credential_ssh_key_from_agent(out, user)
                case .key(let key):
                    guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { continue }
                    let publicKey = "\(key.path).pub"
                    return git_credential_ssh_key_new(
                        out, user, access(publicKey, R_OK) == 0 ? publicKey : nil, key.path, key.passphrase?.text)
                }
            }
        } catch {
            return end(error, GIT_EUSER)
        }
        return end(noOffer, GIT_EAUTH)
    }

    private var noOffer: GitError {
        let how =
            remote.scheme == .ssh
            ? "a key that the server knows, in the agent or in a file"
            : "a token, a netrc file or a credential helper"
        guard !candidates.tried.isEmpty else {
            return denied(
                "It wants to know who asks, and neither the environment, a netrc, nor a credential helper gave a user and a password that could be used. Give it \(how)."
            )
        }
        return denied(
            "It did not accept \(candidates.tried.joined(separator: ", nor ")). Give it \(how) that may read the repository."
        )
    }

    private func denied(_ detail: String) -> GitError {
        GitError(.denied, "The git server denies access", "\(remote.url): \(detail)")
    }

    private func check(_ certificate: UnsafeMutablePointer<git_cert>?, isValid: Bool) -> Int32 {
        guard let certificate else { return GIT_ECERTIFICATE.rawValue }
        switch certificate.pointee.cert_type {
        case GIT_CERT_HOSTKEY_LIBSSH2:
            let error = certificate.withMemoryRebound(to: git_cert_hostkey.self, capacity: 1) {
                HostKeyCheck(remote: remote, files: credentials.knownHosts).refusal(of: $0.pointee)
            }
            return error.map { end($0, GIT_ECERTIFICATE) } ?? 0
        default:
            return isValid ? 0 : end(untrustedCertificate, GIT_ECERTIFICATE)
        }
    }

    private var untrustedCertificate: GitError {
        GitError(
            .untrusted, "The git server's certificate is not trusted",
            "The certificate of \(remote.host) is not valid for it, or is not signed by an authority that this machine "
                + "trusts. Somebody may be in between. If the authority is your own, install its certificate on this machine.",
            command:
                "openssl s_client -connect \(remote.host):\(remote.port ?? 443) -servername \(remote.host) </dev/null")
    }

    /// What went wrong in a call that ended with `code`. Called right after it: libgit2 keeps its words for the thread.
    func failure(_ code: Int32) -> GitError {
        if let problem { return problem }
        let message = Library.lastMessage
        if let reason = stop.reason { return reason }
        if code == GIT_ECERTIFICATE.rawValue { return untrustedCertificate }
        if code == GIT_EAUTH.rawValue || message.contains("status code: 403") { return denied(message) }
        let isMissing = ["status code: 404", "not found", "does not appear to be a git repository", "No such"]
            .contains { message.contains($0) }
        if isMissing {
            return GitError(.missing, "The git repository is not there", "\(remote.url): \(message)")
        }
        return GitError(.unreachable, "The git server cannot be read from", "\(remote.url): \(message)")
    }
}

extension GitRemote {
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
