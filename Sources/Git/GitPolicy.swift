import Model

/// What has to hold of a commit before anything of it is read.
package struct GitPolicy: Sendable {
    /// Whose signatures count; nil where none is looked at.
    package var trust: GitTrust?
    /// A commit without a good signature, its own or that of the annotated tag that led to it, is refused.
    package var requiresSignature = false
    /// The commit must be on one of these branches; empty for any.
    package var branches: [String] = []
    /// The folder must be one of these or lie in one; empty for any.
    package var folders: [String] = []
    /// Whether a repository of this machine may have submodules of this machine's.
    package var allowsLocalSubmodules = false

    package init() {}

    /// Whether something must hold of a commit, so that nothing else will do.
    package var isRestricted: Bool { requiresSignature || !branches.isEmpty || !folders.isEmpty }

    func check(folder: String) throws(GitError) {
        guard allows(folder) else {
            throw .refused(
                "The folder `\(folder.isEmpty ? "/" : folder)` is none of \(folders.joined(separator: ", ")), which are the only ones "
                    + "allowed.")
        }
    }

    /// - Parameters:
    ///   - shown: The name by which a file or folder was reached.
    ///   - path: Where it is in the repository. A commit brings its symbolic links along.
    func check(_ shown: String, at path: [String]) throws(GitError) {
        let path = path.joined(separator: "/")
        guard allows(path) else {
            throw .refused(
                "`\(shown)` is a symbolic link to `\(path)`, which is not in "
                    + "\(folders.joined(separator: ", ")), and only what is there is allowed.")
        }
    }

    private func allows(_ path: String) -> Bool {
        folders.isEmpty
            || folders.contains { allowed in
                let name = allowed.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
                return name.isEmpty || path == name || path.hasPrefix("\(name)/")
            }
    }

    /// `found` are those of the branches that the repository has.
    func check(
        _ commit: Oid, isOn found: [(name: String, id: Oid)], _ repository: borrowing Repository
    ) throws(GitError) {
        guard !branches.isEmpty else { return }
        for branch in found where try repository.isReachable(commit, from: branch.id) { return }
        let names = branches.joined(separator: ", ")
        throw .refused(
            found.isEmpty
                ? "The commit must be on one of the branches \(names), and the repository has none of them."
                : "The commit \(commit) is on none of the branches \(names). Merge it first.")
    }

    /// Nil where nobody's signature counts.
    func check(
        signatureOf commit: CommitFacts, object: Oid, name: String, _ repository: borrowing Repository,
        _ source: RepositorySource
    ) throws(GitError) -> GitSignature? {
        guard let trust else {
            guard !requiresSignature else {
                throw .refused(
                    "A signature is required, and there are no keys and no allowed signers to check one against.")
            }
            return nil
        }
        let checker = SignatureCheck(trust: trust, directory: source.cache, stop: source.stop)
        let verdict = try checker.verdict(of: commit, object: object, name: name, repository)
        if requiresSignature, let problem = verdict.signature.problem {
            let signed = verdict.tag.map { "tag `\($0)`" } ?? "commit \(commit.id)"
            let name = verdict.tag.map { "tag -v \(shellWord($0))" } ?? "commit -v \(commit.id)"
            throw .refused(
                "The \(signed) \(problem)", command: "git -C \(shellWord(repository.path)) verify-\(name)")
        }
        return verdict.signature
    }
}

/// Those whose signatures count.
package struct GitTrust: Sendable {
    /// A file of OpenPGP public keys: what `gpg --export` writes, armored or not, or a keybox.
    package var gpgKeyring: String?
    /// Fingerprints of the keyring's keys that count; empty for all of them.
    package var gpgFingerprints: [String] = []
    /// A file of `ssh-keygen -Y`'s allowed signers.
    package var allowedSigners: String?

    package init() {}
}

/// What a signature is worth.
package enum GitSignature: Hashable, Sendable {
    case good(by: String)
    case bad
    case unsigned
    /// Made with a key that does not count, or that nobody has given.
    case unknownKey(String)
    /// Made with a key of a kind of which nobody gave any.
    case uncheckable(String)
    /// The signature or its key holds no longer, or was taken back.
    case expired(by: String)

    /// What follows on "The commit ..." or "The tag ..."; nil for a good one.
    var problem: String? {
        switch self {
        case .good: nil
        case .bad:
            "has a signature that does not fit it: it was changed after it was signed, or the signature is another's."
        case .unsigned: "is not signed, and neither is the tag that led to it."
        case .unknownKey(let key): "is signed with the key \(key), which is none of those that count."
        case .uncheckable(let kind): "is signed with a key of \(kind), and of that kind no keys were given that count."
        case .expired(let name): "is signed by \(name), whose key or signature has expired or was revoked."
        }
    }
}
