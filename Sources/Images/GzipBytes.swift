import CZLib

/// What is packed with gzip, unpacked by zlib, which holds every member against its checksum and its length: RFC 1952. libarchive
/// does not.
final class GzipBytes: PackedBytes {
    private let upstream: any PackedBytes
    private let bounds: Bounds
    /// zlib wants it to stay where it is.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    private var pending: UnsafeRawBufferPointer?
    private var members = 0
    private var isAtEnd = false
    /// The last byte that zlib was given.
    private var last: UInt8 = 0

    var bytesRead: Int64 { upstream.bytesRead }

    init(_ upstream: any PackedBytes, _ bounds: Bounds) throws(ImageError) {
        self.upstream = upstream
        self.bounds = bounds
        stream.initialize(to: z_stream())
        guard rigaud_inflate_gzip(stream) == Z_OK else { throw ImageError(.failed, "There is no memory left.") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    /// The first bytes, which come once more with the next ones.
    func head() throws(ImageError) -> [UInt8] {
        let first = try next()
        pending = first
        return Array(first.prefix(16))
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        if let pending {
            self.pending = nil
            return pending
        }
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(buffer.count)
        while stream.pointee.avail_out > 0, !isAtEnd {
            if stream.pointee.avail_in == 0, try !refill() { break }
            try inflateSome()
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<(buffer.count - Int(stream.pointee.avail_out))])
    }

    /// False at the end of what is packed, which may be only where a member ends.
    private func refill() throws(ImageError) -> Bool {
        let piece = try upstream.next()
        if let byte = piece.last {
            last = byte
            stream.pointee.next_in = UnsafeMutableRawPointer(mutating: piece.baseAddress)?
                .assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(piece.count)
            return true
        }
        isAtEnd = true
        let isBetween = stream.pointee.total_in == 0 || stream.pointee.total_in == 1 && last != 0x1f
        guard members > 0, isBetween else { throw .cutOff }
        return false
    }

    private func inflateSome() throws(ImageError) {
        switch inflate(stream, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END:
            members += 1
            inflateReset(stream)
        // Behind the last member there may be padding, or what somebody else is to find there.
        case Z_DATA_ERROR where members > 0 && isNoMember:
            isAtEnd = true
            try upstream.readToEnd(bounds)
        case Z_MEM_ERROR: throw ImageError(.failed, "There is no memory left.")
        default:
            let why = stream.pointee.msg.map { String(cString: $0) } ?? "it is not packed with gzip"
            throw ImageError(.unsupported, "It cannot be unpacked: \(why). It is damaged, or only a part of it came.")
        }
    }

    /// Whether what was found wrong is that no member begins here.
    private var isNoMember: Bool { stream.pointee.msg.map { String(cString: $0) } == "incorrect header check" }
}

extension ImageError {
    static let cutOff = ImageError(
        .unsupported, "It cannot be unpacked: it ends in the middle. It is damaged, or only a part of it came.")
}
