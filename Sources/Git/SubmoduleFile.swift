import CLibGit2

/// The paths and URLs in a `.gitmodules` file (gitmodules(5)).
struct SubmoduleFile {
    private(set) var urls: [String: String] = [:]

    private static let mostBytes = 1 << 20

    /// That of a commit; empty where it has none.
    static func read(_ repository: borrowing Repository, root: Oid) throws(GitError) -> SubmoduleFile {
        let entries = try repository.entries(of: root, shown: "")
        guard let entry = entries.first(where: { $0.name == ".gitmodules" }) else { return SubmoduleFile("") }
        guard entry.kind == .file, let header = repository.header(of: entry.id), header.kind == GIT_OBJECT_BLOB,
            header.size <= mostBytes
        else { throw .hostile("`.gitmodules` is a link, or is too large to be one.") }
        return SubmoduleFile(String(decoding: try repository.bytes(of: entry.id), as: UTF8.self))
    }

    init(_ text: String) {
        var (path, url): (String?, String?)
        var isSubmodule = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.trimmed
            if words.hasPrefix("[") {
                if isSubmodule, let path, let url { urls[path] = url }
                (path, url) = (nil, nil)
                isSubmodule = words.dropFirst().lowercased().hasPrefix("submodule")
            } else if isSubmodule, let equals = words.firstIndex(of: "=") {
                let value = SubmoduleFile.value(words[words.index(after: equals)...].trimmed)
                switch words[..<equals].trimmed.lowercased() {
                case "path": path = value.hasSuffix("/") ? String(value.dropLast()) : value
                case "url": url = value
                default: break
                }
            }
        }
        if isSubmodule, let path, let url { urls[path] = url }
    }

    /// Without quotation marks and comments.
    private static func value(_ text: Substring) -> String {
        var (value, isQuoted) = ("", false)
        var rest = text
        while let character = rest.popFirst() {
            switch character {
            case "\"": isQuoted.toggle()
            case "\\": if let next = rest.popFirst() { value.append(next) }
            case "#" where !isQuoted, ";" where !isQuoted: return String(value[...].trimmed)
            default: value.append(character)
            }
        }
        return value
    }
}

extension GitRemote {
    /// What a `.gitmodules` file says, as far as it is followed.
    init(submodule url: String, at path: String, of parent: GitRemote, allowsLocal: Bool) throws(GitError) {
        func refused(_ why: String) -> GitError {
            .hostile("The submodule `\(path)` is to come from `\(GitRemote.masked(url))`. \(why)")
        }
        guard !url.hasPrefix("-"), !url.unicodeScalars.contains(where: isControl), !url.isEmpty else {
            throw refused("That is no URL.")
        }
        do throws(GitError) {
            if url.hasPrefix("./") || url.hasPrefix("../") {
                self = try parent.relative(url)
            } else if let scheme = url.firstRange(of: "://") {
                self = try GitAddress.remote(
                    scheme: url[..<scheme.lowerBound].lowercased(), url[scheme.upperBound...])
            } else if let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/"), !url[colon...].hasPrefix("::")
            {
                self = try GitRemote(scp: url[..<colon], path: url[url.index(after: colon)...])
            } else if url.contains("::") {
                throw .invalid("Remote helpers are not run.")
            } else {
                self = GitRemote(localPath: url, shown: url)
            }
        } catch {
            throw refused(error.detail)
        }
        if isLocal {
            guard parent.isLocal else {
                throw refused("A repository of a server has no say in what is read on this machine.")
            }
            guard allowsLocal else {
                throw refused("Submodules of this machine's are read with `--allow-local-submodules` alone.")
            }
            guard self.path.hasPrefix("/") else { throw refused("A local path has to be absolute.") }
        }
        guard scheme != .http || parent.scheme == .http else {
            throw refused("It is less safe than the URL it was found by.")
        }
    }

    /// `../other.git`, from where this one is (git-submodule(1)). It never leaves the server.
    private func relative(_ url: String) throws(GitError) -> GitRemote {
        var base = path.split(separator: "/")
        var rest = url.split(separator: "/")[...]
        while let first = rest.first, first == "." || first == ".." {
            rest = rest.dropFirst()
            guard first == ".." else { continue }
            guard base.popLast() != nil else { throw .invalid("That leads out of the server.") }
        }
        guard !rest.contains(".."), !(base + rest).isEmpty else { throw .invalid("That is no relative URL.") }
        let joined = (path.hasPrefix("/") ? "/" : "") + (base + rest).joined(separator: "/")
        return try with(path: joined)
    }

    func isSameServer(as other: GitRemote) -> Bool {
        guard !isLocal, !other.isLocal, host == other.host, port == other.port else { return false }
        return scheme == other.scheme || (port == nil && scheme != .http)
    }

    /// A URL as somebody else wrote it, without what stands before the host.
    private static func masked(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://"), let at = url[scheme.upperBound...].lastIndex(of: "@") else {
            return url
        }
        return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
    }
}

extension Substring {
    var trimmed: Substring {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return text
    }
}
