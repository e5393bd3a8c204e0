/// A file of manifests, named from the folder that was asked for.
package struct GitFile: Hashable, Sendable {
    package let name: String
    package let bytes: [UInt8]
}

/// What a git source holds at one commit.
package struct GitSnapshot: Sendable {
    package let address: GitAddress
    /// Forty hexadecimal digits.
    package let commit: String
    /// What was asked for led here: `refs/tags/v1.4.2`, or the commit's own id.
    package let resolvedRef: String
    /// `Name <mail>`, as the commit says.
    package let author: String
    /// Seconds since 1970, as the committer says.
    package let time: Int64
    /// The first line of the message.
    package let subject: String
    /// Nil where the policy knows nobody whose signature would count.
    package let signature: GitSignature?
    /// In the order in which those of a directory are read.
    package let files: [GitFile]

    /// Where the repository is on this machine.
    let repositoryPath: String

    /// The ref as it was asked for; nil for the remote's default.
    package var askedRef: String? { address.ref.text }
}
