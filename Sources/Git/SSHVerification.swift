import Glibc

/// Asks `ssh-keygen -Y` about a signature (ssh-keygen(1), ALLOWED SIGNERS).
struct SSHVerification {
    let signers: String
    /// Private; the signature lies in it.
    let folder: String
    let stop: Stop

    func verify(_ payload: [UInt8], time: Int64) throws(GitError) -> GitSignature {
        guard access(signers, R_OK) == 0 else {
            throw .failed("The file of allowed signers \(signers) cannot be read: \(reason(errno)).")
        }
        let signature = "\(folder)/signature"
        let allowed = try principal(["-s", signature])
        if let allowed {
            let result = try sshKeygen(
                ["-Y", "verify", "-n", "git", "-f", signers, "-I", allowed, "-s", signature], input: payload)
            if result.status == 0 { return .good(by: printable(allowed)) }
        }
        let plain = try sshKeygen(["-Y", "check-novalidate", "-n", "git", "-s", signature], input: payload)
        guard plain.status == 0 else { return .bad }
        // Whose key was allowed when the commit says that it was made, and is not now.
        if allowed == nil,
            let former = try principal(["-s", signature, "-Overify-time=\(timestamp(time))"])
        {
            return .expired(by: printable(former))
        }
        // Nobody's, or not one for git (`namespaces=`).
        let words = String(decoding: plain.output, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        return .unknownKey(words.first { $0.hasPrefix("SHA256:") }.map { printable(String($0)) } ?? "of SSH")
    }

    /// Whom the signature's key belongs to; nil where no line of the file allows it at that time.
    private func principal(_ arguments: [String]) throws(GitError) -> String? {
        let result = try sshKeygen(["-Y", "find-principals", "-f", signers] + arguments, input: [])
        guard result.status == 0, let first = result.lines.first, !first.isEmpty, !first.hasPrefix("-") else {
            return nil
        }
        return String(first)
    }

    private func sshKeygen(_ arguments: [String], input: [UInt8]) throws(GitError) -> Subprocess.Result {
        let variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "LC_ALL": "C", "TZ": "UTC"]
        return try Subprocess(program: "ssh-keygen", arguments: arguments, variables: variables)
            .run(input: input, stop)
    }

    /// `20240131120000`, in the time zone that ssh-keygen is given.
    private func timestamp(_ time: Int64) -> String {
        var (seconds, parts) = (time_t(time), tm())
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y%m%d%H%M%S", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
