import Model

/// Options that say what a run is about. A command to copy repeats them, so that it is about the same and does no more.
///
/// What permits something is not among them.
struct RepeatedOptions {
    private(set) var words: [String] = []

    init(_ options: CommonOptions, _ git: GitOptions, _ policy: PolicyOptions) {
        add("--state", options.state)
        add("--connect", options.connect)
        if options.simulate { words.append("--simulate") }
        add("--allowed-signers", git.allowedSigners)
        add("--gpg-keyring", git.gpgKeyring)
        for branch in git.pinBranch { add("--pin-branch", branch) }
        for folder in git.pinPath { add("--pin-path", folder) }
        if git.allowLocalSubmodules { words.append("--allow-local-submodules") }
        for address in policy.target { add("--target", address.text) }
        for address in policy.exclude { add("--exclude", address.text) }
    }

    private mutating func add(_ name: String, _ value: String?) {
        if let value { words += [name, shellWord(value)] }
    }
}
