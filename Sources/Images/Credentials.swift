import Model

/// What a server is told about who asks. It is for one origin alone (RFC 6454: scheme, host and port); whoever else a
/// redirection or a file of checksums leads to does not get it.
struct Credentials: Sendable {
    let authentication: ImageSource.Authentication?
    let headers: [ImageSource.Header]
    private let origin: String

    init(_ source: ImageSource, for url: ImageURL) throws(ImageError) {
        authentication = source.authentication ?? url.basicAuthentication
        headers = source.headers
        origin = url.origin
        if let mistake = headers.lazy.compactMap(\.mistake).first {
            throw ImageError(.unsupported, printable(mistake))
        }
        switch authentication {
        case nil: break
        case .basic(let user, let password): try Credentials.check([user, password])
        case .bearer(let token): try Credentials.check([token])
        case .clientCertificate(_, let key):
            guard !ImageSource.Authentication.isEncrypted(key) else {
                throw ImageError(
                    .unsupported,
                    "The key of its client certificate has a passphrase, and there is nobody to give it. Put the key without it into the "
                        + "Secret.", command: "openssl pkey -in tls.key -out plain.key")
            }
            guard url.scheme == "https" else {
                throw ImageError(
                    .unsupported, "\(url.shown) is to be asked for with a client certificate. Only https knows those.")
            }
        }
    }

    /// Those that stand in a URL itself.
    init(in url: ImageURL) {
        authentication = url.basicAuthentication
        headers = []
        origin = url.origin
    }

    var isEmpty: Bool { authentication == nil && headers.isEmpty }

    func areFor(_ url: ImageURL) -> Bool { origin == url.origin }

    private static func check(_ secrets: [Secret]) throws(ImageError) {
        for secret in secrets where secret.reveal({ $0.contains { $0 == 0 || $0 == 10 || $0 == 13 } }) {
            throw ImageError(
                .unsupported,
                "A user name, password or token for it has more than one line. Perhaps a line feed slipped into the "
                    + "Secret.")
        }
    }
}

extension ImageURL {
    fileprivate var basicAuthentication: ImageSource.Authentication? {
        user == nil && password == nil ? nil : .basic(user: user ?? Secret(""), password: password ?? Secret(""))
    }
}
