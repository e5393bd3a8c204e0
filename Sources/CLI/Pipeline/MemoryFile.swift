import CLinux
import Glibc
import Model

/// Bytes as a file that is in memory alone: secrets that are to be read like a file do not touch the disk, and nothing is left
/// of them when the process ends, however it does.
final class MemoryFile: Sendable {
    private let descriptor: Int32
    let image: LocalImage

    init(_ bytes: [UInt8], format: ImageFormat) throws(HostError) {
        descriptor = memfd_create("rigaud", rigaud_memfd_cloexec)
        image = LocalImage(
            path: "/proc/self/fd/\(descriptor)", format: format, length: Int64(bytes.count),
            capacity: Int64(bytes.count), isPrivate: true)
        var written = 0
        while descriptor >= 0, written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            written += count
        }
        guard written == bytes.count else {
            throw HostError(
                .content, "There is no memory for what a volume is filled with",
                "\(bytes.count) bytes were to be held in memory, and the system refused: \(String(cString: strerror(errno)))."
            )
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
