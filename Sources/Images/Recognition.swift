import Model

/// What an image is, by its content.
///
/// An image from elsewhere may be made to harm: one that names other files would have the host read them for it, so those
/// are refused, as is what no hypervisor takes for a disk.
enum Recognition {
    struct Finding: Hashable {
        let format: ImageFormat
        /// Bytes of the disk that a guest sees.
        let capacity: Int64
    }

    static func recognise(_ file: borrowing OpenFile) throws(ImageError) -> Finding {
        let length = try file.stamp().size
        guard length > 0 else { throw ImageError(.unsupported, "It is empty.") }
        let head = HeaderBytes(bytes: try file.read(4096, at: 0))
        if let what = notAnImage(head) { throw ImageError(.unsupported, what) }
        if head.has([0x51, 0x46, 0x49, 0xfb]) { return Finding(format: .qcow2, capacity: try QCOW2Header.check(file)) }
        if head.has("KDMV") { return Finding(format: .vmdk, capacity: try VMDKHeader.check(file)) }
        if head.has("vhdxfile") { return Finding(format: .vhdx, capacity: try VHDXHeader.check(file)) }
        // VirtualBox's VDICore.h: the signature is behind a text of 64 bytes.
        if head.little(64, bytes: 4) == 0xbeda_107f {
            return Finding(format: .vdi, capacity: try vdiCapacity(head, length: length))
        }
        if head.has("conectix") { return Finding(format: .vpc, capacity: try vhdCapacity(head, isCopy: true)) }
        if length > 512 {
            let foot = HeaderBytes(bytes: try file.read(512, at: length - 512))
            if foot.has("conectix") { return Finding(format: .vpc, capacity: try vhdCapacity(foot, isCopy: false)) }
            if foot.has("koly") { throw ImageError(.unsupported, "It is a disk image of macOS (dmg).") }
        }
        guard length >= 512 else { throw ImageError(.unsupported, "It is smaller than a sector of a disk.") }
        // ECMA-119 section 8.1: the first volume descriptor is sector 16. A table of partitions may be there as well.
        let isISO = HeaderBytes(bytes: try file.read(5, at: 32_769)).has("CD001")
        return Finding(format: isISO ? .iso : .raw, capacity: (length + 511) / 512 * 512)
    }

    /// A size that a header gives, in units of some bytes; what cannot be one is refused.
    static func capacity(_ number: UInt64, unit: Int64 = 1, of format: String) throws(ImageError) -> Int64 {
        guard let number = Int64(exactly: number), number > 0 else {
            throw damaged(format, "the size of the disk in its header is none")
        }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        guard !isTooLarge else { throw damaged(format, "the size of the disk in its header is none") }
        return bytes
    }

    static func damaged(_ format: String, _ why: String) -> ImageError {
        ImageError(.unsupported, "It is a \(format) image, but \(why).")
    }

    static func cutOff(_ format: String) -> ImageError {
        damaged(
            format, "it is cut off: its tables name places behind its end. Bring it again, and give its checksum")
    }

    /// The image would have a host read other files.
    static func refersElsewhere(_ format: String, _ to: String) -> ImageError {
        ImageError(
            .unsupported,
            "It is a \(format) image that names \(to). An image that is brought from elsewhere may not lead to files of "
                + "the host; flatten it first.", command: "qemu-img convert -O qcow2 IMAGE FLAT.qcow2")
    }

    private static func vdiCapacity(_ head: HeaderBytes, length: Int64) throws(ImageError) -> Int64 {
        // 1 grows, 2 is fixed; 3 and 4 are differences to another image.
        guard (1...2).contains(head.little(0x4c, bytes: 4)) else { throw refersElsewhere("VDI", "a parent") }
        // Blocks lie one behind the other; each begins in the file, or it was cut off.
        let (data, size, blocks) = (
            head.little(0x158, bytes: 4), head.little(0x178, bytes: 4), head.little(0x184, bytes: 4)
        )
        guard blocks == 0 || data + (blocks - 1) * size < UInt64(length) else { throw cutOff("VDI") }
        return try capacity(head.little(0x170, bytes: 8), of: "VDI")
    }

    /// Microsoft's Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format".
    private static func vhdCapacity(_ footer: HeaderBytes, isCopy: Bool) throws(ImageError) -> Int64 {
        switch (footer.big(60, bytes: 4), isCopy) {
        case (2, _), (3, true): return try capacity(footer.big(48, bytes: 8), of: "VHD")
        case (4, _): throw refersElsewhere("VHD", "a parent")
        default: throw damaged("VHD", "its footer is of no known type")
        }
    }
}
