/// The status line and the header lines of an answer that matter here (RFC 9110).
struct ResponseHead: Hashable {
    private(set) var status = 0
    private(set) var validators = Validators()
    private(set) var contentLength: Int64?
    /// Of a part: where it begins and, where the server says so, how long the whole is.
    private(set) var range: ContentRange?
    /// Seconds that the server asks to be left alone for.
    private(set) var retryAfter: Int?

    /// Takes a line as it came. A status line begins anew: what was before it was not the last word (1xx).
    mutating func take(line bytes: some Collection<UInt8>) {
        let line = String(decoding: bytes, as: UTF8.self).trimmed
        if line.hasPrefix("HTTP/") {
            self = ResponseHead()
            let words = line.split(separator: " ", maxSplits: 2)
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            return
        }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].trimmed
        switch line[..<colon].lowercased() {
        case "etag": validators.entityTag = Validators.acceptable(value)
        case "last-modified": validators.lastModified = Validators.acceptable(value)
        case "date": validators.date = Validators.acceptable(value)
        case "content-length": contentLength = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
        case "content-range": range = ContentRange(value)
        case "retry-after": retryAfter = Int(value).flatMap { $0 >= 0 ? $0 : nil }
        default: break
        }
    }

    /// Bytes of the whole, where the server says how many there are.
    var total: Int64? { status == 206 ? range?.total : contentLength }
}

/// `bytes 100-199/1000`: RFC 9110 section 14.4.
struct ContentRange: Hashable {
    let start: Int64
    let total: Int64?

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/")
        let ends = parts.first?.split(separator: "-") ?? []
        guard parts.count == 2, ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]),
            first >= 0, last >= first
        else { return nil }
        start = first
        total = parts[1] == "*" ? nil : Int64(parts[1])
        if let total { guard last < total else { return nil } } else if parts[1] != "*" { return nil }
    }
}

extension StringProtocol {
    /// Without the white space of header lines round it.
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
