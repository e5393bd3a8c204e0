import Glibc

/// The parts of the environment that the contract names; read here and nowhere else.
enum Environment {
    static var state: String? { value("RIGAUD_STATE") }
    static var defaultURI: String? { value("LIBVIRT_DEFAULT_URI") }
    /// A file to write call counts and timings to, for `make bench`.
    static var statistics: String? { value("RIGAUD_STATISTICS") }
    static var user: String { value("USER") ?? value("LOGNAME") ?? String(getuid()) }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }

    private static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }
}
