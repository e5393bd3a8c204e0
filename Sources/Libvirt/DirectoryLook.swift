import CLibvirt
import Glibc
import Model

extension HostSession {
    /// Looks into a directory, which is a pool for that long.
    ///
    /// Libvirt refuses a directory that is a pool's already, be it of another one who looks, under the very same name:
    /// `/./.` is another.
    func look<Answer>(
        into directory: String, _ purpose: Purpose, _ body: (borrowing PoolHandle) throws(HostError) -> Answer
    ) throws(HostError) -> Answer {
        let path = directory + String(repeating: "/.", count: .random(in: 1...200))
        let xml = """
            <pool type='dir'><name>\(LookName.new)</name>\
            <target><path>\(escaped(path))</path></target></pool>
            """
        let pool = try PoolHandle(
            purpose.object("virStoragePoolCreateXML", virStoragePoolCreateXML(connection.pointer, xml, 0)))
        defer { _ = virStoragePoolDestroy(pool.pointer) }
        return try body(pool)
    }
}

/// A file as it is looked for: in a directory, by its name.
struct FilePlace {
    let directory: String
    let name: String

    /// Nil for a device, since nothing but harm comes of it when all is opened in `/dev`, and for what is no path.
    init?(_ path: String) {
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash != path.startIndex,
            FilePlace.root(of: path).map({ !["dev", "proc", "sys"].contains($0) }) ?? false
        else { return nil }
        directory = String(path[..<slash])
        name = String(path[path.index(after: slash)...])
    }

    /// The first folder on the way, as the words have it.
    private static func root(of path: String) -> Substring? {
        var folders: [Substring] = []
        for part in path.split(separator: "/").dropLast() where part != "." {
            if part == ".." { _ = folders.popLast() } else { folders.append(part) }
        }
        return folders.first
    }
}

/// The name of a pool by which a directory is looked into, `rigaud-look-SECONDS-UUID`: with the time at which it was made, so
/// that one whose maker was killed is told from those in use.
struct LookName {
    private let seconds: Int

    /// - Parameter name: The name of any pool; nil where it is not such a one.
    init?(_ name: String) {
        guard name.hasPrefix(LookName.prefix) else { return nil }
        seconds = Int(name.dropFirst(LookName.prefix.count).prefix { $0 != "-" }) ?? 0
    }

    /// A look takes seconds, and libvirt lets go of none that something is copied from; clocks of different machines may be
    /// minutes apart.
    var isLeftBehind: Bool { abs(time(nil) - seconds) > 3600 }

    static var new: String { "\(prefix)\(time(nil))-\(ObjectID.random())" }

    private static let prefix = "rigaud-look-"
}
