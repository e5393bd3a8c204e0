import Glibc

/// Writes a file from its beginning to its end, with holes where there are only zeros.
struct SparseWriter: ~Copyable {
    private let file: OpenFile
    /// Bytes so far, holes included.
    private(set) var length: Int64 = 0
    /// Bytes that were written and are no holes.
    private(set) var written: Int64 = 0

    private static let block = 4096
    private static let zeros = [UInt8](repeating: 0, count: block)

    /// What is there is overwritten.
    init(_ path: String) throws(ImageError) { file = try OpenFile.writing(path, flags: O_TRUNC) }

    /// Adds bytes. Blocks of the file, in which holes are, need not begin where these do.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        var start: Int?
        var position = 0
        while position < bytes.count {
            let intoBlock = Int((length + Int64(position)) % Int64(SparseWriter.block))
            let end = min(bytes.count, position + SparseWriter.block - intoBlock)
            if SparseWriter.isZero(UnsafeRawBufferPointer(rebasing: bytes[position..<end])) {
                if let first = start { try write(bytes, first..<position) }
                start = nil
            } else if start == nil {
                start = position
            }
            position = end
        }
        if let first = start { try write(bytes, first..<bytes.count) }
        length += Int64(bytes.count)
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ImageError) {
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[range]), at: length + Int64(range.lowerBound))
        written += Int64(range.count)
    }

    /// Moves the end without writing: what is between are zeros.
    mutating func skip(to offset: Int64) { length = max(length, offset) }

    /// Gives the file its length, makes it last, and gives its stamp.
    func finish() throws(ImageError) -> FileStamp {
        try file.truncate(to: length)
        try file.synchronize()
        return try file.stamp()
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let address = bytes.baseAddress else { return true }
        return zeros.withUnsafeBytes { memcmp(address, $0.baseAddress ?? address, bytes.count) == 0 }
    }
}
