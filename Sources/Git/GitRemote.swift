import Glibc
import Model

/// Where a repository is.
package struct GitRemote: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable { case https, http, ssh, file }

    package let scheme: Scheme
    /// In lower case, without brackets; empty for a local one.
    package let host: String
    let port: Int?
    /// As it stands in the URL; for a local one, of the file system.
    let path: String
    /// Of ssh alone.
    let user: String?
    /// User and password that stood in a URL of https. The user may be a token itself, so neither is ever shown.
    let embedded: GitCredentials.Login?
    /// Without any credential: what libgit2 is given, what is shown, what names the clone.
    package let url: String

    package var description: String { url }
    package var isLocal: Bool { scheme == .file }

    /// A text is of the command line or a submodule's, and is known to be of this scheme.
    init(scheme: Scheme, rest: Substring) throws(GitError) {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var (user, embedded): (String?, GitCredentials.Login?)
        if let at = authority.lastIndex(of: "@") {
            let information = authority[..<at]
            authority = authority[authority.index(after: at)...]
            let colon = information.firstIndex(of: ":")
            let name = try decoded(information[..<(colon ?? information.endIndex)])
            if scheme == .ssh {
                guard colon == nil else {
                    throw .invalid("A password in a URL of ssh is not used. Keys and the agent are.")
                }
                user = name
            } else {
                let password = try decoded(colon.map { information[information.index(after: $0)...] } ?? "")
                embedded = .init(user: name, password: Secret(password))
            }
        }
        let (host, port) = try GitRemote.hostAndPort(authority)
        try self.init(
            scheme: scheme, host: host, port: port, path: String(rest[slash...]), user: user, embedded: embedded)
    }

    /// `git@host:path`: what stands before the colon, and what after it.
    init(scp authority: Substring, path: Substring) throws(GitError) {
        let at = authority.lastIndex(of: "@")
        let user = at.map { String(authority[..<$0]) }
        let host = authority[(at.map { authority.index(after: $0) } ?? authority.startIndex)...]
        let (name, port) = try GitRemote.hostAndPort(host)
        guard port == nil, !path.contains("@") else {
            throw .invalid("A port or a password is not part of the form host:path. Write ssh://user@host:port/path.")
        }
        try self.init(scheme: .ssh, host: name, port: nil, path: String(path), user: user, embedded: nil)
    }

    /// A repository of this machine. Where its path leads to is looked up now.
    init(localPath: String, shown: String) {
        scheme = .file
        (host, port, user, embedded) = ("", nil, nil, nil)
        let real = realpath(localPath, nil)
        defer { free(real) }
        (path, url) = (real.map { String(cString: $0) } ?? localPath, shown)
    }

    /// Another repository of the same server.
    func with(path: String) throws(GitError) -> GitRemote {
        guard !isLocal else { return GitRemote(localPath: path, shown: path) }
        return try GitRemote(scheme: scheme, host: host, port: port, path: path, user: user, embedded: embedded)
    }

    private init(
        scheme: Scheme, host: String, port: Int?, path: String, user: String?, embedded: GitCredentials.Login?
    ) throws(GitError) {
        let plain = try decoded(path[...])
        guard !host.isEmpty, !plain.drop(while: { $0 == "/" }).isEmpty else {
            throw .invalid("A git URL needs a host and a path, as in https://host/org/repo.git//folder?ref=v1.")
        }
        guard !host.hasPrefix("-"), !plain.hasPrefix("-"), user?.hasPrefix("-") != true, user != "" else {
            throw .invalid("Host, user and path cannot begin with a dash: other programs would take them for options.")
        }
        let hostIsPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"):
                true
            default: byte >= 0x80
            }
        }
        guard hostIsPlain else { throw .invalid("What follows `//` or `@` is not the name of a host.") }
        // libgit2 puts the path between quotation marks into the command that the server's shell is given.
        guard scheme != .ssh || !plain.contains("'") else {
            throw .invalid("A path with a quotation mark in it is not asked for over ssh.")
        }
        guard ![plain, user ?? ""].contains(where: { $0.unicodeScalars.contains(where: isControl) }) else {
            throw .invalid("There are control characters in it.")
        }
        (self.scheme, self.host, self.port, self.path) = (scheme, host, port, path)
        (self.user, self.embedded) = (user, embedded)
        let name = (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
        let prefix = user.map { "\($0)@" } ?? ""
        url = path.hasPrefix("/") ? "\(scheme.rawValue)://\(prefix)\(name)\(path)" : "\(prefix)\(name):\(path)"
    }

    private static func hostAndPort(_ text: Substring) throws(GitError) -> (String, Int?) {
        var (host, rest): (Substring, Substring)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            (host, rest) = (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            (host, rest) = (text[..<colon], text[colon...])
        }
        if rest.isEmpty || rest == ":" { return (host.lowercased(), nil) }
        guard rest.hasPrefix(":"), let port = number(rest.dropFirst()), (1...65_535).contains(port) else {
            // What stands there may be the rest of a password.
            throw .invalid(
                "What follows `//` is not a host and a port. In a user or a password `/`, `?` and `@` are written as %2F, %3F and "
                    + "%40.")
        }
        return (host.lowercased(), port)
    }
}

/// `%41` is `A`. A NUL is refused, and so is what is no UTF-8.
func decoded(_ text: Substring) throws(GitError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, rest.prefix(2).allSatisfy(isHexadecimal),
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), value != 0
        else { throw .invalid("A percent sign in a URL is followed by two hexadecimal digits.") }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .invalid("The URL is not UTF-8.") }
    return decoded
}
