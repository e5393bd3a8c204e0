import Glibc

/// The folder of the cache.
enum CacheDirectory {
    /// Makes it for its owner alone, and those above it. One that others may write to is refused: what lies there is
    /// trusted.
    static func prepare(_ path: String) throws(ImageError) {
        try make(path)
        var information = stat()
        guard stat(path, &information) == 0 else { throw .reading(path, errno) }
        guard information.st_uid == geteuid(), information.st_mode & 0o022 == 0 else {
            throw ImageError(
                .denied,
                "\(path) is another user's, or others may write to it, so that they could put images there. Take it back "
                    + "or choose another folder.", command: "chmod 700 \(path)")
        }
    }

    private static func make(_ path: String) throws(ImageError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let problem = errno
        guard problem == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .writing(path, problem)
        }
        try make(String(path[..<slash]))
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw .writing(path, errno) }
    }

    /// Removes what nobody went on with: files without a record, and locks of nothing. What is being worked on is
    /// locked, and stays; so does what cannot be removed.
    static func removeLeftovers(_ directory: String, olderThan age: Int64) {
        let (images, names) = contents(directory)
        let now = Int64(time(nil))
        for name in names {
            guard let (key, suffix) = split(name) else { continue }
            let path = "\(directory)/\(name)"
            var information = stat()
            guard lstat(path, &information) == 0, now - Int64(information.st_mtim.tv_sec) > age else { continue }
            if suffix == "img" || suffix == "json", images.contains(key) { continue }
            guard let lock = try? KeyLock.attempt("\(directory)/\(key).lock") else { continue }
            // With the lock in hand, it is looked at again.
            guard lstat(path, &information) == 0, now - Int64(information.st_mtim.tv_sec) > age else { continue }
            unlink(path)
            _ = consume lock
        }
    }

    private static let suffixes = ["part.json.new", "json.new", "part.json", "part", "unpacked", "img", "json", "lock"]

    private static func split(_ name: String) -> (key: String, suffix: String)? {
        guard let dot = name.firstIndex(of: ".") else { return nil }
        let (key, suffix) = (String(name[..<dot]), String(name[name.index(after: dot)...]))
        let isKey = ["url", "md5", "sha1", "sha256", "sha512"].contains { key.hasPrefix("\($0)-") }
        return isKey && suffixes.contains(suffix) ? (key, suffix) : nil
    }

    /// The names in it, and the keys that have both an image and its record.
    private static func contents(_ directory: String) -> (images: Set<String>, names: [String]) {
        guard let stream = opendir(directory) else { return ([], []) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                    tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                        String(cString: $0)
                    }
                })
        }
        let keys = { (suffix: String) in Set(names.compactMap { split($0) }.filter { $0.suffix == suffix }.map(\.key)) }
        return (keys("img").intersection(keys("json")), names)
    }
}
