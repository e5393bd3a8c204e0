import Glibc
import Images
import Model
import Synchronization
import TestSupport
import Testing

@Suite("What is packed", .needs("python3", "xz", "zstd", "bzip2", "qemu-img"), .hangLimit)
struct UnpackingTests {
    /// Random bytes between holes, the last of which ends the file.
    private static let content: [UInt8] =
        randomBytes(10_000) + [UInt8](repeating: 0, count: 5_000_000) + randomBytes(3)
        + [UInt8](repeating: 0, count: 3_000_000)

    private static let packers: [(String, [String])] = [
        ("gzip", []), ("xz", ["-T2"]), ("zstd", ["-q"]), ("bzip2", []), ("xz", ["--check=sha256", "-0"]),
    ]

    @Test("is unpacked with its holes, whatever it is called", arguments: packers, ["http", "file"])
    func unpacked(packer: (String, [String]), scheme: String) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try await packed(UnpackingTests.content, packer, in: server)
        let url = scheme == "http" ? server.url("once-break/disk.img") : "file://\(path)"
        let digits = try await checksum(.sha512, path)
        let seen = Mutex<FetchProgress?>(nil)
        for source in [ImageSource(url: url), ImageSource(url: url, checksum: .digest(.sha512, digits))] {
            let image = try await cache.store.fetch(source) { progress in seen.withLock { $0 = progress } }
            #expect(image.format == .raw)
            #expect(image.length == Int64(UnpackingTests.content.count))
            #expect(try readFile(image.path) == UnpackingTests.content)
            var information = stat()
            #expect(stat(image.path, &information) == 0 && information.st_blocks < 200, "\(information.st_blocks)")
            #expect(seen.withLock(\.self) == .unpacking(done: size(of: path), total: size(of: path)))
            #expect(try await cache.store.fetch(source) == image)
        }
        #expect(try cache.contents == ["sha512.img", "sha512.json", "url.img", "url.json"])
        if scheme == "file" {
            // A file that was written to since is unpacked anew.
            let other = randomBytes(50_000, seed: 5)
            _ = try await packed(other, packer, in: server)
            #expect(try readFile(try await cache.store.fetch(ImageSource(url: url)).path) == other)
        }
    }

    @Test("may be a qcow2 image", arguments: packers.prefix(3))
    func image(packer: (String, [String])) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let disk = server.files.path("plain.qcow2")
        _ = try await runProcess("qemu-img", ["create", "-q", "-f", "qcow2", disk, "10M"])
        _ = try await packed(try readFile(disk), packer, in: server)
        let image = try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        #expect(image.format == .qcow2)
        #expect(image.capacity == 10 << 20)
    }

    @Test("is refused where it is cut off, damaged or empty", arguments: packers)
    func damaged(packer: (String, [String])) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let bytes = try readFile(try await packed(randomBytes(100_000), packer, in: server))
        let nothing = try readFile(try await packed([], packer, in: server))
        var wrong = bytes
        for index in 40_000..<40_100 { wrong[index] ^= 0x5a }
        for (name, content) in [("half", Array(bytes.prefix(50_000))), ("nothing", nothing), ("wrong", wrong)] {
            let path = try server.files.write(content, to: name)
            for url in [server.url("plain/\(name)"), "file://\(path)"] {
                let error = try await failure { () async throws(ImageError) in
                    try await cache.store.fetch(ImageSource(url: url))
                }
                #expect(error.reason == .unsupported, "\(packer) \(name) \(error)")
            }
        }
        #expect(try cache.contents.isEmpty)
    }

    @Test("may be packed once more", arguments: packers)
    func twice(packer: (String, [String])) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let content = randomBytes(100_000)
        let once = try readFile(try await packed(content, packer, in: server))
        _ = try await packed(once, ("gzip", []), in: server)
        let image = try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        #expect(try readFile(image.path) == content)
    }

    @Test("may not fill the disk with what it unpacks to", arguments: packers)
    func bomb(packer: (String, [String])) async throws {
        let server = try await ImageServer()
        var cache = try Cache()
        cache.settings.smallestBomb = 1 << 20
        _ = try await packed([UInt8](repeating: 0x41, count: 8 << 20), packer, in: server)
        let error = try await failure { () async throws(ImageError) in
            try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        }
        #expect(error.reason == .unsupported, "\(error)")
        #expect(error.detail.contains("fill"))
        #expect(try cache.contents.isEmpty)
        // Zeros are no such thing.
        let holes = [UInt8](repeating: 0, count: 8 << 20)
        _ = try await packed(holes, packer, in: server)
        #expect(try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img"))).length == 8 << 20)
        cache.settings.largest = 6 << 20
        _ = try await packed(holes + [1], packer, in: server)
        let larger = try await failure { () async throws(ImageError) in
            try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        }
        #expect(larger.reason == .full)
    }

    @Test("may be of several pieces one after the other", arguments: packers)
    func pieces(packer: (String, [String])) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let (first, second) = (randomBytes(70_001), randomBytes(30_000, seed: 2))
        let bytes = try readFile(try await packed(first, packer, in: server))
        let more = try readFile(try await packed(second, packer, in: server))
        try server.files.write(bytes + more, to: "both")
        let image = try await cache.store.fetch(ImageSource(url: server.url("plain/both")))
        #expect(try readFile(image.path) == first + second)
    }

    /// Each member has a checksum of its own, and is there or is not.
    @Test("is refused where one of several pieces is damaged, or cut off wherever", arguments: packers)
    func damagedPieces(packer: (String, [String])) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let first = try readFile(try await packed(randomBytes(70_001), packer, in: server))
        let second = try readFile(try await packed(randomBytes(30_000, seed: 2), packer, in: server))
        var flipped = first
        flipped[first.count - 12] ^= 1
        flipped[40_000] ^= 1
        let cuts = [1, 2, 3, 4, 5, 9, 10, 12, 13, 14, 18, 20, 100, 15_000, second.count - 1]
        let padding = [UInt8](repeating: 0, count: 512)
        let damaged = cuts.map { first + second.prefix($0) } + [flipped + second, flipped + padding, flipped + first]
        for (index, content) in damaged.enumerated() {
            let path = try server.files.write(content, to: "damaged\(index)")
            let error = try await failure { () async throws(ImageError) in
                try await cache.store.fetch(ImageSource(url: "file://\(path)"))
            }
            #expect(error.reason == .unsupported, "\(packer) \(index) \(error)")
            if packer.0 != "gzip" { continue }
            // In something that is whole itself.
            _ = try await packed(content, packer, in: server)
            let nested = try await failure { () async throws(ImageError) in
                try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
            }
            #expect(nested.reason == .unsupported, "\(packer) \(index) \(nested)")
        }
        #expect(try cache.contents.isEmpty)
    }

    /// OpenWrt's images are signed behind their end.
    @Test("may have something else behind it", arguments: [[0], [0, 0, 0], Array("FWx0{}".utf8)] as [[UInt8]])
    func appendix(bytes: [UInt8]) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let content = randomBytes(100_000)
        let whole = try readFile(try await packed(content, ("gzip", []), in: server))
        try server.files.write(whole + bytes, to: "more")
        let image = try await cache.store.fetch(ImageSource(url: server.url("plain/more")))
        #expect(try readFile(image.path) == content)
    }

    /// More zeros than can be unpacked in a second.
    @Test("and takes too long is kept as it came")
    func late() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let piece = try readFile(
            try await packed([UInt8](repeating: 0, count: 64 << 20), ("gzip", []), in: server))
        try server.files.write(Array(repeatElement(piece, count: 512).joined()), to: "zeros.gz")
        let error = try await failure { () async throws(ImageError) in
            try await cache.store.fetch(ImageSource(url: "file://\(server.files.path("zeros.gz"))", timeout: 1))
        }
        #expect(error.reason == .timedOut && error.detail.contains("not unpacked after 1 seconds"), "\(error)")
    }

    @Test("and holds an archive is refused, and an OVA is told by its name")
    func archive() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(UnpackingTests.content, to: "inner.vmdk")
        let arguments = [
            "--format=ustar", "-C", server.files.path, "-cf", server.files.path("appliance.ova"), "inner.vmdk",
        ]
        _ = try await runProcess("tar", arguments)
        _ = try await packed(try readFile(server.files.path("appliance.ova")), ("gzip", []), in: server)
        for name in ["disk.img", "appliance.ova"] {
            let error = try await failure { () async throws(ImageError) in
                try await cache.store.fetch(ImageSource(url: server.url("plain/\(name)")))
            }
            #expect(error.reason == .unsupported)
            #expect(error.detail.contains("OVA"))
        }
    }

    /// Serves it as `disk.img`; gives its path.
    private func packed(_ bytes: [UInt8], _ packer: (String, [String]), in server: ImageServer) async throws -> String {
        let path = try server.files.write(bytes, to: "unpacked")
        let target = server.files.path("disk.img")
        let script = #"exec "$0" -c "${@:3}" <"$1" >"$2""#
        let result = try await runProcess("bash", ["-c", script, packer.0, path, target] + packer.1)
        try #require(result.exitStatus == 0, "\(result)")
        return target
    }
}
