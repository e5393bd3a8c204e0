import Model

/// A volume as it is told apart: by its path, and, since a path may lead over links, by when the file behind it was
/// used.
struct VolumeFace: Sendable {
    let path: String
    /// Nil where libvirt cannot see the file.
    private var times: Times?

    /// To the nanosecond where the file system has it so; from one moment to another where it was looked at twice, since a
    /// guest may write meanwhile.
    private struct Times: Sendable {
        /// When its content and its inode changed.
        var modified: ClosedRange<Duration>
        var changed: ClosedRange<Duration>
        var read: ClosedRange<Duration>?

        var isAtRest: Bool {
            modified.lowerBound == modified.upperBound && changed.lowerBound == changed.upperBound
        }
    }

    init(path: String) { self.path = path.withoutDots }

    /// Of a volume's `target` or `backingStore`.
    /// - Parameter path: What it is known by, where that is not the path of the element.
    init?(_ element: Element?, at path: String? = nil) {
        guard let element, let path = path ?? element.child("path")?.text else { return nil }
        self.init(path: path)
        let stamps = element.child("timestamps")
        guard let modified = moment(of: stamps?.child("mtime")), let changed = moment(of: stamps?.child("ctime")) else {
            return
        }
        times = Times(modified: modified, changed: changed, read: moment(of: stamps?.child("atime")))
    }

    /// The same file, seen again later.
    func until(_ later: VolumeFace) -> VolumeFace {
        guard let times, let others = later.times else { return self }
        var face = self
        face.times = Times(
            modified: times.modified.joined(others.modified), changed: times.changed.joined(others.changed),
            read: times.read.flatMap { read in others.read.map(read.joined) })
        return face
    }

    /// Files that are made at once may have been written at the same moment; these have different names, and are read
    /// one after the other. Of two that are written to while they are looked at, times tell nothing but with the name.
    func isSame(as other: VolumeFace) -> Bool {
        if path == other.path { return true }
        guard let times, let others = other.times, times.modified.overlaps(others.modified),
            times.changed.overlaps(others.changed)
        else { return false }
        if name == other.name { return true }
        guard times.isAtRest, others.isAtRest else { return false }
        guard let read = times.read, let otherRead = others.read else { return times.read == others.read }
        return read.overlaps(otherRead)
    }

    private var name: Substring { path.split(separator: "/").last ?? "" }

    /// What an overlay names where its path is no plain one (`qemu-img create -b`): libvirt gives that as it stands in
    /// the file.
    var spelledOut: [VolumeFace] {
        if path.hasPrefix("json:"), let value = try? JSONReader.value(of: String(path.dropFirst(5))) {
            return value.fileNames.map { VolumeFace(path: $0) }
        }
        guard path.hasPrefix("file:") else { return [self] }
        let name = path.dropFirst(5)
        return [VolumeFace(path: String(name.hasPrefix("//") ? name.dropFirst(2) : name))]
    }
}

/// `1790000000.012345678`, since 1970.
private func moment(of element: Element?) -> ClosedRange<Duration>? {
    let parts = element?.text.split(separator: ".", maxSplits: 1).map { Int64($0) } ?? []
    guard let first = parts.first, let seconds = first, let nanoseconds = parts.count == 2 ? parts[1] : 0 else {
        return nil
    }
    let moment = Duration.seconds(seconds) + .nanoseconds(nanoseconds)
    return moment...moment
}

extension ClosedRange<Duration> {
    fileprivate func joined(_ other: ClosedRange<Duration>) -> ClosedRange<Duration> {
        Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}

extension String {
    /// A path without `//` and `/./`; what is none as it is.
    var withoutDots: String {
        guard hasPrefix("/"), contains("//") || contains("/.") || hasSuffix("/") else { return self }
        return "/" + split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}

extension Value {
    /// The files of a block device as QEMU has it in JSON: `{"file": {"filename": …}}`, or `{"file.filename": …}`.
    fileprivate var fileNames: [String] {
        guard let members else { return items?.flatMap(\.fileNames) ?? [] }
        return members.sorted { $0.key < $1.key }.flatMap { key, value in
            let isName = key == "filename" || key.hasSuffix(".filename")
            return isName ? value.text.map { [$0] } ?? [] : value.fileNames
        }
    }
}
