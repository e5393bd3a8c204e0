import Glibc
import Model
import TestSupport
import Testing

/// Images for the tests, made where they are asked for.
enum TestImages {
    /// Bytes that do not repeat and compress badly, always the same.
    static func noise(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }

    /// A raw image with parts written at offsets, and holes elsewhere.
    static func raw(
        _ name: String, length: Int, parts: [(offset: Int, count: Int)], in scratch: ScratchDirectory
    ) throws -> LocalImage {
        let path = try scratch.write([], to: name)
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        try #require(ftruncate(descriptor, off_t(length)) == 0)
        for part in parts {
            let bytes = noise(part.count)
            try #require(pwrite(descriptor, bytes, bytes.count, off_t(part.offset)) == bytes.count)
        }
        return LocalImage(path: path, format: .raw, length: Int64(length), capacity: Int64(length))
    }

    /// The same disk in another format.
    static func converted(
        _ image: LocalImage, to format: ImageFormat, options: String? = nil, in scratch: ScratchDirectory
    ) async throws -> LocalImage {
        let path = "\(image.path).\(options ?? "").\(format.rawValue)"
        let extra = options.map { ["-o", $0] } ?? []
        try await run(
            "qemu-img",
            ["convert", "-f", image.format.rawValue, "-O", format.rawValue] + extra + [image.path, path])
        return LocalImage(path: path, format: format, length: try length(of: path), capacity: image.capacity)
    }

    /// A seed, as an ISO 9660 image labelled cidata.
    static func seed(_ files: [String: String], in scratch: ScratchDirectory) async throws -> LocalImage {
        for (name, text) in files { try scratch.write(text, to: "seed/\(name)") }
        let path = scratch.path("seed.iso")
        try await run(
            "bsdtar",
            ["-c", "-f", path, "--format=iso9660", "--options", "volume-id=cidata", "-C", scratch.path("seed")]
                + files.keys.sorted())
        let length = try length(of: path)
        return LocalImage(path: path, format: .iso, length: length, capacity: length, isPrivate: true)
    }

    /// Whether two images hold the same disk, whatever their formats; trailing zeros do not count.
    static func areSame(_ left: LocalImage, _ path: String, _ format: String) async throws -> Bool {
        let known = left.format == .iso ? "raw" : left.format.rawValue
        let other = format == "iso" ? "raw" : format
        let result = try await runProcess("qemu-img", ["compare", "-f", known, "-F", other, left.path, path])
        return result.exitStatus == 0
    }

    static func length(of path: String) throws -> Int64 { try status(of: path).length }

    /// Bytes that a file has, those that it takes on its disk, and who may read it.
    static func status(of path: String) throws -> (length: Int64, allocated: Int64, mode: UInt32) {
        var status = stat()
        try #require(stat(path, &status) == 0, "\(path)")
        return (Int64(status.st_size), Int64(status.st_blocks) * 512, UInt32(status.st_mode) & 0o777)
    }

    static func run(_ program: String, _ arguments: [String]) async throws {
        let result = try await runProcess(program, arguments)
        try #require(result.exitStatus == 0, "\(program) \(arguments): \(result)")
    }
}
