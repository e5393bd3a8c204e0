import Glibc

/// The parts of the environment that the contract names; read here and nowhere else.
enum Environment {
    static var state: String? { value("RIGAUD_STATE") }
    /// Where `--notify` does not say it: such a URL is a secret, and arguments are seen by whoever may see processes.
    static var notify: String? { value("RIGAUD_NOTIFY") }
    static var defaultURI: String? { value("LIBVIRT_DEFAULT_URI") }
    /// A file to write call counts and timings to, for `make bench`.
    static var statistics: String? { value("RIGAUD_STATISTICS") }
    static var user: String { value("USER") ?? value("LOGNAME") ?? userOfProcess }

    /// By the user database, else by number.
    private static var userOfProcess: String {
        getpwuid(getuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? String(getuid())
    }

    /// Where downloaded images are kept: under the user's cache directory (XDG Base Directory Specification).
    static var imageDirectory: String {
        cache + "/rigaud/images"
    }

    private static var cache: String {
        value("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home.map { "\($0)/.cache" } ?? "/var/cache"
    }

    /// Where clones of git sources are kept.
    static var gitDirectory: String { cache + "/rigaud/git" }

    /// Where the state of a git source is: there is no directory of its own to keep it in.
    static var stateDirectory: String {
        let state = value("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (state ?? value("HOME").map { "\($0)/.local/state" } ?? "/var/lib") + "/rigaud"
    }

    static var home: String? { value("HOME") }
    static var gitToken: String? { value("RIGAUD_GIT_TOKEN") }
    static var gitTokenFile: String? { value("RIGAUD_GIT_TOKEN_FILE") }
    static var netrc: String? { value("NETRC") }
    /// Where git's own programs look for their configuration, and for the credential helpers in it.
    static var gitConfiguration: [String: String] {
        let names = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME"]
        return Dictionary(uniqueKeysWithValues: names.compactMap { name in value(name).map { (name, $0) } })
    }
    static var hasAgent: Bool { value("SSH_AUTH_SOCK") != nil }
    static var path: String { value("PATH") ?? "/usr/bin:/bin" }
    /// Seconds since 1970.
    static var seconds: Int64 { Int64(time(nil)) }

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

    static var processID: Int32 { getpid() }

    /// RFC 3339, in UTC.
    static var now: String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The day in UTC, `2027-01-31`.
    static var today: String { String(now.prefix(10)) }

    private static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }
}

func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
