import Glibc

/// A file descriptor with one owner.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    let path: String

    /// Opens a regular file for reading; nil when there is no such file.
    static func reading(_ path: String) throws(ImageError) -> OpenFile? {
        // Without O_NONBLOCK a pipe in its place would wait for somebody to write into it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .reading(path, errno)
        }
        let file = OpenFile(descriptor: descriptor, path: path)
        var information = Glibc.stat()
        guard fstat(descriptor, &information) == 0 else { throw .reading(path, errno) }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw ImageError(.unsupported, "\(path) is not a regular file.")
        }
        return file
    }

    /// Opens for writing, for the owner's eyes only, and makes the file if it has to. A symbolic link is refused.
    static func writing(_ path: String, flags: Int32 = 0) throws(ImageError) -> OpenFile {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
        if descriptor < 0 { throw .writing(path, errno) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    deinit { close(descriptor) }

    func stamp() throws(ImageError) -> FileStamp {
        var information = Glibc.stat()
        guard fstat(descriptor, &information) == 0 else { throw .reading(path, errno) }
        return FileStamp(information)
    }

    /// Bytes from an offset on, fewer than `count` only at the file's end.
    func read(_ count: Int, at offset: Int64) throws(ImageError) -> [UInt8] {
        guard offset >= 0, count > 0 else { return [] }
        var problem: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + filled)
                if read < 0, errno == EINTR { continue }
                if read < 0 { problem = errno }
                if read <= 0 { break }
                filled += read
            }
        }
        guard problem == 0 else { throw .reading(path, problem) }
        return bytes
    }

    /// Gives the first `end` bytes to `body`, piece by piece, and stops where the file does.
    func forEachPiece(
        upTo end: Int64, _ bounds: Bounds, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(ImageError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < end {
            try bounds.check()
            let count = pread(
                descriptor, buffer.baseAddress, Int(min(Int64(buffer.count), end - offset)), off_t(offset))
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .reading(path, errno) }
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }

    /// Writes all of it at an offset, or fails.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(ImageError) {
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + done)
            if written < 0, errno == EINTR { continue }
            if written < 0 { throw .writing(path, errno) }
            // A write that takes nothing and names no error would go round for ever.
            if written == 0 { throw .writing(path, ENOSPC) }
            done += written
        }
    }

    func truncate(to count: Int64) throws(ImageError) {
        if ftruncate(descriptor, off_t(count)) != 0 { throw .writing(path, errno) }
    }

    /// Returns when the content is on the disk, not just on its way.
    func synchronize() throws(ImageError) {
        if fsync(descriptor) != 0 { throw .writing(path, errno) }
    }

    /// Bytes that may still be written where it lies; nil where that cannot be told.
    var room: Int64? {
        var information = statvfs()
        guard fstatvfs(descriptor, &information) == 0 else { return nil }
        let (bytes, isTooLarge) = UInt64(information.f_bavail).multipliedReportingOverflow(
            by: UInt64(information.f_frsize))
        return isTooLarge ? nil : Int64(exactly: bytes)
    }
}

/// What changes when somebody writes to a file: its size in bytes, and when it was written last.
struct FileStamp: Hashable {
    let size: Int64
    let seconds: Int64
    let nanoseconds: Int64

    init(size: Int64, seconds: Int64, nanoseconds: Int64) {
        self.size = size
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ information: Glibc.stat) {
        self.init(
            size: Int64(information.st_size), seconds: Int64(information.st_mtim.tv_sec),
            nanoseconds: Int64(information.st_mtim.tv_nsec))
    }
}

extension ImageError {
    static func reading(_ path: String, _ number: Int32) -> ImageError {
        let reason: Reason = number == EACCES || number == EPERM ? .denied : .failed
        return ImageError(reason, "\(path) cannot be read: \(text(of: number)).")
    }

    static func writing(_ path: String, _ number: Int32) -> ImageError {
        switch number {
        case ENOSPC, EDQUOT:
            ImageError(.full, "\(path) cannot be written: \(text(of: number)). Make room there, and run this again.")
        case EFBIG:
            ImageError(.full, "\(path) cannot be written: it is larger than this file system lets a file be.")
        default: ImageError(.failed, "\(path) cannot be written: \(text(of: number)).")
        }
    }

    private static func text(of number: Int32) -> String { String(cString: strerror(number)) }
}
