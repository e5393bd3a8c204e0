import Glibc

/// A new empty folder, which goes with its contents when the last reference to it goes.
package final class ScratchDirectory: Sendable {
    /// Absolute, without symbolic links, short enough for a socket.
    package let path: String

    package init() throws {
        var template = Array("/tmp/rigaud-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { removeTree(path) }

    /// The path of something in it.
    package func path(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Writes a file and makes the folders that it needs; gives its path.
    @discardableResult
    package func write(_ contents: String, to relative: String) throws -> String {
        try write(Array(contents.utf8), to: relative)
    }

    @discardableResult
    package func write(_ bytes: [UInt8], to relative: String) throws -> String {
        let target = path(relative)
        for index in target.indices.dropFirst(path.count + 1) where target[index] == "/" {
            guard mkdir(String(target[..<index]), 0o755) == 0 || errno == EEXIST else {
                throw SystemFailure("\(target[..<index]) cannot be made")
            }
        }
        try writeFile(bytes, to: target)
        return target
    }

    package func read(_ relative: String) throws -> String {
        String(decoding: try readFile(path(relative)), as: UTF8.self)
    }

    package func exists(_ relative: String) -> Bool { access(path(relative), F_OK) == 0 }
}
