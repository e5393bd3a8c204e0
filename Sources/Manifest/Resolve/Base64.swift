/// Decodes standard Base64 (RFC 4648, section 4), with white space left out; nil for anything else.
func decodeBase64(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count * 3 / 4)
    var bits: UInt32 = 0
    var digits = 0
    var padding = 0
    for byte in text.utf8 {
        let digit: UInt32
        switch byte {
        case 0x41...0x5A: digit = UInt32(byte) - 0x41
        case 0x61...0x7A: digit = UInt32(byte) - 0x61 + 26
        case 0x30...0x39: digit = UInt32(byte) - 0x30 + 52
        case UInt8(ascii: "+"): digit = 62
        case UInt8(ascii: "/"): digit = 63
        case UInt8(ascii: "="):
            padding += 1
            continue
        case 0x20, 0x09, 0x0A, 0x0D: continue
        default: return nil
        }
        guard padding == 0 else { return nil }
        bits = bits << 6 | digit
        digits += 1
        if digits % 4 == 0 {
            result.append(UInt8(truncatingIfNeeded: bits >> 16))
            result.append(UInt8(truncatingIfNeeded: bits >> 8))
            result.append(UInt8(truncatingIfNeeded: bits))
        }
    }
    switch digits % 4 {
    case 0: return padding == 0 ? result : nil
    case 2 where padding == 2: result.append(UInt8(truncatingIfNeeded: bits >> 4))
    case 3 where padding == 1:
        result.append(UInt8(truncatingIfNeeded: bits >> 10))
        result.append(UInt8(truncatingIfNeeded: bits >> 2))
    default: return nil
    }
    return result
}
