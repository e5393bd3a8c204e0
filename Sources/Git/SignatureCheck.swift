import CLibGit2

/// Finds the signature of a commit, or of the tag that led to it, and has it verified.
struct SignatureCheck {
    let trust: GitTrust
    let directory: CacheDirectory
    let stop: Stop

    /// A good signature of the tag or of the commit is enough; else the tag's counts where it has one.
    /// - Parameter name: The ref that was asked for.
    /// - Returns: What the signature is worth, and the tag that it is of; no tag where it is the commit's.
    func verdict(
        of commit: CommitFacts, object: Oid, name: String, _ repository: borrowing Repository
    ) throws(GitError) -> (signature: GitSignature, tag: String?) {
        let tag = name.hasPrefix("refs/tags/") ? String(name.dropFirst(10)) : name
        var ofTag = GitSignature.unsigned
        if object != commit.id, let signed = try repository.signedTag(object) {
            ofTag = try verify(signed, time: commit.time)
            // Whoever may move refs could give an old signed tag a new name.
            if case .good = ofTag, name.hasPrefix("refs/tags/"), signed.tagName != name.dropFirst(10) { ofTag = .bad }
            if case .good = ofTag { return (ofTag, tag) }
        }
        guard let signed = try repository.signedCommit(commit.id) else {
            return (ofTag, ofTag == .unsigned ? nil : tag)
        }
        let ofCommit = try verify(signed, time: commit.time)
        if case .good = ofCommit { return (ofCommit, nil) }
        return ofTag == .unsigned ? (ofCommit, nil) : (ofTag, tag)
    }

    private func verify(_ signed: Signed, time: Int64) throws(GitError) -> GitSignature {
        try directory.prepare()
        let folder = try TemporaryDirectory(in: directory.path, name: "verify")
        try writeFile(signed.signature, to: "\(folder.path)/signature")
        if signed.isSSH {
            guard let signers = trust.allowedSigners else { return .uncheckable("SSH") }
            return try SSHVerification(signers: signers, folder: folder.path, stop: stop).verify(
                signed.payload, time: time)
        }
        guard let keyring = trust.gpgKeyring else { return .uncheckable("OpenPGP") }
        return try GPGVerification(
            keyring: keyring, fingerprints: trust.gpgFingerprints, folder: folder.path, stop: stop
        ).verify(signed.payload)
    }
}

/// A signature, and the bytes that it is of.
struct Signed {
    let signature: [UInt8]
    let payload: [UInt8]
    /// What the tag calls itself.
    var tagName: Substring?

    static let sshMark = Array("-----BEGIN SSH SIGNATURE-----".utf8)
    static let marks = [
        sshMark, Array("-----BEGIN PGP SIGNATURE-----".utf8), Array("-----BEGIN PGP MESSAGE-----".utf8),
    ]

    var isSSH: Bool { signature.starts(with: Signed.sshMark) }
}

extension Repository {
    /// Nil where it is not signed.
    fileprivate func signedCommit(_ id: Oid) throws(GitError) -> Signed? {
        var (signature, payload) = (git_buf(), git_buf())
        defer {
            git_buf_dispose(&signature)
            git_buf_dispose(&payload)
        }
        var raw = id.raw
        let code = git_commit_extract_signature(&signature, &payload, handle, &raw, nil)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try Library.check(code, "The signature of \(id) cannot be read")
        return Signed(signature: signature.bytes, payload: payload.bytes)
    }

    /// A tag's signature is the end of its message.
    fileprivate func signedTag(_ id: Oid) throws(GitError) -> Signed? {
        guard let header = header(of: id), header.kind == GIT_OBJECT_TAG, header.size <= 1 << 20 else { return nil }
        let bytes = try bytes(of: id)
        var start: Int?
        for index in bytes.indices where bytes[index] == UInt8(ascii: "-") {
            guard index == 0 || bytes[index - 1] == UInt8(ascii: "\n") else { continue }
            if Signed.marks.contains(where: { bytes[index...].starts(with: $0) }) { start = index }
        }
        guard let start else { return nil }
        let head = String(decoding: bytes[..<start], as: UTF8.self)
        let name = head.split(separator: "\n", maxSplits: 4).first { $0.hasPrefix("tag ") }?.dropFirst(4)
        return Signed(signature: Array(bytes[start...]), payload: Array(bytes[..<start]), tagName: name)
    }
}

extension git_buf {
    fileprivate var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: ptr, count: size)) }
}
