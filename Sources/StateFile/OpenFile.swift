import Glibc

/// A file descriptor with one owner. It is closed with it, which is what lets go of a lock.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    let path: String

    /// Opens for reading; nil when there is no such file.
    static func reading(_ path: String) throws(StateError) -> OpenFile? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .reading(path, errno)
        }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// Opens for writing, for the owner's eyes only. A symbolic link in its place is refused, since what it points to
    /// would be overwritten.
    static func writing(_ path: String, flags: Int32) throws(StateError) -> OpenFile {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        if descriptor < 0 { throw .writing(path, errno) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    deinit { close(descriptor) }

    /// All of it, or its first `prefix` bytes; what is larger than `limit` bytes is no file of ours.
    func contents(prefix: Int = .max, limit: Int = 1 << 30) throws(StateError) -> [UInt8] {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw .reading(path, errno) }
        guard information.st_mode & S_IFMT == S_IFREG else { throw .damaged(path, "it is not a regular file") }
        guard information.st_size <= limit else { throw .damaged(path, "it is larger than \(limit) bytes") }
        var problem: Int32 = 0
        // A file that grows while it is read is read as far as it was when it was opened.
        let bytes = [UInt8](unsafeUninitializedCapacity: min(prefix, Int(information.st_size))) { buffer, count in
            while count < buffer.count {
                let read = pread(
                    descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count, off_t(count))
                if read < 0, errno == EINTR { continue }
                if read < 0 { problem = errno }
                if read <= 0 { break }
                count += read
            }
        }
        guard problem == 0 else { throw .reading(path, problem) }
        return bytes
    }

    /// Writes all of it at an offset, or fails; what a failure left behind is the caller's to cut off.
    func write(_ bytes: borrowing [UInt8], at offset: Int) throws(StateError) {
        let problem: Int32 = bytes.withUnsafeBufferPointer { buffer in
            var done = 0
            while done < buffer.count {
                let written = pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
                if written < 0, errno == EINTR { continue }
                if written < 0 { return errno }
                // A write that takes nothing and names no error would go round for ever.
                if written == 0 { return ENOSPC }
                done += written
            }
            return 0
        }
        if problem != 0 { throw .writing(path, problem) }
    }

    func truncate(to count: Int) throws(StateError) {
        if ftruncate(descriptor, off_t(count)) != 0 { throw .writing(path, errno) }
    }

    /// Returns when the content is on the disk, not just on its way.
    func synchronize() throws(StateError) {
        if fdatasync(descriptor) != 0 { throw .writing(path, errno) }
    }
}

/// Makes the entries of a directory last: a new or renamed file is not on disk before its directory is.
func synchronizeDirectory(_ path: String) throws(StateError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw .writing(path, errno) }
    defer { close(descriptor) }
    // Some network file systems cannot do it and say EINVAL; they have no need of it.
    if fsync(descriptor) != 0, errno != EINVAL { throw .writing(path, errno) }
}

/// Makes a directory for the owner alone, and those above it.
func makeDirectory(_ path: String) throws(StateError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    let problem = errno
    guard problem == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        throw .writing(path, problem)
    }
    try makeDirectory(String(path[..<slash]))
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw .writing(path, errno) }
}
