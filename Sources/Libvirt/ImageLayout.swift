import Glibc
import Model

/// How an image's bytes go into a volume: in which pieces and order, so that a volume that did not get all of them cannot
/// be taken for a whole one.
struct ImageLayout: Hashable, Sendable {
    /// Bytes at an image's beginning in which every format has what it is recognised by; ISO 9660 as late as 32 KiB.
    static let header: Int64 = 64 << 10

    let path: String
    /// What libvirt takes the file for.
    let format: ImageFormat
    /// Bytes that are sent.
    let length: Int64
    let capacity: Int64
    /// The first one may have holes. The later ones go where there are bytes behind already.
    let pieces: [Range<Int64>]

    init(_ image: LocalImage, _ file: borrowing ImageFile, _ purpose: Purpose) throws(HostError) {
        path = image.path
        // A VHD of fixed size is a raw image with a footer, and nothing else is known of it in libvirt.
        let start = try file.text(at: 0, count: 8, purpose)
        let isFixed = image.format == .vpc && start != "conectix"
        format = isFixed ? .raw : image.format
        length = image.length - (isFixed ? 512 : 0)
        capacity = isFixed ? length : image.capacity
        pieces = ImageLayout.pieces(of: format, length: length)
        if format == .qcow2 { try ImageLayout.checkIndependence(file, purpose) }
    }

    /// Without its header an image is raw, of whatever length. A raw one has no header, and is known by its length: its
    /// last bytes go last.
    static func pieces(of format: ImageFormat, length: Int64) -> [Range<Int64>] {
        if format != .raw { return length <= header ? [0..<length] : [header..<length, 0..<header] }
        guard length > 2 * header else { return [0..<length] }
        return [header..<(length - header), 0..<header, (length - header)..<length]
    }

    /// A qcow2 that names other files would have the host read them, whatever they are.
    private static func checkIndependence(_ file: borrowing ImageFile, _ purpose: Purpose) throws(HostError) {
        // https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
        let start = try file.number(at: 0, purpose)
        guard start >> 32 == 0x5146_49FB else { return }
        let version = start & 0xFFFF_FFFF
        let backing = try file.number(at: 8, purpose)
        let features = version >= 3 ? try file.number(at: 72, purpose) : 0
        let hasExternalData = features & 0b100 != 0
        guard backing == 0, !hasExternalData else {
            throw purpose.error(
                .invalid,
                "The image \(file.path) is not all there is of it: it lies on another file. Make one that stands alone.",
                command: "qemu-img convert -O qcow2 '\(file.path)' whole.qcow2")
        }
    }
}

/// An open file to be sent.
struct ImageFile: ~Copyable {
    let path: String
    let length: Int64
    private let descriptor: Int32

    /// - Parameter length: What the file must have: it may have changed since it was looked at.
    init(_ path: String, length: Int64, _ purpose: Purpose) throws(HostError) {
        self.path = path
        self.length = length
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ImageFile.failure(path, purpose) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ImageFile.failure(path, purpose) }
        guard status.st_size == length else {
            throw purpose.error(
                .failed, "\(path) has \(status.st_size) bytes and had \(length) a moment ago. Run the apply again.")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The next bytes that are written down, from an offset on; empty at the end. What lies before them is zeros.
    func data(from offset: Int64, before end: Int64) -> Range<Int64> {
        // SEEK_DATA and SEEK_HOLE of Linux, which glibc names for GNU sources alone.
        let start = lseek(descriptor, off_t(offset), 3)
        guard start >= 0 else { return errno == ENXIO ? end..<end : offset..<end }
        let stop = lseek(descriptor, start, 4)
        return min(Int64(start), end)..<min(stop < 0 ? end : Int64(stop), end)
    }

    /// Fills as much of the buffer as there is.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64, _ purpose: Purpose) throws(HostError) {
        var count = 0
        while count < buffer.count {
            let read = pread(
                descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count, off_t(offset) + count)
            if read < 0, errno == EINTR { continue }
            guard read > 0 else {
                if read == 0 { errno = EIO }
                throw ImageFile.failure(path, purpose)
            }
            count += read
        }
    }

    fileprivate func text(at offset: Int64, count: Int, _ purpose: Purpose) throws(HostError) -> String {
        let bytes = try bytes(at: offset, count: min(count, Int(length)), purpose)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Eight bytes in network order.
    fileprivate func number(at offset: Int64, _ purpose: Purpose) throws(HostError) -> UInt64 {
        try bytes(at: offset, count: 8, purpose).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func bytes(at offset: Int64, count: Int, _ purpose: Purpose) throws(HostError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(HostError) in try read(into: buffer, at: offset, purpose) }
        }
        try result.get()
        return bytes
    }

    private static func failure(_ path: String, _ purpose: Purpose) -> HostError {
        let message = String(cString: strerror(errno))
        return purpose.error(.failed, "The image \(path) cannot be read: \(message).", command: "ls -l '\(path)'")
    }
}
