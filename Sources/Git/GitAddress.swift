import Glibc

/// A git source of the command line: `URL//sub/folder?ref=REF`.
///
/// The URL is of https, ssh (also `git@host:org/repo.git`) or file, or the path of a local repository. A local path is
/// one only where it has `//` or `?ref=`; any other is a plain directory, which is read as it lies there.
package struct GitAddress: Hashable, Sendable, CustomStringConvertible {
    package let remote: GitRemote
    /// Without slashes at its ends; empty for the whole repository.
    package let folder: String
    package let ref: GitRef
    /// The ref that led to the commit, where the address has been pinned to one.
    package let asked: GitRef?

    /// Nil for what is no git address: a plain directory or file.
    package init?(_ text: String) throws(GitError) {
        asked = nil
        if let scheme = text.firstRange(of: "://"), isSchemeName(text[..<scheme.lowerBound]) {
            let parts = try GitAddress.split(text[scheme.upperBound...])
            remote = try GitAddress.remote(scheme: text[..<scheme.lowerBound].lowercased(), parts.location)
            (folder, ref) = (parts.folder, parts.ref)
        } else if let colon = GitAddress.remoteColon(in: text) {
            if text[colon...].hasPrefix("::") {
                throw .invalid(
                    "`\(text.prefix { $0 != ":" })::` would run a remote helper, a program of its own. Addresses are of https, "
                        + "ssh or file.")
            }
            let parts = try GitAddress.split(text[text.index(after: colon)...])
            remote = try GitRemote(scp: text[..<colon], path: parts.location)
            (folder, ref) = (parts.folder, parts.ref)
        } else {
            guard let parts = try GitAddress.localParts(text) else { return nil }
            remote = GitRemote(localPath: String(parts.location), shown: String(parts.location))
            (folder, ref) = (parts.folder, parts.ref)
        }
    }

    init(remote: GitRemote, folder: String, ref: GitRef, asked: GitRef? = nil) {
        (self.remote, self.folder, self.ref, self.asked) = (remote, folder, ref, asked)
    }

    /// The same folder of the same repository at one commit.
    /// - Parameter commit: A whole id.
    package func pinned(to commit: String) throws(GitError) -> GitAddress {
        let pinned = try GitRef(commit)
        guard pinned.fullCommit != nil else { throw .invalid("`\(commit)` is not a whole commit id.") }
        return GitAddress(remote: remote, folder: folder, ref: pinned, asked: ref)
    }

    /// As it may be shown anywhere: without credentials.
    package var description: String {
        remote.url + (folder.isEmpty ? "" : "//\(folder)") + (ref.text.map { "?ref=\($0)" } ?? "")
    }

    static func remote(scheme: String, _ rest: Substring) throws(GitError) -> GitRemote {
        switch scheme {
        case "https": return try GitRemote(scheme: .https, rest: rest)
        case "http": return try GitRemote(scheme: .http, rest: rest)
        case "ssh", "git+ssh", "ssh+git": return try GitRemote(scheme: .ssh, rest: rest)
        case "file":
            let path = rest.hasPrefix("localhost/") ? rest.dropFirst(9) : rest
            guard path.hasPrefix("/") else {
                throw .invalid("file:// is followed by an absolute path, as in file:///srv/git/stacks.git.")
            }
            return GitRemote(localPath: try decoded(path), shown: "file://\(path)")
        default:
            throw .invalid("`\(scheme)://` is not a scheme of git sources. Addresses are of https, ssh or file.")
        }
    }

    /// Where the colon of `git@host:path` is, or of `ext::command`; nil where the text is a path of this machine.
    private static func remoteColon(in text: String) -> String.Index? {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, !text[..<colon].contains("/") else {
            return nil
        }
        // "C:" and "notes: old.yaml" are files; so is whatever exists under that name.
        let isMeant = text[..<colon].contains("@") || text[colon...].hasPrefix("::") || hasMarks(text)
        return isMeant && access(text, F_OK) != 0 ? colon : nil
    }

    private static func hasMarks(_ text: String) -> Bool {
        text.contains("?ref=") || text.dropFirst().contains("//")
    }

    private static func localParts(_ text: String) throws(GitError) -> Parts? {
        guard hasMarks(text), !text.hasPrefix("-"), !text.utf8.contains(0) else { return nil }
        if access(text, F_OK) == 0, !text.dropFirst().contains("//") { return nil }
        let asksForRef = text.contains("?ref=")
        let parts: Parts
        do throws(GitError) {
            parts = try split(text[...])
        } catch {
            // Perhaps it is no git address at all.
            if asksForRef || isRepository(String(text.prefix(upTo: folderMark(in: text[...]) ?? text.endIndex))) {
                throw error
            }
            return nil
        }
        if isRepository(String(parts.location)) { return parts }
        guard asksForRef else { return nil }
        throw GitError.missing("`\(parts.location)` is not a git repository, so there is no `?ref=` of it.")
    }

    /// Whether a path is a repository, bare or with a work tree; those above it do not count.
    private static func isRepository(_ path: String) -> Bool {
        access("\(path)/.git", F_OK) == 0
            || (access("\(path)/HEAD", F_OK) == 0 && access("\(path)/objects", F_OK) == 0
                && access("\(path)/refs", F_OK) == 0)
    }
}

extension GitAddress {
    private struct Parts {
        let location: Substring
        let folder: String
        let ref: GitRef
    }

    /// Takes apart what follows the scheme.
    private static func split(_ text: Substring) throws(GitError) -> Parts {
        guard !text.unicodeScalars.contains(where: isControl) else {
            throw .invalid("There are control characters in it.")
        }
        let question = text.firstIndex(of: "?") ?? text.endIndex
        var ref = GitRef.head
        for pair in text[question...].dropFirst().split(separator: "&") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            guard pair[..<equals] == "ref", equals < pair.endIndex else {
                throw .invalid("After `?` there is `ref=` and nothing else.")
            }
            guard ref == .head else { throw .invalid("There is more than one `ref=` in it.") }
            ref = try GitRef(try decoded(pair[pair.index(after: equals)...]))
        }
        let place = text[..<question]
        guard let mark = folderMark(in: place) else { return Parts(location: place, folder: "", ref: ref) }
        let folder = try GitAddress.folder(place[mark...].dropFirst(2))
        return Parts(location: place[..<mark], folder: folder, ref: ref)
    }

    /// The first `//` that does not begin the text.
    private static func folderMark(in text: Substring) -> Substring.Index? {
        text.dropFirst().firstRange(of: "//")?.lowerBound
    }

    private static func folder(_ text: Substring) throws(GitError) -> String {
        let parts = try decoded(text).split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else {
            throw .invalid("The folder `\(text)` has `..` in it. Name the folder from the root of the repository.")
        }
        guard parts.first?.hasPrefix("-") != true else {
            throw .invalid("The folder `\(text)` begins with a dash, which other programs would take for an option.")
        }
        return parts.joined(separator: "/")
    }
}

private func isSchemeName(_ text: Substring) -> Bool {
    text.first?.isLetter == true
        && text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
}
