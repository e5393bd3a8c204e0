import Glibc
import Model
import TestSupport
import Testing

@testable import Images

@Suite("The cache", .needs("python3"), .hangLimit)
struct CacheTests {
    private static let content = randomBytes(400_000)

    @Test("is asked first, and the server only where there is no checksum")
    func askedFirst() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(CacheTests.content, to: "disk.img")
        let plain = ImageSource(url: server.url("plain/disk.img"))
        for _ in 0..<2 { #expect(try readFile(try await cache.store.fetch(plain).path) == CacheTests.content) }
        let digits = try await checksum(.sha256, path)
        var named = ImageSource(url: server.url("plain/disk.img"), checksum: .digest(.sha256, digits))
        for _ in 0..<2 { #expect(try readFile(try await cache.store.fetch(named).path) == CacheTests.content) }
        named.force = true
        _ = try await cache.store.fetch(named)
        let answers = try await server.requests(4).map { $0.split(separator: " ")[2] }
        #expect(answers == ["200", "304", "200", "200"])
    }

    @Test("gives way to what has changed on the server", arguments: ["plain", "no-validator", "no-tag", "weak"])
    func changed(behaviour: String) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(CacheTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("\(behaviour)/disk.img"))
        _ = try await cache.store.fetch(source)
        let other = randomBytes(300_000, seed: 3)
        try writeFile(other, to: path)
        _ = try await runProcess("touch", ["-d", "2021-01-01", path])
        #expect(try readFile(try await cache.store.fetch(source).path) == other)
    }

    /// What happened to the files of an image, and whether the server has to be asked for all of it again.
    enum Damage: String, CaseIterable {
        case shorter, longer, byte, touched, noImage, noRecord, tornRecord, otherRecord, linkInPlaceOfImage

        var isHarmless: Bool { self == .touched }
    }

