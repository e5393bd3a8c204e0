import Glibc

/// The whole of a file of at most `limit` bytes.
func readFile(_ path: String, limit: Int = 16 << 20) throws(GitError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .failed("\(path) cannot be read: \(reason(errno)).") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw .failed("\(path) cannot be read: \(reason(errno)).") }
        guard count > 0 else { return bytes }
        bytes += buffer.prefix(count)
        guard bytes.count <= limit else { throw .tooLarge("\(path) has more than \(limit >> 20) MB.") }
    }
}

/// Makes a file for its owner alone.
func writeFile(_ bytes: [UInt8], to path: String) throws(GitError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .failed("\(path) cannot be written: \(reason(errno)).") }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .failed("\(path) cannot be written: \(reason(errno)).") }
        rest = rest.dropFirst(count)
    }
}

func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

/// The names in a folder but `.` and `..`, in order; none where it cannot be read.
func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Removes a folder and what is in it, and follows no link. What cannot be removed stays.
func removeTree(_ path: String) {
    for name in names(in: path) {
        let entry = "\(path)/\(name)"
        var information = stat()
        if lstat(entry, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
            removeTree(entry)
        } else {
            unlink(entry)
        }
    }
    rmdir(path)
}

/// A new folder for its owner alone, which goes with what is in it.
struct TemporaryDirectory: ~Copyable {
    let path: String

    /// In `parent`; its name begins with `name`.
    init(in parent: String, name: String) throws(GitError) {
        var template = Array("\(parent)/\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .failed("No folder can be made in \(parent): \(reason(errno)).")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { removeTree(path) }
}
