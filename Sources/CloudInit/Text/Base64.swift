/// RFC 4648, with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (index, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(index) }
        return values
    }()

    /// `lineLength`: characters in a line; nil makes one line of it all.
    static func encode(_ bytes: [UInt8], lineLength: Int? = nil) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 3 * 4 + bytes.count / 50 + 4)
        var column = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            if let lineLength, column >= lineLength {
                result.append(0x0A)
                column = 0
            }
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<3 { group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                result.append(
                    index <= count ? alphabet[Int(group >> (18 - 6 * UInt32(index)) & 63)] : UInt8(ascii: "="))
            }
            column += 4
        }
        return result
    }

    /// Nil for what is not base64. Line breaks are allowed.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        let letters = text.filter { $0 != 0x0A && $0 != 0x0D }
        guard letters.count.isMultiple(of: 4) else { return nil }
        let padding = letters.suffix(2).count { $0 == UInt8(ascii: "=") }
        var result: [UInt8] = []
        result.reserveCapacity(letters.count / 4 * 3)
        for start in stride(from: 0, to: letters.count, by: 4) {
            let isLast = start + 4 == letters.count
            var group: UInt32 = 0
            for index in 0..<4 {
                let isPadding = isLast && index >= 4 - padding
                if isPadding, letters[start + index] != UInt8(ascii: "=") { return nil }
                guard let value = isPadding ? 0 : values[Int(letters[start + index])] else { return nil }
                group = group << 6 | UInt32(value)
            }
            for index in 0..<(isLast ? 3 - padding : 3) {
                result.append(UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(index))))
            }
        }
        return result
    }
}
