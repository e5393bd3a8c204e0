import Glibc

/// Where a state is kept: a file and its companions in one directory.
///
/// | file | what it is |
/// |---|---|
/// | `state.json` | the snapshot |
/// | `state.json.journal` | what was begun and done since |
/// | `state.json.lock` | the kernel's lock is held on it |
/// | `history/SERIAL.json` | former snapshots; of `NAME` other than `state.json`, in `NAME.history` |
package struct StateLocation: Hashable, Sendable, CustomStringConvertible {
    /// The snapshot's path, as it was given.
    package let path: String

    package static let defaultPath = ".rigaud/state.json"

    /// Reads a path or a `file://` URL (percent-encoded, without a host or with `localhost`).
    package init(_ text: String) throws(StateError) {
        if let scheme = StateLocation.scheme(of: text) {
            guard scheme == "file", let path = StateLocation.path(ofFileURL: text.dropFirst("file://".count)) else {
                throw StateError(
                    .unsupportedLocation,
                    "'\(text)' names a kind of store that rigaud does not have. State is kept in a file: give its path, "
                        + "or a URL such as file:///srv/lab/state.json.")
            }
            self.path = path
        } else {
            path = text
        }
        guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else {
            throw StateError(
                .unsupportedLocation,
                "'\(text)' does not name a file. Give the path of the state file itself, such as .rigaud/state.json.")
        }
    }

    package var description: String { path }

    package var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Where the state really is: a symbolic link in its place is followed, so that whoever writes replaces what it points to, not
    /// the link. Everything that stands beside a state stands beside that.
    package func followingLinks() throws(StateError) -> StateLocation {
        var location = self
        for _ in 0..<StateLocation.mostLinks {
            guard let target = location.linkTarget else { return location }
            let path = target.hasPrefix("/") || location.directory == "." ? target : "\(location.directory)/\(target)"
            location = try StateLocation(path)
        }
        throw .reading(path, ELOOP)
    }

    private static let mostLinks = 40

    private var linkTarget: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    package var journalPath: String { path + ".journal" }
    package var lockPath: String { path + ".lock" }
    var temporaryPath: String { path + ".new" }
    var keyPath: String { path + ".key" }
    /// Of each state its own: several may lie in one directory.
    package var historyDirectory: String {
        path == "state.json" || path.hasSuffix("/state.json") ? directory + "/history" : path + ".history"
    }

    package func historyPath(serial: Int) -> String { "\(historyDirectory)/\(serial).json" }

    /// `https` of `https://…`; nil for a path, which may hold a colon too.
    private static func scheme(of text: String) -> Substring? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        let scheme = text[..<colon]
        guard scheme.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") }) else {
            return nil
        }
        return scheme
    }

    private static func path(ofFileURL rest: Substring) -> String? {
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        guard rest[..<slash].isEmpty || rest[..<slash] == "localhost" else { return nil }
        var bytes: [UInt8] = []
        var encoded = rest[slash...].utf8.makeIterator()
        while let byte = encoded.next() {
            guard byte == UInt8(ascii: "%") else { bytes.append(byte); continue }
            guard let high = encoded.next(), let low = encoded.next(),
                let code = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(code)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
