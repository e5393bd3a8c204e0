import Glibc

/// Finds and reads the manifest files below a directory, in the order of their names.
///
/// A symbolic link is followed where it stays inside of the tree, which is how Kubernetes mounts a ConfigMap. What is
/// reached a second time, by whatever name, is read once.
struct DirectoryWalk {
    private struct Identity: Hashable {
        let device: UInt
        let inode: UInt
    }

    private let root: String
    private let limits: SourceLimits
    private var realRoot = ""
    private var seen: Set<Identity> = []
    private var totalSize = 0
    private var isFull = false
    private(set) var files: [SourceFile] = []

    init(root: String, limits: SourceLimits) {
        self.root = root
        self.limits = limits
    }

    mutating func run(_ problems: inout Problems) {
        var info = stat()
        guard stat(root, &info) == 0, let real = realPath(root) else {
            problems.add(.unreadable, file: root, "`\(root)` could not be read: \(reason(errno)).")
            return
        }
        realRoot = real
        if info.st_mode & S_IFMT == S_IFDIR {
            enter(root == "." ? "" : root.hasSuffix("/") ? root : root + "/", info, depth: 0, &problems)
            if files.isEmpty, !problems.hasErrors {
                problems.add(
                    .noManifests, file: root,
                    "`\(root)` and the directories below it hold no file that ends in .yaml, .yml or .json. Hidden files are "
                        + "not read.")
            }
        } else {
            read(root, info, &problems)
            if let file = files.first, file.bytes.allSatisfy({ $0 <= 0x20 }) {
                problems.add(.noManifests, file: root, "The file is empty.")
            }
        }
    }

    private mutating func enter(_ prefix: String, _ info: stat, depth: Int, _ problems: inout Problems) {
        guard seen.insert(Identity(device: UInt(info.st_dev), inode: UInt(info.st_ino))).inserted else { return }
        let path = prefix.isEmpty ? "." : prefix
        guard depth <= limits.depth else {
            problems.add(.tooLarge, file: path, "More than \(limits.depth) directories lie within each other.")
            return
        }
        guard let names = entries(of: path) else {
            problems.add(.unreadable, file: path, "The directory could not be read: \(reason(errno)).")
            return
        }
        for name in names.sorted() where !isFull { visit(prefix + name, name, depth: depth, &problems) }
    }

    private mutating func visit(_ path: String, _ name: String, depth: Int, _ problems: inout Problems) {
        var info = stat()
        let isWanted = isManifest(name)
        guard lstat(path, &info) == 0 else {
            if isWanted { problems.add(.unreadable, file: path, "The file could not be read: \(reason(errno)).") }
            return
        }
        if info.st_mode & S_IFMT == S_IFLNK {
            guard stat(path, &info) == 0, let real = realPath(path) else {
                if isWanted {
                    problems.add(.unreadable, file: path, "The symbolic link leads nowhere: \(reason(errno)).")
                }
                return
            }
            let isDirectory = info.st_mode & S_IFMT == S_IFDIR
            guard real == realRoot || real.hasPrefix(realRoot == "/" ? "/" : realRoot + "/") else {
                if isWanted || isDirectory {
                    problems.add(
                        .linkOutside, file: path,
                        "The symbolic link leads out of `\(root)`, to `\(real)`. Put the files into the directory, or name "
                            + "the one that holds them all.")
                }
                return
            }
        }
        if info.st_mode & S_IFMT == S_IFDIR {
            enter(path + "/", info, depth: depth + 1, &problems)
        } else if isWanted {
            read(path, info, &problems)
        }
    }

    private mutating func read(_ path: String, _ info: stat, _ problems: inout Problems) {
        guard info.st_mode & S_IFMT == S_IFREG else {
            problems.add(.unreadable, file: path, "It is not a regular file.")
            return
        }
        guard seen.insert(Identity(device: UInt(info.st_dev), inode: UInt(info.st_ino))).inserted else { return }
        guard files.count < limits.files, totalSize + Int(info.st_size) <= limits.totalSize else {
            isFull = true
            problems.add(
                .tooLarge, file: path,
                "Up to here there are more than \(limits.files) files or \(limits.totalSize >> 20) MB, which is the most that is "
                    + "read of a directory.")
            return
        }
        guard Int(info.st_size) <= limits.fileSize else {
            problems.add(
                .tooLarge, file: path, "It has more than \(limits.fileSize >> 20) MB, which is the most that is read.")
            return
        }
        guard let bytes = contents(of: path, size: Int(info.st_size)) else {
            problems.add(.unreadable, file: path, "The file could not be read: \(reason(errno)).")
            return
        }
        totalSize += bytes.count
        files.append(SourceFile(name: path, bytes: bytes))
    }
}

private func isManifest(_ name: String) -> Bool {
    name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json")
}

private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

private func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
}

/// The names in a directory but for hidden ones, unsorted; nil with `errno` where it cannot be read.
private func entries(of path: String) -> [String]? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

/// The bytes of a file, at most what its size was when it was looked at; nil with `errno` where it cannot be read.
private func contents(of path: String, size: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
            let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
            if got < 0, errno == EINTR { continue }
            failed = got < 0
            guard got > 0 else { break }
            count += got
        }
    }
    return failed ? nil : bytes
}
