import ArgumentParser
import Git

/// What must hold of a commit before its manifests are read. It is said here and not in the manifests, which a commit brings along.
struct GitOptions: ParsableArguments {
    @Option(
        name: .customLong("allowed-signers"),
        help: ArgumentHelp(
            "The commit, or its tag, must be signed by an SSH key of this file (as for ssh-keygen).", valueName: "file")
    )
    var allowedSigners: String?

    @Option(
        name: .customLong("gpg-keyring"),
        help: ArgumentHelp("The commit, or its tag, must be signed by an OpenPGP key of this file.", valueName: "file"))
    var gpgKeyring: String?

    @Option(
        name: .customLong("pin-branch"),
        help: ArgumentHelp("The commit must be on this branch; may be given again.", valueName: "branch"))
    var pinBranch: [String] = []

    @Option(
        name: .customLong("pin-path"),
        help: ArgumentHelp("The folder must be this one or lie in it; may be given again.", valueName: "folder"))
    var pinPath: [String] = []

    @Flag(
        name: .customLong("allow-local-submodules"),
        help: "A repository of this machine may have submodules of this machine's.")
    var allowLocalSubmodules = false

    func validate() throws {
        if pinPath.contains("") { throw ValidationError("--pin-path names no folder; \".\" is the whole repository.") }
    }

    var policy: GitPolicy {
        var policy = GitPolicy()
        policy.allowsLocalSubmodules = allowLocalSubmodules
        policy.branches = pinBranch
        policy.folders = pinPath
        guard allowedSigners != nil || gpgKeyring != nil else { return policy }
        var trust = GitTrust()
        trust.allowedSigners = allowedSigners
        trust.gpgKeyring = gpgKeyring
        policy.trust = trust
        policy.requiresSignature = true
        return policy
    }
}
