/// Joins parts of user data to one MIME message, the same bytes for the same parts.
///
/// What is not plain ASCII goes as base64: Python's parser, which cloud-init reads it with, takes eight-bit text for Latin-1.
func joinedParts(_ parts: [(kind: UserDataKind, bytes: [UInt8])]) -> [UInt8] {
    if parts.count <= 1 { return parts.first?.bytes ?? [] }
    let encoded = parts.enumerated().map { encodedPart($1.kind, $1.bytes, number: $0 + 1) }
    let boundary = boundary(for: encoded)
    var message = Array("Content-Type: multipart/mixed; boundary=\"\(boundary)\"\nMIME-Version: 1.0\n\n".utf8)
    for part in encoded {
        message += Array("--\(boundary)\n".utf8)
        message += part
        message.append(0x0A)
    }
    return message + Array("--\(boundary)--\n".utf8)
}

private func encodedPart(_ kind: UserDataKind, _ bytes: [UInt8], number: Int) -> [UInt8] {
    // A message has headers of its own, which are those of the part.
    guard let contentType = kind.contentType else { return Array(bytes.drop { $0.isWhitespace }) }
    let isPlain = bytes.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x09 || $0 == 0x0A }
    let charset = kind == .gzip ? "" : "; charset=\"utf-8\""
    let padded = String(number).count < 3 ? String("00\(number)".suffix(3)) : String(number)
    let headers = """
        Content-Type: \(contentType)\(charset)
        MIME-Version: 1.0
        Content-Transfer-Encoding: \(isPlain ? "7bit" : "base64")
        Content-Disposition: attachment; filename="part-\(padded)"


        """
    return Array(headers.utf8) + (isPlain ? bytes : Base64.encode(bytes, lineLength: 76))
}

/// A line that stands in none of the parts, found from their bytes (FNV-1a), so that it is always the same.
private func boundary(for parts: [[UInt8]]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in parts { for byte in part { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
    while true {
        let digits = String(hash, radix: 16)
        let boundary = "=rigaud-" + String(repeating: "0", count: 16 - digits.count) + digits
        let needle = Array("--\(boundary)".utf8)
        if parts.allSatisfy({ firstOffset(of: needle, in: $0) == nil }) { return boundary }
        hash &+= 1
    }
}
