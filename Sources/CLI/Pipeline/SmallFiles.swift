import Glibc

/// Why a file could not be written, in the system's words.
struct FileTrouble: Error {
    let reason: String

    init() { reason = String(cString: strerror(errno)) }
}

/// Puts a file in place at once: whoever reads it meanwhile has the former one, whole. A symbolic link stays, and what it leads to is
/// replaced. What is no file, such as a pipe or `/dev/stdout`, is written to.
func replaceFile(at path: String, with bytes: [UInt8], mode: mode_t) throws(FileTrouble) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
        return try write(bytes, to: open(path, O_WRONLY | O_CLOEXEC))
    }
    let target = try resolved(path, mode)
    let temporary = "\(target).new.\(getpid())"
    do throws(FileTrouble) {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        try write(bytes, to: open(temporary, flags, mode), isSynced: true)
        guard rename(temporary, target) == 0 else { throw FileTrouble() }
    } catch {
        unlink(temporary)
        throw error
    }
}

/// Makes the folder that a file is to lie in, for its owner alone, with those above it.
func makeFolder(of path: String) throws(FileTrouble) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    if access(folder, F_OK) == 0 { return }
    try makeFolder(of: folder)
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw FileTrouble() }
}

/// The kernel's lock on the folder that a file lies in, so that what one run reads there and writes is not another's in between.
/// It goes with its holder, however that ends.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Waits for whoever has it. A folder that cannot be locked is used without.
    init(of path: String) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        while descriptor >= 0, flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

/// Where a symbolic link leads, to a file that is made if need be; the path itself where it is none.
private func resolved(_ path: String, _ mode: mode_t) throws(FileTrouble) -> String {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
    if access(path, F_OK) != 0 { try write([], to: open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode)) }
    guard let real = realpath(path, nil) else { throw FileTrouble() }
    defer { free(real) }
    return String(cString: real)
}

/// Writes everything and closes it.
private func write(_ bytes: [UInt8], to descriptor: Int32, isSynced: Bool = false) throws(FileTrouble) {
    guard descriptor >= 0 else { throw FileTrouble() }
    defer { close(descriptor) }
    var offset = 0
    while offset < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw FileTrouble() }
        offset += count
    }
    guard !isSynced || fsync(descriptor) == 0 else { throw FileTrouble() }
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
