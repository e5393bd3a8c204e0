import Glibc
import Model

/// The files that one image has in the cache. Whoever touches them holds its lock.
///
/// `.img` is an image only while `.json` describes it. `.part` is a download that has not ended; it is gone on with only
/// while `.part.json` says of what it is a part. `.unpacked` is what is being unpacked, and is never trusted.
struct CacheEntry: Hashable {
    let directory: String
    let key: String

    init(_ directory: String, _ expected: ExpectedDigest?, _ url: ImageURL) {
        self.directory = directory
        key =
            expected.map { "\($0.algorithm.rawValue)-\($0.digits)" } ?? "url-\(Digester.sha256(url.text))"
    }

    var image: String { "\(directory)/\(key).img" }
    var record: String { "\(directory)/\(key).json" }
    var partial: String { "\(directory)/\(key).part" }
    var partialRecord: String { "\(directory)/\(key).part.json" }
    var unpacked: String { "\(directory)/\(key).unpacked" }
    var lock: String { "\(directory)/\(key).lock" }

    /// What is kept of an image that was brought here.
    struct Description: Hashable {
        /// The file as it was put there. Whatever has another was written to since.
        var stamp: FileStamp
        /// It was packed; the checksum is of what it was unpacked from.
        var wasPacked: Bool
        var validators = Validators()
        /// The file that it was unpacked from, where that is on this machine.
        var source: FileStamp?
    }

    /// The description of the image that is there; nil where there is none that can be trusted.
    ///
    /// A file that was written to since is not trusted, but where its checksum is known it can be looked at: `stamp`
    /// then differs from the file's.
    func description() -> Description? {
        guard let value = readRecord(record), let description = Description(value),
            let image = try? OpenFile.reading(image),
            let stamp = try? image.stamp(), stamp.size == description.stamp.size
        else { return nil }
        return description
    }

    /// Makes a finished file the image. A process that is killed on the way leaves either the former image, or none.
    func place(_ path: String, _ description: Description) throws(ImageError) {
        try writeRecord(description.value, to: record)
        guard rename(path, image) == 0 else { throw .writing(image, errno) }
        try synchronizeDirectory(directory)
        removePartial()
    }

    func removePartial() {
        for path in [partialRecord, partialRecord + ".new", partial, unpacked] { unlink(path) }
    }

    func removeImage() {
        for path in [record, image] { unlink(path) }
    }
}

/// A small JSON file of the cache; nil for whatever is none.
func readRecord(_ path: String) -> Value? {
    guard let file = try? OpenFile.reading(path), let bytes = try? file.read(65_536, at: 0) else { return nil }
    return try? JSONReader.value(of: bytes)
}

/// Puts a small JSON file in place at once.
func writeRecord(_ value: Value, to path: String) throws(ImageError) {
    let temporary = path + ".new"
    let file = try OpenFile.writing(temporary, flags: O_TRUNC)
    try JSONWriter.bytes(of: value).withUnsafeBufferPointer { (bytes) throws(ImageError) in
        try file.write(UnsafeRawBufferPointer(bytes), at: 0)
    }
    try file.synchronize()
    guard rename(temporary, path) == 0 else { throw .writing(path, errno) }
}

/// Makes renamed files last.
private func synchronizeDirectory(_ path: String) throws(ImageError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw .writing(path, errno) }
    defer { close(descriptor) }
    // Some network file systems cannot do it and say EINVAL; they have no need of it.
    if fsync(descriptor) != 0, errno != EINVAL { throw .writing(path, errno) }
}

extension CacheEntry.Description {
    var value: Value {
        var members: [String: Value] = ["version": 1, "file": stamp.value, "packed": .bool(wasPacked)]
        members["validators"] = .map(validators.members)
        members["source"] = source?.value
        return .map(members)
    }

    init?(_ value: Value) {
        guard value["version"]?.number == 1, let stamp = value["file"].flatMap(FileStamp.init),
            let wasPacked = value["packed"]?.flag
        else { return nil }
        self.init(
            stamp: stamp, wasPacked: wasPacked, validators: value["validators"].map(Validators.init) ?? Validators(),
            source: value["source"].flatMap(FileStamp.init))
    }
}

extension FileStamp {
    var value: Value {
        ["size": .integer(size), "seconds": .integer(seconds), "nanoseconds": .integer(nanoseconds)]
    }

    init?(_ value: Value) {
        guard let size = value["size"]?.number, let seconds = value["seconds"]?.number,
            let nanoseconds = value["nanoseconds"]?.number
        else { return nil }
        self.init(size: size, seconds: seconds, nanoseconds: nanoseconds)
    }
}
