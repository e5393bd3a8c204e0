import CLibGit2
import Glibc

/// Whether the key that an ssh server has shown is one that the user knows.
struct HostKeyCheck {
    let remote: GitRemote
    /// Of known_hosts; those that are not there are skipped.
    let files: [String]

    /// Nil for a known key.
    func refusal(of certificate: git_cert_hostkey) -> GitError? {
        guard certificate.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let start = certificate.hostkey else {
            return untrusted("The server has shown no key that could be compared.", command: nil)
        }
        let key = [UInt8](UnsafeRawBufferPointer(start: start, count: certificate.hostkey_len))
        let fingerprint = withUnsafeBytes(of: certificate.hash_sha256) {
            certificate.type.rawValue & GIT_CERT_SSH_SHA256.rawValue == 0
                ? "not known" : "SHA256:" + Base64.encode(Array($0), padded: false)
        }
        return refusal(of: key, fingerprint: fingerprint)
    }

    func refusal(of key: [UInt8], fingerprint: String) -> GitError? {
        var known = KnownHosts()
        for file in files where access(file, R_OK) == 0 {
            do throws(GitError) {
                known.add(String(decoding: try readFile(file), as: UTF8.self), file: file)
            } catch {
                return error
            }
        }
        let port = remote.port ?? 22
        let name = KnownHosts.name(host: remote.host, port: port)
        let line = "\(name) \(keyType(key)) \(Base64.encode(key))"
        let file = files.first ?? "~/.ssh/known_hosts"
        let add = "echo '\(line)' >> \(file)"
        switch known.verdict(host: remote.host, port: port, key: key) {
        case .known: return nil
        case .unknown:
            return untrusted(
                "\(name) is in no known_hosts file. Its \(keyType(key)) key has the fingerprint \(fingerprint). Compare it with "
                    + "what the host's owner has published; if it is the same, add this line to \(file):\n\(line)",
                command: add)
        case .otherTypes(let types):
            return untrusted(
                "\(name) is known by its \(types.joined(separator: ", ")) key alone, and has shown its \(keyType(key)) key, with the "
                    + "fingerprint \(fingerprint). Compare it with what the host's owner has published; if it is the same, "
                    + "add this line to \(file):\n\(line)", command: add)
        case .changed(let place):
            return GitError(
                .untrusted, "The git server's host key has changed",
                "SOMEBODY MAY BE IN BETWEEN. The \(keyType(key)) key that \(name) has shown is not the one in \(place); it has the "
                    + "fingerprint \(fingerprint). Nothing was sent. Ask the host's owner whether the key was changed. Only if it was, "
                    + "remove the old one and add the new one.", command: "ssh-keygen -R '\(name)' -f \(file)")
        case .revoked(let place):
            return GitError(
                .untrusted, "The git server's host key is revoked",
                "SOMEBODY MAY BE IN BETWEEN. The key that \(name) has shown is marked as revoked in \(place). Nothing was sent."
            )
        }
    }

    private func untrusted(_ detail: String, command: String?) -> GitError {
        GitError(.untrusted, "The git server's host key is not known", detail, command: command)
    }
}
