import Crypto

/// A snapshot's text with the checksum that it should have: what an attacker, or a bug, would write.
func resealed(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard let end = bytes.firstIndex(of: 10) else { return bytes }
    let body = Array(bytes[(end + 1)...])
    let digest = SHA256.hash(data: body).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return Array("{\"formatVersion\":1,\"sha256\":\"\(digest)\",\n".utf8) + body
}
