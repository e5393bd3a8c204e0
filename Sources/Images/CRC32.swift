/// The checksum of gzip (RFC 1952 section 8), eight bytes at a time. libarchive does not look at it.
struct CRC32 {
    private var state = UInt32.max

    /// Of what has gone by so far.
    var value: UInt32 { ~state }

    private static let polynomial: UInt32 = 0xedb8_8320

    /// For each of eight places, what a byte there does: 8 times 256.
    private static let tables: [UInt32] = {
        var tables = (0..<UInt32(256)).map { byte in
            (0..<8).reduce(byte) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial }
        }
        for index in 256..<2048 {
            let former = tables[index - 256]
            tables.append(former >> 8 ^ tables[Int(former & 255)])
        }
        return tables
    }()

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        var position = 0
        CRC32.tables.withUnsafeBufferPointer { tables in
            while position + 8 <= bytes.count {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)) ^ crc
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
                let first = tables[1792 + Int(low & 255)] ^ tables[1536 + Int(low >> 8 & 255)]
                let second = tables[1280 + Int(low >> 16 & 255)] ^ tables[1024 + Int(low >> 24)]
                let third = tables[768 + Int(high & 255)] ^ tables[512 + Int(high >> 8 & 255)]
                let fourth = tables[256 + Int(high >> 16 & 255)] ^ tables[Int(high >> 24)]
                crc = first ^ second ^ third ^ fourth
                position += 8
            }
            while position < bytes.count {
                crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[position])) & 255)]
                position += 1
            }
        }
        state = crc
    }
}
