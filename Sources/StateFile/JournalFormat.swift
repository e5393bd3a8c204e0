import Model

/// The journal's bytes: a header, then an entry a line.
///
///     LENGTH CRC SYNCED {json}
///
/// `LENGTH` is the JSON's in bytes and `CRC` the CRC-32 of `SYNCED {json}` in hexadecimal. `SYNCED` is how many bytes of
/// the file were known to be on the disk when the line was written. It tells a torn tail from a torn middle: after a
/// loss of power the last, unsynchronized stretch of a file can have holes, with whole lines after them; a hole before a
/// line that vouches for its place is damage.
enum JournalFormat {
    static let version = 1

    /// Which snapshot the journal goes on from.
    struct Header: Hashable {
        let lineage: ObjectID
        let serial: Int

        var json: [UInt8] {
            Array("{\"formatVersion\":\(version),\"lineage\":\"\(lineage)\",\"serial\":\(serial)}".utf8)
        }
    }

    static func append(_ json: [UInt8], synced: Int, to bytes: inout [UInt8]) {
        let payload = Array("\(synced) ".utf8) + json
        let checksum = String(CRC32.checksum(of: payload[...]), radix: 16)
        bytes.append(contentsOf: "\(json.count) \(checksum) ".utf8)
        bytes.append(contentsOf: payload)
        bytes.append(0x0A)
    }

    /// A line that is whole.
    struct Line {
        /// Where its JSON stands.
        let json: Range<Int>
        let synced: Int
        /// Where the next line begins.
        let end: Int
    }

    /// The line that begins at an offset; nil if there is none or it is not whole.
    static func line(at start: Int, in bytes: [UInt8]) -> Line? {
        var position = start
        guard let length = number(&position, in: bytes, radix: 10),
            let checksum = number(&position, in: bytes, radix: 16)
        else { return nil }
        let payload = position
        guard let synced = number(&position, in: bytes, radix: 10), length <= bytes.count - position else { return nil }
        let end = position + length
        // JSON as it is written here has no line break in it: this also keeps a search for the next line linear.
        guard bytes[position...].firstIndex(of: 0x0A) == end, CRC32.checksum(of: bytes[payload..<end]) == checksum
        else {
            return nil
        }
        return Line(json: position..<end, synced: synced, end: end + 1)
    }

    /// What is wrong with a journal from `offset` on, where no whole line begins.
    enum Tear: Hashable {
        /// It ends here, or what follows was never vouched for.
        case tail
        case middle
    }

    static func tear(at offset: Int, in bytes: [UInt8]) -> Tear {
        var position = offset
        while let newline = bytes[position...].firstIndex(of: 0x0A) {
            position = newline + 1
            if let line = line(at: position, in: bytes), line.synced > offset { return .middle }
        }
        return .tail
    }

    /// A number and the space after it.
    private static func number(_ position: inout Int, in bytes: [UInt8], radix: Int) -> Int? {
        var number = 0
        let start = position
        while position < bytes.count, position - start <= 12 {
            let byte = bytes[position]
            position += 1
            let digit: UInt8
            switch byte {
            case 0x20: return position - start > 1 ? number : nil
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f") where radix == 16: digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            number = number * radix + Int(digit)
        }
        return nil
    }
}

/// The CRC-32 of zlib and PNG (ISO 3309): it finds torn writes, not forgeries.
enum CRC32 {
    static func checksum(of bytes: ArraySlice<UInt8>) -> Int {
        let value = bytes.withUnsafeBufferPointer { buffer in
            table.withUnsafeBufferPointer { table in
                buffer.reduce(UInt32.max) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
            }
        }
        return Int(~value)
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }
}
