import Glibc

/// The package that is under test, on disk.
package enum PackageFiles {
    /// The folder of `Package.swift`.
    package static let root = folder(of: folder(of: folder(of: #filePath)))

    /// A path within the package: `stacks/quickstart`.
    package static func path(_ relative: String) -> String { "\(root)/\(relative)" }
}

/// The path of a program that was built together with the tests that are running.
package func builtExecutable(_ name: String) throws -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw SystemFailure("/proc/self/exe cannot be read") }
    let path = "\(folder(of: String(decoding: buffer.prefix(count), as: UTF8.self)))/\(name)"
    guard access(path, X_OK) == 0 else { throw SystemFailure("\(path) is not built") }
    return path
}

private func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return String(path[..<slash])
}
