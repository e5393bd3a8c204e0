import CLibArchive
import Glibc

/// Unpacks a file that is packed as a whole, in a stream, through libarchive.
struct Unpacker {
    let bounds: Bounds
    let settings: FetchSettings
    let meter: ProgressMeter

    /// Unpacks one file into another, and gives the stamp of that.
    ///
    /// What comes out is bounded: see `FetchSettings.ratio`.
    func unpack(_ source: borrowing OpenFile, to path: String) throws(ImageError) -> FileStamp {
        let packed = try source.stamp().size
        guard let archive = Archive() else { throw ImageError(.failed, "There is no memory left.") }
        try archive.open(source)
        var writer = try SparseWriter(path)
        let (times, isBeyond) = packed.multipliedReportingOverflow(by: settings.ratio)
        let mostWritten = isBeyond ? .max : max(settings.smallestBomb, times)
        var crc = Packing(try source.read(16, at: 0)) == .gzip ? CRC32() : nil
        while let block = try archive.next() {
            try bounds.check()
            let (end, isTooFar) = block.offset.addingReportingOverflow(Int64(block.bytes.count))
            guard !isTooFar, block.offset >= writer.length, end <= settings.largest else {
                throw ImageError(
                    .full, "It unpacks to more than \(settings.largest) bytes, which no image of a disk has.")
            }
            writer.skip(to: block.offset)
            try writer.append(block.bytes)
            crc?.update(block.bytes)
            guard writer.written <= mostWritten else {
                throw ImageError(
                    .unsupported,
                    "It has \(packed) bytes, and unpacks to more than \(mostWritten) even without its zeros. No image of a "
                        + "disk does that, but a file that is made to fill disks does. If it is honest, unpack it "
                        + "yourself and give the URL of that.")
            }
            meter.tell(.unpacking(done: min(archive.bytesRead, packed), total: packed))
        }
        meter.tell(.unpacking(done: packed, total: packed), isLast: true)
        guard writer.length > 0 else { throw ImageError(.unsupported, "There is nothing in the packed file.") }
        if let crc { try check(crc, of: writer.length, source) }
        return try writer.finish()
    }

    /// RFC 1952 section 2.3.1: a member ends in the checksum and the length of what is in it.
    ///
    /// A file of several members ends in those of the last, so that nothing can be said of the whole.
    private func check(_ crc: CRC32, of length: Int64, _ source: borrowing OpenFile) throws(ImageError) {
        let trailer = HeaderBytes(bytes: try source.read(8, at: try source.stamp().size - 8))
        guard trailer.little(4, bytes: 4) == UInt64(UInt32(truncatingIfNeeded: length)) else { return }
        guard trailer.little(0, bytes: 4) == UInt64(crc.value) else {
            throw ImageError(.unsupported, "It cannot be unpacked: its checksum is another. It is damaged.")
        }
    }
}

/// A packed file that libarchive reads.
private struct Archive: ~Copyable {
    private let pointer: OpaquePointer

    struct Block {
        /// Valid until the next one is asked for.
        let bytes: UnsafeRawBufferPointer
        let offset: Int64
    }

    /// Nil where there is no memory left.
    init?() {
        guard let pointer = archive_read_new() else { return nil }
        self.pointer = pointer
    }

    func open(_ file: borrowing OpenFile) throws(ImageError) {
        // A warning means that another program would do it, which nobody has asked for.
        for support in [
            archive_read_support_filter_gzip, archive_read_support_filter_xz, archive_read_support_filter_zstd,
            archive_read_support_filter_bzip2, archive_read_support_format_raw,
        ] where support(pointer) != ARCHIVE_OK {
            throw ImageError(.failed, "libarchive was built without what is needed to unpack it.")
        }
        guard lseek(file.descriptor, 0, SEEK_SET) == 0 else { throw .reading(file.path, errno) }
        try check(archive_read_open_fd(pointer, file.descriptor, 1 << 20))
        var entry: OpaquePointer?
        try check(archive_read_next_header(pointer, &entry))
    }

    deinit { archive_read_free(pointer) }

    /// Nil at the end.
    func next() throws(ImageError) -> Block? {
        var address: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let code = archive_read_data_block(pointer, &address, &count, &offset)
        if code == ARCHIVE_EOF { return nil }
        try check(code)
        return Block(bytes: UnsafeRawBufferPointer(start: address, count: count), offset: offset)
    }

    /// Of the packed file.
    var bytesRead: Int64 { archive_filter_bytes(pointer, -1) }

    private func check(_ code: Int32) throws(ImageError) {
        guard code != ARCHIVE_OK else { return }
        let text = archive_error_string(pointer).map { String(cString: $0) } ?? "libarchive does not say why"
        throw ImageError(
            .unsupported, "It cannot be unpacked: \(printable(text)). It is damaged, or only a part of it came.")
    }
}
