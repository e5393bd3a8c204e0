/// Some bytes of a file, of which numbers are read. What is not there reads as zero, so that a file that is too short is
/// told by what its numbers say.
struct HeaderBytes {
    let bytes: [UInt8]

    func little(_ offset: Int, bytes count: Int) -> UInt64 { number(offset, count, reversed: true) }
    func big(_ offset: Int, bytes count: Int) -> UInt64 { number(offset, count, reversed: false) }

    func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }

    func has(_ expected: [UInt8], at offset: Int = 0) -> Bool {
        offset >= 0 && offset <= bytes.count && bytes[offset...].starts(with: expected)
    }

    private func number(_ offset: Int, _ count: Int, reversed: Bool) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - count else { return 0 }
        let slice = bytes[offset..<(offset + count)]
        let step = { (value: UInt64, byte: UInt8) in value << 8 | UInt64(byte) }
        return reversed ? slice.reversed().reduce(0, step) : slice.reduce(0, step)
    }
}
