import Glibc

/// Asks GnuPG about a signature, in a home of its own that holds the keyring given and nothing else.
struct GPGVerification {
    let keyring: String
    let fingerprints: [String]
    /// Private; the signature lies in it.
    let folder: String
    let stop: Stop

    func verify(_ payload: [UInt8]) throws(GitError) -> GitSignature {
        let home = "\(folder)/gnupg"
        guard mkdir(home, 0o700) == 0 else { throw .failed("\(home) cannot be made: \(reason(errno)).") }
        let keys = try readFile(keyring)
        if keys.count >= 12, keys[8..<12].elementsEqual("KBXf".utf8) {
            try writeFile(keys, to: "\(home)/pubring.kbx")
        } else {
            let imported = try gpg(["--import", "--import-options", "import-clean"], input: keys, home)
            guard imported.lines.contains(where: { $0.contains("IMPORT_OK") }) else {
                throw GitError(
                    .failed, "The keyring cannot be read",
                    "\(keyring) holds no public keys that gpg can import. \(imported.error)",
                    command: "gpg --show-keys \(keyring)")
            }
        }
        let result = try gpg(["--verify", "\(folder)/signature", "-"], input: payload, home)
        return verdict(of: Status(result.lines))
    }

    private func gpg(_ arguments: [String], input: [UInt8], _ home: String) throws(GitError) -> Subprocess.Result {
        let always = [
            "--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--no-auto-key-retrieve",
            "--trust-model", "always", "--status-fd", "1",
        ]
        let variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "GNUPGHOME": home, "LC_ALL": "C"]
        return try Subprocess(program: "gpg", arguments: always + arguments, variables: variables)
            .run(input: input, stop)
    }

    /// What gpg has said, by its keywords (DETAILS in GnuPG's documentation).
    private struct Status {
        private var words: [Substring: [Substring]] = [:]
        private(set) var signatures = 0

        init(_ lines: [Substring]) {
            for line in lines where line.hasPrefix("[GNUPG:] ") {
                let parts = line.dropFirst(9).split(separator: " ")
                guard let keyword = parts.first else { continue }
                if keyword == "NEWSIG" { signatures += 1 }
                words[keyword] = Array(parts.dropFirst())
            }
        }

        subscript(_ keyword: Substring) -> [Substring]? { words[keyword] }

        /// Who it names: key and user.
        func name(_ keyword: Substring) -> String? {
            words[keyword].map { printable($0.dropFirst().joined(separator: " ")) }
        }
    }

    private func verdict(of status: Status) -> GitSignature {
        if status["BADSIG"] != nil { return .bad }
        if let unknown = status["ERRSIG"] {
            // The sixth word is the reason: 9 is a missing key.
            guard unknown.count > 5, unknown[5] == "9" else { return .bad }
            return .unknownKey(String(unknown.count > 6 ? unknown[6] : unknown[0]))
        }
        for keyword: Substring in ["EXPSIG", "EXPKEYSIG", "REVKEYSIG"] {
            if let name = status.name(keyword) { return .expired(by: name) }
        }
        // More than one signature in one block: which of them each line is about cannot be told.
        guard status.signatures == 1, let name = status.name("GOODSIG"), let valid = status["VALIDSIG"], !valid.isEmpty
        else {
            return .bad
        }
        let wanted = fingerprints.map { $0.filter { $0 != " " && $0 != ":" }.uppercased() }
        // The key itself, and, last, the primary key that it belongs to.
        let made = [valid[0], valid[valid.count - 1]].map(String.init)
        guard wanted.isEmpty || made.contains(where: wanted.contains) else { return .unknownKey(made[1]) }
        return .good(by: name)
    }
}
