import Model

extension Resolver {
    /// Of one item or none; nil, with a diagnostic, where a Secret lacks what it should have.
    mutating func authentication(of document: Document, _ url: String) -> [ImageSource.Authentication]? {
        let path = "source.http.authentication"
        func key(_ name: String, _ fallback: String) -> String {
            document.record.text("\(path).\(name)")?.value ?? fallback
        }
        let ways = ["basicAuth", "bearer", "clientCert"].compactMap { way in
            document.record.reference("\(path).\(way).secretRef").map { (name: way, location: $0.location) }
        }
        if ways.count > 1 {
            problems.add(
                .conflict, at: ways[1].location, address: document.address,
                "\(ways.map { "`\($0.name)`" }.joined(separator: " and ")) are different ways of authentication. Keep one of them."
            )
            return nil
        }
        var found: [ImageSource.Authentication] = []
        if let reference = document.record.reference("\(path).basicAuth.secretRef") {
            guard let user = secret(reference, [key("basicAuth.usernameKey", "username")], document),
                let password = secret(reference, [key("basicAuth.passwordKey", "password")], document)
            else { return nil }
            found.append(.basic(user: user, password: password))
        }
        if let reference = document.record.reference("\(path).bearer.secretRef") {
            guard let token = secret(reference, [key("bearer.tokenKey", "token")], document) else { return nil }
            found.append(.bearer(token))
        }
        if let reference = document.record.reference("\(path).clientCert.secretRef") {
            guard url.hasPrefix("https:") else {
                problems.add(
                    .conflict, at: reference.location, address: document.address,
                    "Only https knows client certificates, and the image's URL begins otherwise.")
                return nil
            }
            guard let certificate = secret(reference, [key("clientCert.certKey", "tls.crt")], document),
                let private_ = secret(reference, [key("clientCert.keyKey", "tls.key")], document)
            else { return nil }
            guard !ImageSource.Authentication.isEncrypted(private_) else {
                problems.add(
                    .invalidValue, at: reference.location, address: document.address,
                    "The key of the client certificate has a passphrase, and there is nobody to give it. Put the key without it into the "
                        + "Secret: `openssl pkey -in tls.key -out plain.key` writes it.")
                return nil
            }
            found.append(.clientCertificate(certificate: certificate, key: private_))
        }
        return found
    }

    /// The first of the keys that the Secret has; nil, with a diagnostic, where it has none of them.
    mutating func secret(_ reference: Found<Reference>, _ keys: [String], _ document: Document) -> Secret? {
        guard let target = find(reference, Kind.secret, from: document) else { return nil }
        let keys = reference.value.key.map { [$0] } ?? keys
        let values = secrets[target.address] ?? [:]
        if let key = keys.first(where: { values[$0] != nil }) { return values[key] }
        let names = keys.map { "`\($0)`" }.joined(separator: ", ")
        problems.add(
            .missingReference, at: reference.location, address: document.address,
            keys.count == 1
                ? "\(target.address) has no key \(names)."
                : "\(target.address) has none of the keys \(names). Say which one it is: `{name: \(reference.value.name), key: …}`."
        )
        return nil
    }
}
