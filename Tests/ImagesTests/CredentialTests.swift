import Glibc
import Model
import TestSupport
import Testing

@testable import Images

@Suite("Credentials", .needs("python3"), .hangLimit)
struct CredentialTests {
    private static let content = randomBytes(100_000)
    private static let secrets = ["open sesame", "open-sesame", "open%20sesame", "reader"]

    @Test(
        "are told to the host that they are for",
        arguments: [
            ("basic", .basic(user: Secret("reader"), password: Secret("open sesame")), [], ""),
            ("basic", nil, [], "reader:open%20sesame@"),
            ("bearer", .bearer(Secret("open-sesame")), [], ""),
            ("token", nil, [.init(name: "X-Token", value: Secret("open sesame"))], ""),
        ] as [(String, ImageSource.Authentication?, [ImageSource.Header], String)])
    func told(
        behaviour: String, authentication: ImageSource.Authentication?, headers: [ImageSource.Header], login: String
    ) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(CredentialTests.content, to: "disk.img")
        try server.files.write("\(try await checksum(.sha256, path))  disk.img", to: "SUMS")
        let source = ImageSource(
            url: server.url("\(behaviour)/disk.img", login: login),
            checksum: .list(url: server.url("\(behaviour)/SUMS")),
            headers: headers, authentication: authentication)
        #expect(try readFile(try await cache.store.fetch(source).path) == CredentialTests.content)

        // To another host, and to a port that is another's, they are not.
        let other = ImageSource(
            url: server.url("to-other/disk.img", login: login), headers: headers, authentication: authentication)
        _ = try await cache.store.fetch(other)
        let request = try #require(try await server.requests(4).last)
        #expect(request.contains("/plain/disk.img 200"))
        #expect(!request.contains("Authorization") && !request.contains("X-Token"))

        let second = try await ImageServer(isApart: true)
        try second.files.write("\(try await checksum(.sha256, path))  disk.img", to: "SUMS")
        let apart = ImageSource(
            url: server.url("\(behaviour)/disk.img", login: login), checksum: .list(url: second.url("plain/SUMS")),
            headers: headers, authentication: authentication)
        _ = try await cache.store.fetch(apart)
        #expect(try await second.requests(1) == ["GET /plain/SUMS 200"])
    }

    @Test("that are wrong are not repeated in the message, nor is what is in a URL")
    func masked() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(CredentialTests.content, to: "disk.img")
        for path in [
            "403/disk.img", "404/disk.img", "500/disk.img", "to-file/disk.img", "round/disk.img",
            "418/x?sig=open-sesame",
        ] {
            let url = server.url(path, login: "reader:open%20sesame@")
            let source = ImageSource(
                url: url, headers: [.init(name: "X-Token", value: Secret("open-sesame"))],
                authentication: .bearer(Secret("open-sesame")), retries: 0)
            let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
            for secret in CredentialTests.secrets { #expect(!"\(error)".contains(secret), "\(error)") }
        }
        for name in try filesIn(cache.path) {
            let text = String(decoding: try readFile("\(cache.path)/\(name)"), as: UTF8.self)
            for secret in CredentialTests.secrets { #expect(!text.contains(secret) && !name.contains(secret)) }
        }
    }

    @Test(
        "that would change the request are refused",
        arguments: [
            .init(name: "X-Token", value: Secret("a\r\nRange: bytes=0-1")), .init(name: "X Token", value: Secret("a")),
            .init(name: "", value: Secret("a")), .init(name: "X-Token:", value: Secret("a")),
            .init(name: "Range", value: Secret("bytes=0-1")), .init(name: "if-NONE-match", value: Secret("*")),
            .init(name: "X-Token", value: Secret([0x61, 0, 0x62])),
        ] as [ImageSource.Header])
    func injected(header: ImageSource.Header) async throws {
        let cache = try Cache()
        let source = ImageSource(url: "http://127.0.0.1:1/x", headers: [header])
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .unsupported)
        #expect(!error.detail.contains("bytes="))
    }

    @Test("of more lines than one, and certificates without https, are refused")
    func unusable() async throws {
        let cache = try Cache()
        for authentication in [
            .basic(user: Secret("a"), password: Secret("b\n")), .bearer(Secret("a\r\nb")),
            .clientCertificate(certificate: Secret("x"), key: Secret("y")),
        ] as [ImageSource.Authentication] {
            let source = ImageSource(url: "http://127.0.0.1:1/x", authentication: authentication)
            let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
            #expect(error.reason == .unsupported)
        }
    }
}

@Suite("A URL")
struct ImageURLTests {
    @Test(
        "is shown without its secrets",
        arguments: [
            ("https://example.org/a/b.img", "https://example.org/a/b.img", "b.img"),
            ("https://me:word@example.org/b%20c.img", "https://example.org/b%20c.img", "b c.img"),
            ("https://me@example.org:8443/b.img#x", "https://example.org:8443/b.img", "b.img"),
            ("https://example.org/b.img?key=word&x=1", "https://example.org/b.img?...", "b.img"),
            ("HTTP://example.org", "http://example.org/", ""),
            ("file:///srv/b.img", "file:///srv/b.img", "b.img"),
            ("http://example.org/a%1bb", "http://example.org/a%1bb", ""),
        ])
    func shown(text: String, shown: String, name: String) throws {
        guard !text.contains("%1b") else {
            #expect(throws: ImageError.self) { try ImageURL(text) }
            return
        }
        let url = try ImageURL(text)
        #expect(url.shown == shown)
        #expect(url.fileName == name)
        #expect(!url.text.contains("word") || url.text.contains("?"))
    }

    @Test(
        "of another kind, or of no kind, is refused and not repeated",
        arguments: [
            "", "disk.img", "/srv/disk.img", "ftp://me:word@example.org/x", "scp://me:word@example.org/x",
            "http://me:word@exa mple.org/x", "http://me:word@[::1/x", "gopher://example.org/word", "javascript:word",
            "file://elsewhere/word", "http://" + String(repeating: "word", count: 10_000),
        ])
    func refused(text: String) throws {
        let error = #expect(throws: ImageError.self) { try ImageURL(text) }
        #expect(error?.reason == .unsupported)
        #expect(error?.detail.contains("word") == false)
    }
}
