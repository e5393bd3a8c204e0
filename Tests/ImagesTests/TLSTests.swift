import Glibc
import Images
import Model
import TestSupport
import Testing

@Suite("Over TLS", .needs("python3", "openssl"), .hangLimit)
struct TLSTests {
    @Test("a server is believed by its authority, and believes a client by its certificate")
    func clientCertificate() async throws {
        let authority = try await Authority()
        let server = try await ImageServer(tls: authority.tls(needsClients: true))
        let content = randomBytes(200_000)
        try server.files.write(content, to: "disk.img")
        var cache = try Cache()
        cache.settings.authorities = try readFile(authority.path("ca.pem"))
        var source = ImageSource(url: server.url("once-break/disk.img"), retries: 1)
        let without = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(without.reason == .denied, "\(without)")
        #expect(without.detail.contains("It asks for a client certificate, and none is given for it."), "\(without)")

        let (certificate, key) = (
            try readFile(authority.path("client.pem")), try readFile(authority.path("client.key"))
        )
        source.authentication = .clientCertificate(certificate: Secret(certificate), key: Secret("rubbish"))
        let rubbish = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(rubbish.reason == .denied, "\(rubbish)")
        #expect(!rubbish.detail.contains("rubbish"))

        let others = try await Authority()
        source.authentication = .clientCertificate(
            certificate: Secret(try readFile(others.path("client.pem"))),
            key: Secret(try readFile(others.path("client.key"))))
        let stranger = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(stranger.reason == .denied, "\(stranger)")

        source.authentication = .clientCertificate(certificate: Secret(certificate), key: Secret(key))
        #expect(try readFile(try await cache.store.fetch(source).path) == content)
    }

    /// libcurl would ask at the terminal, or end the process.
    @Test("a key with a passphrase is refused, and asked for nowhere", arguments: ["pkcs8", "traditional"])
    func passphrase(form: String) async throws {
        let authority = try await Authority()
        let server = try await ImageServer(tls: authority.tls(needsClients: true))
        try server.files.write(randomBytes(1000), to: "disk.img")
        var cache = try Cache()
        cache.settings.authorities = try readFile(authority.path("ca.pem"))
        let (certificate, key) = (
            try readFile(authority.path("client.pem")), try readFile(authority.path("client-\(form).key"))
        )
        let source = ImageSource(
            url: server.url("plain/disk.img"),
            authentication: .clientCertificate(certificate: Secret(certificate), key: Secret(key)), retries: 0)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .unsupported && error.detail.contains("passphrase"), "\(error)")
    }

    /// However it is written, so that nobody sees it beforehand.
    @Test("a key that only libcurl finds to have a passphrase is of no use")
    func hiddenPassphrase() async throws {
        let authority = try await Authority()
        let server = try await ImageServer(tls: authority.tls(needsClients: true))
        var cache = try Cache()
        cache.settings.authorities = try readFile(authority.path("ca.pem"))
        let key = String(decoding: try readFile(authority.path("client-traditional.key")), as: UTF8.self)
        let source = ImageSource(
            url: server.url("plain/disk.img"),
            authentication: .clientCertificate(
                certificate: Secret(try readFile(authority.path("client.pem"))),
                key: Secret(key.replacing("Proc-Type: 4,ENCRYPTED", with: "Proc-Type:  4,ENCRYPTED"))), retries: 0)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .denied, "\(error)")
    }

    @Test("a server that nobody vouches for is not believed, and not asked twice")
    func stranger() async throws {
        let authority = try await Authority()
        let server = try await ImageServer(tls: authority.tls(needsClients: false))
        try server.files.write(randomBytes(1000), to: "disk.img")
        let cache = try Cache()
        let error = try await failure { () async throws(ImageError) in
            try await cache.store.fetch(ImageSource(url: server.url("plain/disk.img")))
        }
        #expect(error.reason == .denied, "\(error)")
        #expect(!error.detail.contains("times"))
    }

    @Test("credentials are not led to where nothing is encrypted")
    func downgrade() async throws {
        let authority = try await Authority()
        let server = try await ImageServer(tls: authority.tls(needsClients: false))
        var cache = try Cache()
        cache.settings.authorities = try readFile(authority.path("ca.pem"))
        var source = ImageSource(
            url: server.url("to-http/disk.img"), authentication: .bearer(Secret("word")), retries: 0)
        let refused = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(refused.reason == .unsupported && refused.detail.contains("not encrypted"), "\(refused)")
        source.authentication = nil
        let followed = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(followed.reason == .unreachable, "\(followed)")
    }
}

/// Keys and certificates of the test's own: an authority, a server on loopback, a client.
private struct Authority {
    private let scratch: ScratchDirectory

    init() async throws {
        scratch = try ScratchDirectory()
        let script = """
            set -e
            cd "$0"
            key() { openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"; }
            key ca
            openssl req -x509 -new -key ca.key -subj /CN=authority -days 2 -out ca.pem
            for name in server client; do
                key $name
                openssl req -new -key $name.key -subj /CN=$name -out $name.csr
                echo subjectAltName=IP:127.0.0.1 >$name.ext
                openssl pkcs8 -topk8 -in $name.key -passout pass:word -out $name-pkcs8.key
                openssl ec -in $name.key -aes128 -passout pass:word -out $name-traditional.key
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
            done
            """
        let result = try await runProcess("bash", ["-c", script, scratch.path])
        try #require(result.exitStatus == 0, "\(result)")
    }

    func path(_ name: String) -> String { scratch.path(name) }

    func tls(needsClients: Bool) -> ImageServer.TLS {
        .init(certificate: path("server.pem"), key: path("server.key"), clients: needsClients ? path("ca.pem") : nil)
    }
}
