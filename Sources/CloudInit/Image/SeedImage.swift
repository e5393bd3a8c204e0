import CLibArchive
package import Model

/// Why a seed's image could not be made.
package struct SeedError: Error, Sendable {
    /// A whole sentence; nothing of the seed is in it.
    package let detail: String
}

/// An ISO 9660 image of a seed's files, with Joliet and Rock Ridge, whose label is `cidata`: what the NoCloud data source looks for.
/// Equal seeds give equal bytes.
///
/// libarchive lays it out with files of zeros, and the contents are put in afterwards, in memory: what it is given it writes to a
/// temporary file first, and no secret may be on a disk of this machine.
package func seedImage(of seed: Seed) throws(SeedError) -> [UInt8] {
    let files = seedFiles(of: seed)
    let size = files.reduce(0) { $0 + $1.bytes.reveal(\.count) }
    let layout = try emptyImage(files.map { ($0.name, $0.bytes.reveal(\.count)) }, room: size + (1 << 20))
    var image = ImageFields(layout)
    try image.finish(contents: Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.bytes) }))
    return image.bytes
}

private func emptyImage(_ files: [(name: String, size: Int)], room: Int) throws(SeedError) -> [UInt8] {
    guard let archive = archive_write_new() else {
        throw SeedError(detail: "There is no memory left for the image of a seed.")
    }
    defer { archive_write_free(archive) }
    func check(_ status: Int32) throws(SeedError) {
        guard status != ARCHIVE_OK else { return }
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it does not say why"
        throw SeedError(detail: "libarchive could not make the image of a seed: \(reason).")
    }
    try check(archive_write_set_format_iso9660(archive))
    try check(archive_write_add_filter_none(archive))
    try check(
        archive_write_set_options(archive, "volume-id=cidata,application-id=RIGAUD,joliet,rockridge=useful,!pad"))
    var image = [UInt8](repeating: 0, count: room)
    var used = 0
    let outcome: Result<Void, SeedError> = image.withUnsafeMutableBytes { buffer in
        do throws(SeedError) {
            try check(archive_write_open_memory(archive, buffer.baseAddress, buffer.count, &used))
            for file in files { try add(file, to: archive, check) }
            try check(archive_write_close(archive))
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    try outcome.get()
    return Array(image.prefix(used))
}

/// Adds a file of zeros.
private func add(
    _ file: (name: String, size: Int), to archive: OpaquePointer, _ check: (Int32) throws(SeedError) -> Void
) throws(SeedError) {
    guard let entry = archive_entry_new() else {
        throw SeedError(detail: "There is no memory left for the image of a seed.")
    }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, file.name)
    archive_entry_set_filetype(entry, UInt32(S_IFREG))
    archive_entry_set_perm(entry, 0o444)
    archive_entry_set_uid(entry, 0)
    archive_entry_set_gid(entry, 0)
    archive_entry_set_size(entry, Int64(file.size))
    archive_entry_set_mtime(entry, 0, 0)
    try check(archive_write_header(archive, entry))
    let zeros = [UInt8](repeating: 0, count: file.size)
    guard archive_write_data(archive, zeros, zeros.count) == zeros.count else { return try check(ARCHIVE_FATAL) }
}
