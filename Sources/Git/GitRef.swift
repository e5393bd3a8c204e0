/// What is wanted of a repository: `?ref=` of an address.
package enum GitRef: Hashable, Sendable {
    /// The remote's own default.
    case head
    /// A branch or a tag, or a whole name such as `refs/pull/7/head`.
    case named(String)
    /// Seven to forty hexadecimal digits. The short ones may be the name of a branch or a tag too, which then wins.
    case commit(String)
    /// The highest tag that a range such as `^1.2` allows.
    case versions(String)

    init(_ text: String) throws(GitError) {
        if text.hasPrefix("-") {
            throw .invalid(
                "The ref `\(text)` begins with a dash, which no branch or tag does. It is taken for an option nowhere.")
        }
        if text == "HEAD" {
            self = .head
        } else if (7...40).contains(text.utf8.count), text.utf8.allSatisfy(isHexadecimal) {
            self = .commit(text)
        } else if VersionRange.isMeant(by: text) {
            guard VersionRange(text) != nil else {
                throw .invalid(
                    "`\(text)` is not a range of versions. Ranges are written as ^1.2, ~1.4, 1.x, or >=1.2 <2.")
            }
            self = .versions(text)
        } else {
            try GitRef.check(name: text)
            self = .named(text)
        }
    }

    /// As it was asked for; nil for the default.
    package var text: String? {
        switch self {
        case .head: nil
        case .named(let text), .commit(let text), .versions(let text): text
        }
    }

    /// A whole commit id, which means the same for ever.
    var fullCommit: String? {
        if case .commit(let text) = self, text.utf8.count == 40 { text.lowercased() } else { nil }
    }

    /// The rules of git-check-ref-format(1).
    static func check(name: String) throws(GitError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isWell =
            !name.isEmpty && name != "@" && !name.contains("..") && !name.contains("@{") && !name.hasSuffix(".")
            && !name.hasPrefix("-")
            && !name.unicodeScalars.contains { isControl($0) || " ~^:?*[\\".unicodeScalars.contains($0) }
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
        guard isWell else {
            throw .invalid("`\(name)` cannot be the name of a branch or a tag: git-check-ref-format(1) has the rules.")
        }
    }
}

func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
}
