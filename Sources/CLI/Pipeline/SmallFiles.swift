import Glibc

/// Why a file could not be written, in the system's words.
struct FileTrouble: Error {
    let reason: String

    init() { reason = String(cString: strerror(errno)) }
}

/// Puts a file in place at once: whoever reads it meanwhile has the former one, whole.
func replaceFile(at path: String, with bytes: [UInt8], mode: mode_t) throws(FileTrouble) {
    let temporary = "\(path).new.\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw FileTrouble() }
    var offset = 0
    while offset < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
            let trouble = FileTrouble()
            close(descriptor)
            unlink(temporary)
            throw trouble
        }
        offset += count
    }
    let isWritten = fsync(descriptor) == 0
    let trouble = FileTrouble()
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
        let failure = isWritten ? FileTrouble() : trouble
        unlink(temporary)
        throw failure
    }
}

/// A file of at most `limit` bytes; nil where there is none, or a larger one.
func readSmallFile(_ path: String, limit: Int = 64 << 20) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return count == 0 ? bytes : nil }
        bytes += buffer.prefix(count)
    }
    return nil
}
