import Glibc
import Model
import TestSupport
import Testing

@testable import Images

@Suite("A checksum", .needs("python3"), .hangLimit)
struct ChecksumTests {
    private static let content = randomBytes(200_000)

    @Test("of any algorithm lets the right file through", arguments: ChecksumAlgorithm.allCases)
    func right(algorithm: ChecksumAlgorithm) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(ChecksumTests.content, to: "disk.img")
        let digits = try await checksum(algorithm, path)
        for url in [server.url("once-break/disk.img"), "file://\(path)"] {
            let source = ImageSource(url: url, checksum: .digest(algorithm, digits.uppercased()))
            #expect(try readFile(try await cache.store.fetch(source).path) == ChecksumTests.content)
        }
        #expect(try filesIn(cache.path).contains("\(algorithm.rawValue)-\(digits).img"))
    }

    @Test("that is wrong once is forgiven; the file is downloaded anew")
    func wrongOnce() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(ChecksumTests.content, to: "disk.img")
        let digits = try await checksum(.sha256, path)
        let source = ImageSource(url: server.url("once-wrong/disk.img"), checksum: .digest(.sha256, digits), retries: 0)
        #expect(try readFile(try await cache.store.fetch(source).path) == ChecksumTests.content)
        #expect(try await server.requests(2).map { $0.split(separator: " ")[2] } == ["200", "200"])
    }

    @Test("that is wrong twice is an error that says both, and nothing stays")
    func wrong() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(ChecksumTests.content, to: "disk.img")
        let digits = try await checksum(.sha256, path)
        let wrong = String(digits.reversed())
        let source = ImageSource(url: server.url("plain/disk.img"), checksum: .digest(.sha256, wrong))
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .mismatch)
        #expect(error.detail.contains(digits) && error.detail.contains(wrong))
        #expect(try await server.requests(2).count == 2)
        #expect(try cache.contents.isEmpty)

        let file = ImageSource(url: "file://\(path)", checksum: .digest(.sha256, wrong))
        let other = try await failure { () async throws(ImageError) in try await cache.store.fetch(file) }
        #expect(other.reason == .mismatch)
        #expect(try readFile(path) == ChecksumTests.content, "A user's own file is not deleted.")
    }

    @Test(
        "comes from a list",
        arguments: [
            "HASH  disk.img", "HASH *disk.img", "SHA256 (disk.img) = HASH", "HASH", "HASH\n",
            "# disk.img: 5 bytes\nSHA256 (other.img) = OTHER\nSHA256 (disk.img) = HASH\n-----BEGIN PGP SIGNATURE-----\nabc",
            "OTHER  other.img\r\nHASH  ./images/disk.img\r\n",
            "d41d8cd98f00b204e9800998ecf8427e  disk.img\nHASH  disk.img",
        ])
    func list(text: String) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(ChecksumTests.content, to: "disk.img")
        let digits = try await checksum(.sha256, path)
        let list = text.replacing("HASH", with: digits).replacing("OTHER", with: String(digits.reversed()))
        let listPath = try server.files.write(list, to: "SHA256SUMS")
        for url in [server.url("plain/SHA256SUMS"), "file://\(listPath)"] {
            let source = ImageSource(url: server.url("plain/disk.img"), checksum: .list(url: url))
            #expect(try readFile(try await cache.store.fetch(source).path) == ChecksumTests.content)
        }
        #expect(try filesIn(cache.path).contains("sha256-\(digits).img"))
    }

    @Test(
        "is not guessed from a list that does not say it",
        arguments: [
            ("", .missing), ("HASH  other.img", .missing), ("HASH  disk.img.xz", .missing), ("HASH  disk", .missing),
            ("HASH\nOTHER", .missing), ("HASH  disk.img\nOTHER  disk.img", .missing), ("<html>HASH</html>", .missing),
            ("MD5 (disk.img) = HASH", .missing), ("SHA256 (disk.img) = HASH0", .missing), ("LONG", .unsupported),
            ("OTHER  disk.img", .mismatch),
        ] as [(String, ImageError.Reason)])
    func unclearList(text: String, reason: ImageError.Reason) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(ChecksumTests.content, to: "disk.img")
        let digits = try await checksum(.sha256, path)
        let list = text.replacing("HASH", with: digits).replacing("OTHER", with: String(digits.reversed()))
            .replacing("LONG", with: String(repeating: "\(digits)  disk.img\n", count: 20_000))
        try server.files.write(list, to: "SUMS")
        let source = ImageSource(
            url: server.url("plain/disk.img"), checksum: .list(url: server.url("plain/SUMS")), retries: 0)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == reason, "\(error)")
    }

    @Test(
        "that is none is refused before anything is asked for",
        arguments: ["", "abc", String(repeating: "g", count: 64)])
    func malformed(digits: String) async throws {
        let cache = try Cache()
        let source = ImageSource(url: "http://127.0.0.1:1/x", checksum: .digest(.sha256, digits))
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .unsupported)
    }
}
