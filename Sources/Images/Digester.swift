import Crypto
import Model

/// A checksum that is computed while bytes go by.
struct Digester {
    private var hash: any HashFunction

    init(_ algorithm: ChecksumAlgorithm) {
        switch algorithm {
        case .md5: hash = Insecure.MD5()
        case .sha1: hash = Insecure.SHA1()
        case .sha256: hash = SHA256()
        case .sha512: hash = SHA512()
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// Of what has gone by so far. Lower-case digits.
    var hexadecimal: String { Images.hexadecimal(hash.finalize()) }

    /// SHA-256 of a text, in hexadecimal.
    static func sha256(_ text: String) -> String {
        Images.hexadecimal(SHA256.hash(data: Array(text.utf8)))
    }
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}

/// A checksum that an image has to have.
struct ExpectedDigest: Hashable, Sendable {
    let algorithm: ChecksumAlgorithm
    /// Lower-case hexadecimal digits, as many as the algorithm has.
    let digits: String

    /// Nil where the digits are not that algorithm's.
    init?(_ algorithm: ChecksumAlgorithm, _ digits: String) {
        guard digits.utf8.count == algorithm.digits, digits.utf8.allSatisfy(ExpectedDigest.isDigit) else { return nil }
        self.algorithm = algorithm
        self.digits = digits.lowercased()
    }

    /// The algorithm is told by the number of digits.
    init?(_ digits: some StringProtocol) {
        guard let algorithm = ChecksumAlgorithm.allCases.first(where: { $0.digits == digits.utf8.count }) else {
            return nil
        }
        self.init(algorithm, String(digits))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
