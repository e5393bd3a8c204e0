import Glibc
import Model

/// What a simulated host needs of the file system.
enum Files {
    /// Writes a file that is there as a whole or not at all.
    static func write(_ text: String, to path: String, _ purpose: Purpose) throws(HostError) {
        let temporary = "\(path).new"
        var descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0, errno == ENOENT, let slash = path.lastIndex(of: "/") {
            try makeDirectory(String(path[..<slash]), purpose)
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        guard descriptor >= 0 else { throw failure("written", temporary, purpose) }
        var text = text
        let isWritten = text.withUTF8 { write(all: $0, to: descriptor) }
        guard isWritten else {
            let error = failure("written", temporary, purpose)
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw failure("renamed", temporary, purpose) }
    }

    static func write(all bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count, let base = bytes.baseAddress {
            let count = Glibc.write(descriptor, base + written, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    static func remove(_ path: String, _ purpose: Purpose) throws(HostError) {
        guard unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else { throw failure("removed", path, purpose) }
    }

    /// Puts an empty file there, or takes it away.
    static func mark(_ path: String, _ isSet: Bool, _ purpose: Purpose) throws(HostError) {
        if isSet { try write("", to: path, purpose) } else { try remove(path, purpose) }
    }

    /// Makes a directory and those above it.
    static func makeDirectory(_ path: String, _ purpose: Purpose) throws(HostError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("made", path, purpose)
        }
        try makeDirectory(String(path[..<slash]), purpose)
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("made", path, purpose) }
    }

    /// The names in a directory, in order; none where it is not there.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The text of a file of at most 16 MiB; nil where it is not there or cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= 16 << 20 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count) }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { break }
            count += read
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    static func failure(_ done: String, _ path: String, _ purpose: Purpose) -> HostError {
        let number = errno
        let message = String(cString: strerror(number))
        let reason: HostError.Reason =
            switch number {
            case ENOSPC, EDQUOT: .full
            case EACCES, EPERM, EROFS: .denied
            default: .failed
            }
        return purpose.error(reason, "The simulated host's file \(path) could not be \(done): \(message).", command: "df -h")
    }
}
