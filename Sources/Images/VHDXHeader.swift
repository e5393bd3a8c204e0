import Model

/// The regions of a VHDX image that say how large its disk is ([MS-VHDX]). Numbers are little endian.
enum VHDXHeader {
    private static let regionTables: [Int64] = [192 << 10, 256 << 10]
    private static let metadataRegion = guid("06A27C8B90479A4BB8FE575F050F886E")
    private static let diskSize = guid("2442A52F1BCD7648B2115DBED83BF4B8")
    private static let parameters = guid("3767A1CA36FA434DB3B633F0AA44E76B")

    /// The size of the disk; 0 where it is not where it should be, which is for QEMU to judge. An image with a parent is
    /// refused.
    static func check(_ file: borrowing OpenFile) throws(ImageError) -> Int64 {
        for offset in regionTables {
            let table = HeaderBytes(bytes: try file.read(64 << 10, at: offset))
            guard table.has("regi") else { continue }
            // Section 2.2.3.1: a header of 16 bytes, entries of 32.
            for index in 0..<Int(min(table.little(8, bytes: 4), 2047)) {
                let entry = 16 + index * 32
                guard table.has(metadataRegion, at: entry),
                    let place = Int64(exactly: table.little(entry + 16, bytes: 8))
                else { continue }
                return try capacity(in: file, at: place)
            }
        }
        return 0
    }

    /// Section 2.6.1.1: a header of 32 bytes, entries of 32.
    private static func capacity(in file: borrowing OpenFile, at place: Int64) throws(ImageError) -> Int64 {
        let table = HeaderBytes(bytes: try file.read(64 << 10, at: place))
        guard table.has("metadata") else { return 0 }
        var capacity: Int64 = 0
        for index in 0..<Int(min(table.little(10, bytes: 2), 2047)) {
            let entry = 32 + index * 32
            let (offset, isTooFar) = place.addingReportingOverflow(Int64(table.little(entry + 16, bytes: 4)))
            if isTooFar { continue }
            if table.has(parameters, at: entry) {
                let flags = HeaderBytes(bytes: try file.read(8, at: offset)).little(4, bytes: 4)
                guard flags & 2 == 0 else { throw Recognition.refersElsewhere("VHDX", "a parent") }
            }
            if table.has(diskSize, at: entry) {
                capacity = try Recognition.capacity(
                    HeaderBytes(bytes: try file.read(8, at: offset)).little(0, bytes: 8), of: "VHDX")
            }
        }
        return capacity
    }

    /// As its bytes lie in the file.
    private static func guid(_ digits: String) -> [UInt8] {
        let nibbles = digits.compactMap { $0.hexDigitValue.map(UInt8.init) }
        return stride(from: 0, to: nibbles.count - 1, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }
}
