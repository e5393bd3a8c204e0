import Model

/// The header of a qcow2 image, as QEMU's docs/interop/qcow2.txt describes it. Numbers are big endian.
enum QCOW2Header {
    private static let dataFileName: UInt64 = 0x4441_5441

    /// The size of the disk. An image that names other files is refused.
    static func check(_ file: borrowing OpenFile) throws(ImageError) -> Int64 {
        let head = HeaderBytes(bytes: try file.read(104, at: 0))
        let version = head.big(4, bytes: 4)
        guard version == 2 || version == 3 else {
            throw Recognition.damaged("qcow", "its version is \(version); 2 and 3 are supported")
        }
        guard head.big(8, bytes: 8) == 0, head.big(16, bytes: 4) == 0 else {
            throw Recognition.refersElsewhere("qcow2", "a backing file")
        }
        let clusterBits = head.big(20, bytes: 4)
        // QEMU knows 512 bytes to 2 MiB.
        guard (9...21).contains(clusterBits) else { throw Recognition.damaged("qcow2", "its cluster size is none") }
        guard head.big(32, bytes: 4) == 0 else {
            throw ImageError(.unsupported, "It is an encrypted qcow2 image, and there is nothing that opens it.")
        }
        if version == 3 {
            // Bit 2 of the incompatible features: guest data is in another file.
            guard head.big(72, bytes: 8) & 4 == 0 else {
                throw Recognition.refersElsewhere("qcow2", "an external data file")
            }
        }
        let length = version == 3 ? head.big(100, bytes: 4) : 72
        try checkExtensions(of: file, from: length, to: 1 << clusterBits)
        let capacity = try Recognition.capacity(head.big(24, bytes: 8), of: "qcow2")
        try checkClusters(of: file, head, clusterBits: Int(clusterBits))
        return capacity
    }

    /// Whether everything that its tables name is in the file: of a file that was cut off something is not.
    ///
    /// The first table names the second ones, and these the clusters; of both the offset is in bits 9 to 55. A cluster need
    /// only begin in the file, since nothing is written behind the last bytes of the last one.
    private static func checkClusters(
        of file: borrowing OpenFile, _ head: borrowing HeaderBytes, clusterBits: Int
    ) throws(ImageError) {
        let length = UInt64(try file.stamp().size)
        let cutOff = Recognition.cutOff("qcow2")
        let mask: UInt64 = 0x00ff_ffff_ffff_fe00
        // QEMU takes up to 32 MiB for the first table.
        let count = head.big(36, bytes: 4)
        guard count <= 4 << 20 else { throw Recognition.damaged("qcow2", "its first table is too large") }
        let first = HeaderBytes(bytes: try file.read(Int(count) * 8, at: Int64(head.big(40, bytes: 8) & mask)))
        guard first.bytes.count == Int(count) * 8 else { throw cutOff }
        let sizeOffset = 62 - (clusterBits - 8)
        let compressedMask: UInt64 = (1 << UInt64(sizeOffset)) - 1
        // Entries with subclusters have a map of them behind each offset.
        let hasSubclusters = head.big(4, bytes: 4) == 3 && head.big(72, bytes: 8) & 16 != 0
        // Each is read once, so that no more is read than there is.
        var tables: Set<UInt64> = [0]
        for index in 0..<Int(count) {
            let table = first.big(index * 8, bytes: 8) & mask
            guard tables.insert(table).inserted else { continue }
            guard table % (1 << UInt64(clusterBits)) == 0 else {
                throw Recognition.damaged("qcow2", "a table of it does not begin where clusters do")
            }
            guard table < length else { throw cutOff }
            let second = HeaderBytes(bytes: try file.read(1 << clusterBits, at: Int64(table)))
            guard second.bytes.count == 1 << clusterBits else { throw cutOff }
            for offset in stride(from: 0, to: second.bytes.count, by: hasSubclusters ? 16 : 8) {
                let entry = second.big(offset, bytes: 8)
                let place = entry >> 62 & 1 == 1 ? entry & compressedMask : entry & mask
                guard place < length else { throw cutOff }
            }
        }
    }

    /// Extensions fill the first cluster from the end of the header, each of a type and a length, up to one of type 0.
    private static func checkExtensions(
        of file: borrowing OpenFile, from start: UInt64, to end: UInt64
    ) throws(ImageError) {
        guard (72...end).contains(start) else { throw Recognition.damaged("qcow2", "its header has no length") }
        let cluster = HeaderBytes(bytes: try file.read(Int(end), at: 0))
        var offset = Int(start)
        while offset + 8 <= cluster.bytes.count {
            let type = cluster.big(offset, bytes: 4)
            let length = Int(cluster.big(offset + 4, bytes: 4))
            if type == 0 { return }
            guard type != dataFileName else { throw Recognition.refersElsewhere("qcow2", "an external data file") }
            guard length <= cluster.bytes.count - offset - 8 else {
                throw Recognition.damaged("qcow2", "an extension of its header does not end")
            }
            offset += 8 + (length + 7) / 8 * 8
        }
    }
}
