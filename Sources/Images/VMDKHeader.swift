import Model

/// The header of a sparse VMDK extent, as VMware's "Virtual Disk Format 5.0" describes it. Numbers are little endian.
enum VMDKHeader {
    /// Where QEMU looks for a parent's name, whatever the header says (block/vmdk.c).
    private static let descriptorOffset: Int64 = 512
    private static let descriptorBytes = 20 * 512
    private static let largestDescriptor: UInt64 = 2048
    private static let atEnd = UInt64.max

    /// The size of the disk. An image that names other files is refused.
    static func check(_ file: borrowing OpenFile) throws(ImageError) -> Int64 {
        let head = HeaderBytes(bytes: try file.read(512, at: 0))
        let sectors = head.little(12, bytes: 8)
        // With no capacity, QEMU takes the descriptor for all there is, and opens the files that it lists.
        guard sectors > 0 else { throw Recognition.refersElsewhere("VMDK", "other files") }
        let (offset, count) = (head.little(28, bytes: 8), head.little(36, bytes: 8))
        if offset > 0 {
            guard count <= largestDescriptor, offset < UInt64(Int64.max / 512) else {
                throw Recognition.damaged("VMDK", "its description is not where it should be")
            }
            try checkDescriptor(try file.read(Int(count) * 512, at: Int64(offset) * 512))
        }
        if offset != 1 {
            try checkParent(String(decoding: try file.read(descriptorBytes, at: descriptorOffset), as: UTF8.self))
        }
        let capacity = try Recognition.capacity(sectors, unit: 512, of: "VMDK")
        if head.little(56, bytes: 8) == atEnd {
            // The header is at the end once more, and that one counts: a marker, the header, a marker, 512 bytes each.
            let footer = HeaderBytes(bytes: try file.read(512, at: try file.stamp().size - 1024))
            guard footer.has("KDMV"), footer.little(12, bytes: 8) == sectors else {
                throw Recognition.damaged("VMDK", "its end is not there, or says other than its beginning")
            }
        } else {
            try checkGrains(of: file, head, sectors: sectors)
        }
        return capacity
    }

    /// Whether everything that the directory of grain tables names begins in the file. Places are in sectors.
    private static func checkGrains(
        of file: borrowing OpenFile, _ head: borrowing HeaderBytes, sectors: UInt64
    ) throws(ImageError) {
        let length = UInt64(try file.stamp().size)
        let (grain, entries) = (head.little(20, bytes: 8), head.little(44, bytes: 4))
        let place = head.little(56, bytes: 8)
        guard (1...(1 << 20)).contains(grain), (1...(1 << 16)).contains(entries), place > 0 else { return }
        let (covered, isTooLarge) = grain.multipliedReportingOverflow(by: entries)
        guard !isTooLarge else { return }
        let count = sectors / covered + (sectors % covered == 0 ? 0 : 1)
        guard count <= 4 << 20, place < length / 512 + 1 else { throw Recognition.cutOff("VMDK") }
        let directory = HeaderBytes(bytes: try file.read(Int(count) * 4, at: Int64(place) * 512))
        guard directory.bytes.count == Int(count) * 4 else { throw Recognition.cutOff("VMDK") }
        // Each is read once, so that no more is read than there is.
        var tables: Set<UInt64> = [0]
        for index in 0..<Int(count) {
            let table = directory.little(index * 4, bytes: 4)
            guard tables.insert(table).inserted else { continue }
            let bytes = HeaderBytes(bytes: try file.read(Int(entries) * 4, at: Int64(table) * 512))
            guard bytes.bytes.count == Int(entries) * 4 else { throw Recognition.cutOff("VMDK") }
            // 0 is a grain that is nowhere, 1 one of zeros.
            for offset in stride(from: 0, to: bytes.bytes.count, by: 4) where bytes.little(offset, bytes: 4) > 1 {
                guard bytes.little(offset, bytes: 4) * 512 < length else { throw Recognition.cutOff("VMDK") }
            }
        }
    }

    private static func checkParent(_ text: String) throws(ImageError) {
        guard !text.contains("parentFileNameHint") else { throw Recognition.refersElsewhere("VMDK", "a parent") }
    }

    /// The text that may be in the image: lines such as `parentCID=ffffffff`, and for each extent
    /// `RW 20480 SPARSE "disk.vmdk"`.
    private static func checkDescriptor(_ bytes: [UInt8]) throws(ImageError) {
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        try checkParent(String(decoding: bytes, as: UTF8.self))
        var extents = 0
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(maxSplits: 3, whereSeparator: \.isWhitespace)
            if let first = words.first, ["RW", "RDONLY", "NOACCESS"].contains(first.uppercased()), words.count >= 3 {
                extents += 1
                let isOwn = words[2].uppercased() == "SPARSE" && words.count == 4 && !words[3].contains("/")
                guard isOwn, extents == 1 else { throw Recognition.refersElsewhere("VMDK", "other files") }
            }
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" } }
            if parts.count == 2, parts[0].lowercased() == "parentcid", parts[1].lowercased() != "ffffffff" {
                throw Recognition.refersElsewhere("VMDK", "a parent")
            }
        }
    }
}
