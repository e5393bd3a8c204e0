import Model

/// A file that lists checksums, such as `SHA256SUMS`.
enum ChecksumList {
    /// The checksum of a file by its name, the strongest where there are several; the only one where nothing else is in
    /// the list. Nil where it is not there.
    ///
    /// Lines are those of coreutils (`digest  name`, `digest *name`), of BSD (`SHA256 (name) = digest`), or a digest by
    /// itself. Others, such as comments and signatures, are passed over.
    static func digest(of name: String, in bytes: [UInt8]) -> ExpectedDigest? {
        var found: [ExpectedDigest] = []
        var alone: [ExpectedDigest] = []
        var hasNames = false
        for line in bytes.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            switch entry(String(decoding: line, as: UTF8.self)) {
            case nil: break
            case (let digest, nil)?: alone.append(digest)
            case (let digest, let listed?)?:
                hasNames = true
                if !name.isEmpty, lastPart(of: listed) == name { found.append(digest) }
            }
        }
        if let strongest = found.max(by: { $0.digits.utf8.count < $1.digits.utf8.count }) {
            // A name that comes twice with different digests says nothing.
            let rivals = Set(found.filter { $0.algorithm == strongest.algorithm })
            return rivals.count == 1 ? strongest : nil
        }
        return !hasNames && Set(alone).count == 1 ? alone.first : nil
    }

    private static func entry(_ line: String) -> (ExpectedDigest, String?)? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        if words.count == 1 { return ExpectedDigest(words[0]).map { ($0, nil) } }
        // coreutils puts a backslash before a digest whose name has escapes in it; such names are not looked for.
        if let first = words.first, let digest = ExpectedDigest(first) {
            var name = line[first.endIndex...].drop { $0 == " " || $0 == "\t" }
            if name.first == "*" { name = name.dropFirst() }
            while name.last == " " || name.last == "\t" { name = name.dropLast() }
            return (digest, String(name))
        }
        guard let opening = line.range(of: " ("), let closing = line.lastRange(of: ") = "),
            opening.upperBound <= closing.lowerBound
        else { return nil }
        let tail = line[closing.upperBound...].filter { $0 != " " && $0 != "\t" }
        // The algorithm that the line names has to be the one that the digest's length tells.
        let algorithm = line[..<opening.lowerBound].filter { $0 != "-" && $0 != " " }.lowercased()
        guard let digest = ExpectedDigest(tail), digest.algorithm.rawValue == algorithm else { return nil }
        return (digest, String(line[opening.upperBound..<closing.lowerBound]))
    }

    private static func lastPart(of name: String) -> Substring {
        name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...]
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
    fileprivate func lastRange(of text: String) -> Range<Index>? { ranges(of: text).last }
}

/// The bytes of a small file.
final class SmallFile: ResumableSink {
    private(set) var bytes: [UInt8] = []
    private let name: String
    private let limit: Int

    init(_ name: String, limit: Int) {
        self.name = name
        self.limit = limit
    }

    var condition: Request.Condition { .whole }
    var isWhole: Bool { true }

    func begin(_ head: ResponseHead) throws(ImageError) -> Bool {
        bytes = []
        return head.status == 200
    }

    func take(_ more: UnsafeRawBufferPointer) throws(ImageError) {
        guard bytes.count + more.count <= limit else {
            throw ImageError(.unsupported, "\(name) has more than \(limit) bytes, which no list of checksums has.")
        }
        bytes += more
    }

    func startAnew() { bytes = [] }
}
