/// How a file is packed, by its first bytes.
enum Packing: String, CaseIterable {
    case gzip, xz, zstd, bzip2

    /// Of bzip2: a block, or the end where there is none.
    private static let blockStarts: [[UInt8]] = [
        [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90],
    ]

    /// What begins with it, and may follow on something that was packed so.
    var magic: [UInt8] {
        switch self {
        case .gzip: [0x1f, 0x8b, 0x08]  // RFC 1952 section 2.3.1
        case .xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
        case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
        case .bzip2: Array("BZh".utf8)
        }
    }

    /// Nil for what is not packed, or not in a way that is known.
    init?(_ head: [UInt8]) {
        if head.starts(with: Packing.gzip.magic) {
            self = .gzip
        } else if head.starts(with: Packing.xz.magic) {
            self = .xz
        } else if head.starts(with: Packing.zstd.magic)
            || (head.count >= 4 && head[0] & 0xf0 == 0x50 && head[1...3].elementsEqual([0x2a, 0x4d, 0x18]))
        {
            self = .zstd  // RFC 8878 section 3.1: a frame, or one to be skipped, with which parallel packers begin
        } else if head.starts(with: Packing.bzip2.magic), head.count >= 10,
            (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(head[3]),
            Packing.blockStarts.contains(Array(head[4..<10]))
        {
            self = .bzip2
        } else {
            return nil
        }
    }
}
