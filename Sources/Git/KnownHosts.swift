/// The host keys that a user trusts: known_hosts files, as sshd(8) describes them.
struct KnownHosts {
    enum Verdict: Hashable {
        case known
        /// No key of the host is known.
        case unknown
        /// Keys of other types are known, and stand for themselves.
        case otherTypes([String])
        /// Another key of the same type is known: `file:line`.
        case changed(String)
        case revoked(String)
    }

    private struct Line {
        let place: String
        let patterns: Substring
        let isRevoked: Bool
        let key: [UInt8]
    }

    private var lines: [Line] = []

    /// Adds the lines of a file. Those of certificate authorities are left out: libssh2 knows no host certificates.
    mutating func add(_ text: String, file: String) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })[...]
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let mark = first.hasPrefix("@") ? words.popFirst() : nil
            guard mark == nil || mark == "@revoked", words.count >= 3,
                let key = Base64.decode(words[words.startIndex + 2])
            else { continue }
            lines.append(
                Line(
                    place: "\(file):\(index + 1)", patterns: words[words.startIndex], isRevoked: mark != nil, key: key))
        }
    }

    /// What is known of a key that a host has shown.
    func verdict(host: String, port: Int, key: [UInt8]) -> Verdict {
        let name = KnownHosts.name(host: host, port: port)
        let ours = lines.filter { KnownHosts.matches($0.patterns, name) }
        if let revoked = ours.first(where: { $0.isRevoked && $0.key == key }) { return .revoked(revoked.place) }
        let trusted = ours.filter { !$0.isRevoked }
        if trusted.contains(where: { $0.key == key }) { return .known }
        let type = keyType(key)
        if let other = trusted.first(where: { keyType($0.key) == type }) { return .changed(other.place) }
        let types = Set(trusted.map { keyType($0.key) })
        return types.isEmpty ? .unknown : .otherTypes(types.sorted())
    }

    /// How a host stands in such a file.
    static func name(host: String, port: Int) -> String { port == 22 ? host : "[\(host)]:\(port)" }

    private static func matches(_ patterns: Substring, _ name: String) -> Bool {
        if patterns.hasPrefix("|1|") {
            let parts = patterns.split(separator: "|")
            guard parts.count == 3, let salt = Base64.decode(parts[1]), let hash = Base64.decode(parts[2]) else {
                return false
            }
            return hmacSHA1(key: salt, Array(name.utf8)) == hash
        }
        var isMatched = false
        for pattern in patterns.split(separator: ",") {
            if pattern.hasPrefix("!") {
                if glob(Array(pattern.dropFirst().lowercased().utf8)[...], Array(name.utf8)[...]) { return false }
            } else if glob(Array(pattern.lowercased().utf8)[...], Array(name.utf8)[...]) {
                isMatched = true
            }
        }
        return isMatched
    }
}

/// `*` is any text, `?` any byte. Stars are few, and the file is the user's own.
private func glob(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == UInt8(ascii: "*") {
        return glob(pattern.dropFirst(), text) || (!text.isEmpty && glob(pattern, text.dropFirst()))
    }
    guard let byte = text.first, first == UInt8(ascii: "?") || first == byte else { return false }
    return glob(pattern.dropFirst(), text.dropFirst())
}

/// `ssh-ed25519`: the first string of a key's blob (RFC 4253 section 6.6).
func keyType(_ key: [UInt8]) -> String {
    guard key.count >= 4 else { return "" }
    let length = key.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    guard length <= 64, key.count >= 4 + length else { return "" }
    let isPlain = key[4..<4 + length].allSatisfy { (0x2d...0x7a).contains($0) }
    return isPlain ? String(decoding: key[4..<4 + length], as: UTF8.self) : ""
}
