import Glibc

/// Bytes that come one piece after the other, for whoever unpacks them.
protocol PackedBytes: AnyObject {
    /// The next ones, valid until it is asked again; none at the end.
    func next() throws(ImageError) -> UnsafeRawBufferPointer
    /// Of the file that all of it comes from.
    var bytesRead: Int64 { get }
}

extension PackedBytes {
    /// What nobody wants is held against checksums too.
    func readToEnd(_ bounds: Bounds) throws(ImageError) {
        while try !next().isEmpty { try bounds.check() }
    }
}

/// A file from its beginning to its end.
final class FileBytes: PackedBytes {
    private let path: String
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    private(set) var bytesRead: Int64 = 0

    /// - Parameter file: It stays open as long as this is used.
    init(_ file: borrowing OpenFile) {
        (path, descriptor) = (file.path, file.descriptor)
    }

    deinit { buffer.deallocate() }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(bytesRead))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .reading(path, errno) }
            bytesRead += Int64(count)
            return UnsafeRawBufferPointer(rebasing: buffer[..<count])
        }
    }
}
