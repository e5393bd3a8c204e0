import Glibc
import Model
import TestSupport
import Testing

@testable import Images

@Suite("What an image is", .hangLimit)
struct RecognitionTests {
    @Test(
        "is told by its content",
        .needs("qemu-img"),
        arguments: [
            ("qcow2", [], .qcow2), ("qcow2", ["-o", "compat=0.10"], .qcow2),
            ("qcow2", ["-o", "cluster_size=2M"], .qcow2),
            ("qcow2", ["-o", "cluster_size=512"], .qcow2), ("vmdk", [], .vmdk),
            ("vmdk", ["-o", "subformat=streamOptimized"], .vmdk), ("vdi", [], .vdi),
            ("vdi", ["-o", "static=on"], .vdi), ("vpc", ["-o", "force_size"], .vpc),
            ("vpc", ["-o", "subformat=fixed,force_size"], .vpc), ("vhdx", [], .vhdx),
            ("vhdx", ["-o", "subformat=fixed"], .vhdx), ("raw", [], .raw),
        ] as [(String, [String], ImageFormat)])
    func recognised(format: String, options: [String], expected: ImageFormat) async throws {
        let scratch = try ScratchDirectory()
        let source = try scratch.write(
            randomBytes(300_000) + [UInt8](repeating: 0, count: (20 << 20) - 300_000), to: "source")
        let path = scratch.path("any.iso")
        let result = try await runProcess(
            "qemu-img", ["convert", "-f", "raw", "-O", format] + options + [source, path])
        try #require(result.exitStatus == 0, "\(result)")
        let image = try await store(scratch).fetch(ImageSource(url: "file://\(path)"))
        #expect(image == LocalImage(path: path, format: expected, length: size(of: path), capacity: 20 << 20))
        #expect(!scratch.exists("cache"), "A file that is not packed is used where it is.")
    }

    @Test(
        "is whole, or refused", .needs("qemu-img"),
        arguments: [
            ("qcow2", []), ("qcow2", ["-o", "cluster_size=512"]), ("qcow2", ["-c"]),
            ("qcow2", ["-o", "extended_l2=on"]), ("qcow2", ["-o", "compat=0.10"]), ("vmdk", []), ("vdi", []),
        ])
    func cutOff(format: String, options: [String]) async throws {
        let scratch = try ScratchDirectory()
        let source = try scratch.write(
            randomBytes(4_000_000) + [UInt8](repeating: 0, count: (8 << 20) - 4_000_000), to: "source")
        let path = scratch.path("whole")
        let result = try await runProcess(
            "qemu-img", ["convert", "-f", "raw", "-O", format] + options + [source, path])
        try #require(result.exitStatus == 0, "\(result)")
        let image = try await store(scratch).fetch(ImageSource(url: "file://\(path)"))
        #expect(image.capacity == 8 << 20)
        let bytes = try readFile(path)
        for part in format == "qcow2" ? [0.9, 0.5, 0.1] : [0.7, 0.5] {
            let cut = try scratch.write(Array(bytes.prefix(Int(Double(bytes.count) * part))), to: "cut")
            try await refuses(cut, scratch, "cut off")
        }
    }

    @Test("may be an ISO, with partitions or without", arguments: [false, true])
    func iso(isHybrid: Bool) async throws {
        var bytes = [UInt8](repeating: 0, count: 40_000)
        bytes.replaceSubrange(32_769..<32_774, with: Array("CD001".utf8))
        if isHybrid { bytes.replaceSubrange(510..<512, with: [0x55, 0xaa]) }
        let image = try await fetched(bytes)
        #expect(image.format == .iso)
        #expect(image.length == 40_000)
        #expect(image.capacity == 40_448)
    }

