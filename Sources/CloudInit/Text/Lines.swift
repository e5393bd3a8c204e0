/// A place in a text: line and column from 1; columns count characters.
struct TextPosition: Hashable, Sendable {
    let line: Int
    let column: Int
}

/// Where the lines of a text begin, counted as libyaml counts them, so that its places and ours are the same.
struct Lines {
    let bytes: [UInt8]
    /// The offset of the first byte of each line; never empty.
    let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        var index = 0
        while index < bytes.count {
            let length = Lines.lineBreak(in: bytes, at: index)
            index += max(length, 1)
            if length > 0 { starts.append(index) }
        }
        self.starts = starts
    }

    /// The bytes of a line, from 1, with its line break.
    func range(ofLine line: Int) -> Range<Int> {
        guard line >= 1, line <= starts.count else { return bytes.count..<bytes.count }
        return starts[line - 1]..<(line < starts.count ? starts[line] : bytes.count)
    }

    func position(of offset: Int) -> TextPosition {
        let offset = min(max(offset, 0), bytes.count)
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return TextPosition(line: low + 1, column: bytes[starts[low]..<offset].count { $0 & 0xC0 != 0x80 } + 1)
    }

    func offset(line: Int, column: Int) -> Int {
        let range = range(ofLine: line)
        var left = column - 1
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] & 0xC0 != 0x80 {
                if left == 0 { break }
                left -= 1
            }
            index += 1
        }
        return index
    }

    /// The length of the line break that begins here; 0 where none does. Besides the usual ones YAML 1.1 has U+0085, U+2028
    /// and U+2029.
    private static func lineBreak(in bytes: [UInt8], at index: Int) -> Int {
        func byte(_ distance: Int) -> UInt8 { index + distance < bytes.count ? bytes[index + distance] : 0 }
        switch bytes[index] {
        case 0x0A: return 1
        case 0x0D: return byte(1) == 0x0A ? 2 : 1
        case 0xC2: return byte(1) == 0x85 ? 2 : 0
        case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
        default: return 0
        }
    }
}
