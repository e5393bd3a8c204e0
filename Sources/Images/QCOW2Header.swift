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
        return try Recognition.capacity(head.big(24, bytes: 8), of: "qcow2")
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
