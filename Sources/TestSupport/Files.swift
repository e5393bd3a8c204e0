import Glibc

/// The whole of a file.
package func readFile(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "re") else { throw SystemFailure("\(path) cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
    guard ferror(file) == 0 else { throw SystemFailure("\(path) cannot be read") }
    return bytes
}

/// Makes a file, or replaces its contents.
package func writeFile(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "we") else { throw SystemFailure("\(path) cannot be written") }
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else { throw SystemFailure("\(path) cannot be written") }
}

/// The names in a folder, in order, without those that begin with a dot.
package func filesIn(_ directory: String) throws -> [String] {
    guard let names = entries(of: directory) else { throw SystemFailure("\(directory) cannot be read") }
    return names.filter { !$0.hasPrefix(".") }.sorted()
}

/// The paths of all files below a folder that end in `suffix`, in order.
package func filesBelow(_ directory: String, withSuffix suffix: String) throws -> [String] {
    try filesIn(directory).flatMap { name in
        let path = "\(directory)/\(name)"
        if isFolder(path) { return try filesBelow(path, withSuffix: suffix) }
        return name.hasSuffix(suffix) ? [path] : []
    }
}

/// Removes a folder and what is in it, and follows no link. What cannot be removed stays.
func removeTree(_ path: String) {
    for name in entries(of: path) ?? [] where name != "." && name != ".." {
        let entry = "\(path)/\(name)"
        if isFolder(entry) { removeTree(entry) } else { unlink(entry) }
    }
    rmdir(path)
}

/// All names in a folder, `.` and `..` too; nil where it cannot be read.
private func entries(of directory: String) -> [String]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                String(cString: $0)
            }
        }
        names.append(name)
    }
    return names
}

/// A folder itself, not a link to one.
private func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
}

package func removeFile(_ path: String) throws {
    guard unlink(path) == 0 else { throw SystemFailure("\(path) cannot be removed") }
}
