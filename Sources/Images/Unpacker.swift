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
        let bytes = try withoutGzip(source)
        guard let archive = Archive(bytes) else { throw ImageError(.failed, "There is no memory left.") }
        try archive.open()
        var writer = try SparseWriter(path)
        let (times, isBeyond) = packed.multipliedReportingOverflow(by: settings.ratio)
        let mostWritten = isBeyond ? .max : max(settings.smallestBomb, times)
        while let block = try archive.next() {
            try bounds.check()
            let (end, isTooFar) = block.offset.addingReportingOverflow(Int64(block.bytes.count))
            guard !isTooFar, block.offset >= writer.length, end <= settings.largest else {
                throw ImageError(
                    .full, "It unpacks to more than \(settings.largest) bytes, which no image of a disk has.")
            }
            writer.skip(to: block.offset)
            try writer.append(block.bytes)
            guard writer.written <= mostWritten else {
                throw ImageError(
                    .unsupported,
                    "It has \(packed) bytes, and unpacks to more than \(mostWritten) even without its zeros. No image of a "
                        + "disk does that, but a file that is made to fill disks does. If it is honest, unpack it "
                        + "yourself and give the URL of that.")
            }
            meter.tell(.unpacking(done: min(bytes.bytesRead, packed), total: packed))
        }
        meter.tell(.unpacking(done: packed, total: packed), isLast: true)
        guard writer.length > 0 else { throw ImageError(.unsupported, "There is nothing in the packed file.") }
        try bytes.readToEnd(bounds)
        if bytes is FileBytes { try checkEnd(source, from: archive.bytesRead) }
        return try writer.finish()
    }

    /// What is in a file packed with gzip, once or more; the file itself where it is packed otherwise.
    private func withoutGzip(_ source: borrowing OpenFile) throws(ImageError) -> any PackedBytes {
        var bytes: any PackedBytes = FileBytes(source)
        var packing = Packing(try source.read(16, at: 0))
        for _ in 0..<4 where packing == .gzip {
            let gzip = try GzipBytes(bytes, bounds)
            packing = Packing(try gzip.head())
            bytes = gzip
        }
        return bytes
    }

    /// Between the members of which a packed file may be made, libarchive takes what does not begin another one for the end. Fails
    /// where that is the beginning of one that was cut off.
    private func checkEnd(_ source: borrowing OpenFile, from end: Int64) throws(ImageError) {
        guard let packing = Packing(try source.read(16, at: 0)) else { return }
        let rest = try source.read(16, at: end)
        let common = zip(rest, packing.magic).prefix { $0 == $1 }.count
        if !rest.isEmpty, common == min(rest.count, packing.magic.count) { throw .cutOff }
    }
}

/// What is packed, and libarchive reads.
private struct Archive: ~Copyable {
    private let pointer: OpaquePointer
    private let reader: Reader

    /// Where libarchive has its bytes from.
    final class Reader {
        let bytes: any PackedBytes
        var failure: ImageError?

        init(_ bytes: any PackedBytes) { self.bytes = bytes }
    }

    struct Block {
        /// Valid until the next one is asked for.
        let bytes: UnsafeRawBufferPointer
        let offset: Int64
    }

    /// Nil where there is no memory left.
    init?(_ bytes: any PackedBytes) {
        guard let pointer = archive_read_new() else { return nil }
        self.pointer = pointer
        reader = Reader(bytes)
    }

    func open() throws(ImageError) {
        // A warning means that another program would do it, which nobody has asked for.
        for support in [
            archive_read_support_filter_gzip, archive_read_support_filter_xz, archive_read_support_filter_zstd,
            archive_read_support_filter_bzip2, archive_read_support_format_raw,
        ] where support(pointer) != ARCHIVE_OK {
            throw ImageError(.failed, "libarchive was built without what is needed to unpack it.")
        }
        try check(archive_read_open(pointer, Unmanaged.passUnretained(reader).toOpaque(), nil, readPiece, nil))
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

    /// Of what it was given: as far as something in it was packed.
    var bytesRead: Int64 { archive_filter_bytes(pointer, -1) }

    private func check(_ code: Int32) throws(ImageError) {
        guard code != ARCHIVE_OK else { return }
        if let failure = reader.failure { throw failure }
        let text = archive_error_string(pointer).map { String(cString: $0) } ?? "libarchive does not say why"
        throw ImageError(
            .unsupported, "It cannot be unpacked: \(printable(text)). It is damaged, or only a part of it came.")
    }
}

private func readPiece(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ address: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let context else { return -1 }
    let reader = Unmanaged<Archive.Reader>.fromOpaque(context).takeUnretainedValue()
    do throws(ImageError) {
        let piece = try reader.bytes.next()
        address?.pointee = piece.baseAddress
        return piece.count
    } catch {
        reader.failure = error
        return -1
    }
}