    @Test("may not be another file's overlay", .needs("qemu-img"))
    func overlays() async throws {
        let scratch = try ScratchDirectory()
        for (format, name) in [("qcow2", "qcow2"), ("vmdk", "vmdk")] {
            let base = scratch.path("base.\(name)")
            _ = try await runProcess("qemu-img", ["create", "-q", "-f", format, base, "8M"])
            let path = scratch.path("overlay.\(name)")
            let result = try await runProcess(
                "qemu-img", ["create", "-q", "-f", format, "-b", base, "-F", format, path])
            try #require(result.exitStatus == 0, "\(result)")
            try await refuses(path, scratch, "names")
        }
        let data = scratch.path("data.qcow2")
        let options = ["-o", "data_file=\(scratch.path("data.raw")),data_file_raw=on"]
        let result = try await runProcess("qemu-img", ["create", "-q", "-f", "qcow2"] + options + [data, "8M"])
        try #require(result.exitStatus == 0, "\(result)")
        try await refuses(data, scratch, "external data file")
        // The name alone, without the bit that says to use it.
        var bytes = try readFile(data)
        bytes[79] &= ~4
        try await refuses(try scratch.write(bytes, to: "name"), scratch, "external data file")
        let flat = scratch.path("flat.vmdk")
        let create = ["create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", flat, "8M"]
        _ = try await runProcess("qemu-img", create)
        try await refuses(flat, scratch, "other files")
    }

