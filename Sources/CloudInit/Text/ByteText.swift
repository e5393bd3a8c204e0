extension UInt8 {
    /// Space, tab, carriage return, line feed: what templates trim.
    var isWhitespace: Bool { self == 0x20 || self == 0x09 || self == 0x0D || self == 0x0A }
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
    /// Part of a name in a template; letters beyond ASCII are.
    var isNameByte: Bool { isLetter || isDigit || self == UInt8(ascii: "_") || self >= 0x80 }
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension RandomAccessCollection<UInt8> where Index == Int {
    func hasBytes(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= startIndex, index + count <= endIndex else { return false }
        return text.withUTF8Buffer { buffer in
            (0..<count).allSatisfy { self[index + $0] == buffer[$0] }
        }
    }
}

/// The offset of `needle` in `bytes` at or after `start`, in linear time whatever they hold (Knuth, Morris and Pratt).
func firstOffset(of needle: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
    guard let first = needle.first else { return start <= bytes.count ? start : nil }
    var borders = [0]
    for byte in needle.dropFirst() {
        var border = borders[borders.count - 1]
        while border > 0, byte != needle[border] { border = borders[border - 1] }
        borders.append(byte == needle[border] ? border + 1 : 0)
    }
    return bytes.withUnsafeBufferPointer { bytes in
        var matched = 0
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            while matched > 0, byte != needle[matched] { matched = borders[matched - 1] }
            if matched > 0 || byte == first { matched += 1 }
            index += 1
            if matched == needle.count { return index - matched }
        }
        return nil
    }
}