    @Test("does not trust what was damaged", arguments: Damage.allCases)
    func damaged(damage: Damage) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(CacheTests.content, to: "disk.img")
        let digits = try await checksum(.sha256, path)
        let source = ImageSource(url: server.url("plain/disk.img"), checksum: .digest(.sha256, digits))
        let image = try await cache.store.fetch(source).path
        let record = try cache.file(".json")
        var bytes = CacheTests.content
        switch damage {
        case .shorter: try writeFile(Array(bytes.dropLast()), to: image)
        case .longer: try writeFile(bytes + [0], to: image)
        case .byte:
            bytes[1000] ^= 1
            try writeFile(bytes, to: image)
        case .touched: _ = try await runProcess("touch", [image])
        case .noImage: try removeFile(image)
        case .noRecord: try removeFile(record)
        case .tornRecord: try writeFile(Array(try readFile(record).prefix(20)), to: record)
        case .otherRecord: try writeFile(Array(#"{"version":2}"#.utf8), to: record)
        case .linkInPlaceOfImage:
            try removeFile(image)
            bytes[0] ^= 1
            let elsewhere = try cache.scratch.write(bytes, to: "elsewhere")
            #expect(symlink(elsewhere, image) == 0)
        }
        #expect(try readFile(try await cache.store.fetch(source).path) == CacheTests.content)
        #expect(try await server.requests(damage.isHarmless ? 1 : 2).count == (damage.isHarmless ? 1 : 2))
        _ = try await cache.store.fetch(source)
        #expect(try await server.requests(damage.isHarmless ? 1 : 2).count == (damage.isHarmless ? 1 : 2))
    }

    /// What a process that was killed may have left, or somebody put there.
    enum Leftover: String, CaseIterable {
        case partialAlone, partialOfOtherURL, partialWithOtherTag, partialWithoutValidator, partialTooLong, tornRecord,
            wrongBytes, otherBoot, unpacked, imageAlone, recordAlone, recordNew
    }

    @Test("does not trust what was left half done", arguments: Leftover.allCases, [true, false])
    func leftover(leftover: Leftover, hasChecksum: Bool) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(CacheTests.content, to: "disk.img")
        let digits = try await checksum(.sha256, path)
        let source = ImageSource(
            url: server.url("once-break/disk.img"), checksum: hasChecksum ? .digest(.sha256, digits) : nil, retries: 0)
        _ = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        let partial = try cache.file(".part")
        let entry = String(partial.dropLast(5))
        let record = "\(entry).part.json"
        func edit(_ key: String, _ value: Value?) throws {
            var members = try #require(try JSONReader.value(of: try readFile(record)).members)
            members[key] = value
            try writeFile(JSONWriter.bytes(of: .map(members)), to: record)
        }
        let junk = randomBytes(150_000, seed: 9)
        switch leftover {
        case .partialAlone: try removeFile(record)
        case .partialOfOtherURL:
            try edit("url", "0000")
            try writeFile(junk, to: partial)
        case .partialWithOtherTag:
            try edit("validators", ["etag": "\"other\""])
            try writeFile(junk, to: partial)
        case .partialWithoutValidator: try edit("validators", [:])
        case .partialTooLong: try writeFile(CacheTests.content + [0], to: partial)
        case .tornRecord: try writeFile(Array(try readFile(record).dropLast(3)), to: record)
        case .wrongBytes:
            // Without a checksum nothing tells; the order of writes sees to it that this cannot be.
            if hasChecksum { try writeFile(junk, to: partial) }
        case .otherBoot:
            try edit("boot", "another")
            try writeFile([UInt8](repeating: 0, count: 200_000), to: partial)
        case .unpacked: try writeFile(junk, to: "\(entry).unpacked")
        case .imageAlone: try writeFile(junk, to: "\(entry).img")
        case .recordAlone: try writeFile(Array(#"{"version":1}"#.utf8), to: "\(entry).json")
        case .recordNew: try writeFile(junk, to: "\(entry).json.new")
        }
        let image = try await cache.store.fetch(source)
        #expect(try readFile(image.path) == CacheTests.content)
        #expect(
            try cache.contents
                == (hasChecksum ? ["sha256.img", "sha256.json"] : ["url.img", "url.json"]))
    }

    @Test("goes on with a download that was whole, without asking for it again")
    func whole() async throws {
        let server = try await ImageServer()
        var cache = try Cache()
        // A download that is whole and cannot be unpacked for want of room is kept.
        let content = [UInt8](repeating: 7, count: 3_000_000)
        try server.files.write(content, to: "disk.img")
        _ = try await runProcess("gzip", [server.files.path("disk.img")])
        let digits = try await checksum(.sha256, server.files.path("disk.img.gz"))
        cache.settings.largest = 1_000_000
        for (url, checksum) in [
            (server.url("plain/disk.img.gz"), nil), (server.url("plain/disk.img.gz?x"), .digest(.sha256, digits)),
        ] as [(String, ImageSource.Checksum?)] {
            cache.settings.largest = 1_000_000
            let source = ImageSource(url: url, checksum: checksum)
            let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
            #expect(error.reason == .full)
            cache.settings.largest = 16 << 40
            #expect(try readFile(try await cache.store.fetch(source).path) == content)
        }
        let answers = try await server.requests(3).map { $0.split(separator: " ")[2] }
        #expect(answers == ["200", "304", "200"])
    }

    @Test("is for the user alone, and refuses a folder that others may write to")
    func permissions() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(CacheTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("plain/disk.img"))
        let image = try await cache.store.fetch(source)
        var information = stat()
        #expect(stat(cache.path, &information) == 0 && information.st_mode & 0o777 == 0o700)
        #expect(stat(image.path, &information) == 0 && information.st_mode & 0o777 == 0o600)
        #expect(chmod(cache.path, 0o777) == 0)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .denied)
    }

    @Test("forgets what nobody went on with for a week, and nothing else")
    func weekOld() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(CacheTests.content, to: "disk.img")
        _ = try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        let kept = try filesIn(cache.path)
        for name in ["url-1.part", "url-1.part.json", "url-1.unpacked", "url-1.lock", "sha256-2.img", "sha256-3.json"] {
            try writeFile([1], to: "\(cache.path)/\(name)")
        }
        try writeFile([1], to: "\(cache.path)/url-4.part")
        try writeFile([1], to: "\(cache.path)/notes.part")
        for name in try filesIn(cache.path) where name != "url-4.part" {
            _ = try await runProcess("touch", ["-d", "8 days ago", "\(cache.path)/\(name)"])
        }
        _ = try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img?2")))
        let names = Set(try filesIn(cache.path).filter { !$0.hasSuffix(".lock") })
        #expect(names.isSuperset(of: kept.filter { !$0.hasSuffix(".lock") } + ["url-4.part", "notes.part"]))
        #expect(!names.contains { $0.contains("-1.") || $0.contains("-2.") || $0.contains("-3.") }, "\(names)")
    }

    @Test("makes another process wait for one that is fetching the same")
    func locked() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(CacheTests.content, to: "disk.img")
        _ = try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        let source = ImageSource(url: server.url("plain/disk.img"), timeout: 1)
        let lock = try cache.file(".lock")
        let held = open(lock, O_RDWR)
        #expect(flock(held, LOCK_EX) == 0)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .timedOut && error.detail.contains(lock))
        close(held)
        _ = try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
    }
}