    /// A good image, the bytes of it that are changed, and what the refusal says.
    @Test(
        "is refused where its header is made to harm",
        .needs("qemu-img"),
        arguments: [
            ("qcow2", 4, [0, 0, 0, 1], "version"), ("qcow2", 8, [0, 0, 0, 0, 0, 0, 1, 0], "backing"),
            ("qcow2", 20, [0, 0, 0, 63], "cluster"), ("qcow2", 24, [UInt8](repeating: 255, count: 8), "size"),
            ("qcow2", 24, [UInt8](repeating: 0, count: 8), "size"), ("qcow2", 32, [0, 0, 0, 2], "encrypted"),
            ("qcow2", 100, [255, 255, 255, 255], "header"),
            ("qcow2", 112, [1, 2, 3, 4, 255, 255, 255, 255], "extension"),
            ("qcow2", 112, [0x44, 0x41, 0x54, 0x41, 0, 0, 0, 1], "data file"),
            ("vmdk", 12, [0, 0, 0, 0, 0, 0, 0, 0], "other files"),
            ("vmdk", 12, [UInt8](repeating: 255, count: 8), "size"),
            ("vmdk", 12, [0, 0, 0, 0, 0, 0, 0, 0x7f], "size"), ("vmdk", 36, [0, 0, 0, 1], "description"),
            ("vmdk", 28, [0, 0, 0, 0, 0, 0, 0, 0x70], "description"),
            ("vmdk", 600, Array("\nparentFileNameHint=\"/etc/shadow\"\n".utf8), "parent"),
            ("vmdk", 5000, Array("parentFileNameHint=\"/etc/shadow\"\n".utf8), "parent"),
            ("vmdk", 512, Array("RW 8 FLAT \"/etc/shadow\" 0\n".utf8), "other files"),
            ("vmdk", 512, Array("RW\t8\tSPARSE \"/etc/shadow\"\n".utf8), "other files"),
            ("vmdk", 512, Array("RW 8 SPARSE \"a\"\nRW 8 SPARSE \"b\"\n".utf8), "other files"),
            ("vmdk", 56, [UInt8](repeating: 255, count: 8), "end"), ("vdi", 0x4c, [4, 0, 0, 0], "parent"),
            ("vdi", 0x170, [UInt8](repeating: 255, count: 8), "size"), ("vpc", 60, [0, 0, 0, 4], "parent"),
            ("vpc", 60, [0, 0, 0, 9], "type"), ("vpc", 48, [UInt8](repeating: 255, count: 8), "size"),
        ] as [(String, Int, [UInt8], String)])
    func hostile(format: String, offset: Int, change: [UInt8], why: String) async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("image")
        _ = try await runProcess("qemu-img", ["create", "-q", "-f", format, path, "8M"])
        var bytes = try readFile(path)
        bytes.replaceSubrange(offset..<(offset + change.count), with: change)
        try writeFile(bytes, to: path)
        try await refuses(path, scratch, why)
    }

    @Test(
        "is none where it is something else",
        arguments: [
            ([], "empty"), (Array(#"{"error":"nope"}"#.utf8), "sector"),
            (Array("<!DOCTYPE html><html>".utf8), "web page"),
            (Array("\u{feff}\r\n  <HTML lang=en>".utf8), "web page"),
            (Array("<?xml version='1.0'?><Error><Code>AccessDenied".utf8), "web page"),
            (Array("PK".utf8) + [3, 4, 0, 0], "zip"), (Array("# Disk DescriptorFile\nversion=1\n".utf8), "other files"),
            ([0x04, 0x22, 0x4d, 0x18, 0, 0], "lz4"), ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "7z"),
            (Array("COWD".utf8), "ESX"), (Array("QED".utf8) + [0], "QED"),
        ] as [([UInt8], String)])
    func foreign(bytes: [UInt8], why: String) async throws {
        let scratch = try ScratchDirectory()
        try await refuses(try scratch.write(bytes, to: "x.qcow2"), scratch, why)
    }

    @Test(
        "is not thrown off by headers that were cut or mixed up", .needs("qemu-img"),
        arguments: 1...30 as ClosedRange<UInt64>)
    func mangled(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try ScratchDirectory()
        let path = scratch.path("image")
        let formats = ["qcow2", "vmdk", "vdi", "vpc", "vhdx"]
        let format = formats[Int(seed) % formats.count]
        _ = try await runProcess("qemu-img", ["create", "-q", "-f", format, path, "8M"])
        var bytes = try readFile(path)
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
            let place = generator.oneIn(2) ? 0 : generator.oneIn(2) ? 192 << 10 : 2 << 20
            let index = min(bytes.count - 1, place + Int.random(in: 4..<700, using: &generator))
            bytes[index] = generator.oneIn(3) ? 255 : UInt8.random(in: 0...255, using: &generator)
        }
        if generator.oneIn(3) { bytes = Array(bytes.prefix(Int.random(in: 1..<bytes.count, using: &generator))) }
        try writeFile(bytes, to: path)
        do throws(ImageError) {
            let image = try await store(scratch).fetch(ImageSource(url: "file://\(path)"))
            #expect(image.capacity >= 0)
        } catch {
            #expect(error.reason == .unsupported)
        }
    }

    @Test("is asked of files only")
    func notFiles() async throws {
        let scratch = try ScratchDirectory()
        let pipe = scratch.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        for (path, reason) in [(pipe, .unsupported), (scratch.path, .unsupported), (scratch.path("none"), .missing)]
            as [(String, ImageError.Reason)]
        {
            let error = try await failure { () async throws(ImageError) in
                try await store(scratch).fetch(ImageSource(url: "file://\(path)"))
            }
            #expect(error.reason == reason)
        }
    }

    private func store(_ scratch: ScratchDirectory) -> ImageStore {
        ImageStore(directory: scratch.path("cache"), settings: .quick)
    }

    private func fetched(_ bytes: [UInt8]) async throws -> LocalImage {
        let scratch = try ScratchDirectory()
        return try await store(scratch).fetch(ImageSource(url: "file://\(try scratch.write(bytes, to: "image"))"))
    }

    private func refuses(_ path: String, _ scratch: ScratchDirectory, _ why: String) async throws {
        let error = try await failure { () async throws(ImageError) in
            try await store(scratch).fetch(ImageSource(url: "file://\(path)"))
        }
        #expect(error.reason == .unsupported)
        #expect(error.detail.contains(why), "\(error)")
    }
}
