import CLibGit2

/// The name of an object: SHA-1.
struct Oid: Hashable, Sendable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt32)

    init(_ raw: git_oid) {
        words = withUnsafeBytes(of: raw) { bytes in
            (
                bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            )
        }
    }

    /// Forty hexadecimal digits.
    init?(_ hex: String) {
        var raw = git_oid()
        guard hex.utf8.count == 40, git_oid_fromstr(&raw, hex) == 0 else { return nil }
        self.init(raw)
    }

    var raw: git_oid {
        var raw = git_oid()
        withUnsafeMutableBytes(of: &raw) { bytes in
            bytes.storeBytes(of: words.0, as: UInt64.self)
            bytes.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: words.2, toByteOffset: 16, as: UInt32.self)
        }
        return raw
    }

    var description: String {
        withUnsafeBytes(of: raw) { bytes in
            bytes.prefix(20).map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0" + text : text
            }.joined()
        }
    }

    static func == (left: Oid, right: Oid) -> Bool { left.words == right.words }
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
