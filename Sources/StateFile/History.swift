import Glibc

/// Former snapshots: `history/SERIAL.json`, the last ten.
enum History {
    static let kept = 10

    /// Latest first; none where there is no directory.
    static func serials(in directory: String) throws(StateError) -> [Int] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw .reading(directory, errno)
        }
        defer { closedir(stream) }
        var serials: [Int] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".json"), let serial = Int(name.dropLast(5)), "\(serial).json" == name else {
                continue
            }
            serials.append(serial)
        }
        return serials.sorted(by: >)
    }

    /// Gives the current snapshot its name in history too. It is a second name of the same file: nothing is copied, and
    /// there is no moment without a current snapshot.
    static func keep(_ location: StateLocation, serial: Int) throws(StateError) {
        try makeDirectory(location.historyDirectory)
        let path = location.historyPath(serial: serial)
        unlink(path)
        if link(location.path, path) == 0 || errno == ENOENT { return }
        guard errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS else { throw .writing(path, errno) }
        // A file system without hard links.
        guard let bytes = try OpenFile.reading(location.path)?.contents() else { return }
        let copy = try OpenFile.writing(path, flags: O_TRUNC)
        try copy.write(bytes, at: 0)
        try copy.synchronize()
    }

    /// Deletes the oldest beyond ten. One that cannot be deleted is only too many, and is tried again next time.
    static func prune(_ directory: String) {
        guard let serials = try? serials(in: directory) else { return }
        for serial in serials.dropFirst(kept) { unlink("\(directory)/\(serial).json") }
    }
}
