/// Where an image's bytes come from, and what they are to be on a host.
///
/// It is kept beside the resource and not among its attributes, since there are secrets in it.
package struct ImageSource: Hashable, Sendable {
    /// `http`, `https` or `file`; a file is one of the machine that rigaud runs on.
    package var url: String
    package var checksum: Checksum?
    /// What the volume is to be: `qcow2`, `raw` or `iso`. What comes is recognised by its content.
    package var format: String
    package var headers: [Header]
    package var authentication: Authentication?
    /// Seconds that the download may take in all.
    package var timeout: Int
    /// Attempts after the first one failed.
    package var retries: Int
    /// Neither what is in the cache nor what a host has of it is taken.
    package var force: Bool

    package init(
        url: String, checksum: Checksum? = nil, format: String = "qcow2", headers: [Header] = [],
        authentication: Authentication? = nil, timeout: Int = 1800, retries: Int = 3, force: Bool = false
    ) {
        self.url = url
        self.checksum = checksum
        self.format = format
        self.headers = headers
        self.authentication = authentication
        self.timeout = timeout
        self.retries = retries
        self.force = force
    }

    package enum Checksum: Hashable, Sendable {
        /// Lower-case hexadecimal digits, as many as the algorithm has.
        case digest(ChecksumAlgorithm, String)
        /// A file that lists digests, such as `SHA256SUMS`; the algorithm is told by the length of what it says.
        case list(url: String)
    }

    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: Secret

        package init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }

        /// What a download itself says to a server, in lower case.
        package static let reserved: Set<String> = [
            "range", "if-range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since",
            "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade",
        ]

        /// Why it cannot be sent, as a sentence; nil where it can.
        package var mistake: String? {
            let token = name.prefix(while: Header.isOfName)
            guard !token.isEmpty, token.endIndex == name.endIndex else {
                // What is behind may be the value.
                return "`\(token)...` cannot be the name of a header: letters, digits and dashes make one."
            }
            if Header.reserved.contains(name.lowercased()) {
                return "The header `\(name)` is set by the download itself. Leave it out."
            }
            guard value.reveal({ $0.contains { $0 == 0 || $0 == 10 || $0 == 13 } }) else { return nil }
            return "The value of the header `\(name)` has more than one line."
        }

        /// RFC 9110 section 5.6.2.
        private static func isOfName(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
        }
    }

    package enum Authentication: Hashable, Sendable {
        case basic(user: Secret, password: Secret)
        case bearer(Secret)
        /// PEM; the key without a passphrase.
        case clientCertificate(certificate: Secret, key: Secret)

        /// Whether a key can be read by nobody who has not its passphrase: RFC 5958 section 3, and RFC 1421 section 4.6.1.1.
        package static func isEncrypted(_ key: Secret) -> Bool {
            key.reveal { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                return text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED")
            }
        }
    }
}

package enum ChecksumAlgorithm: String, Hashable, Sendable, CaseIterable {
    case md5, sha1, sha256, sha512

    /// Hexadecimal digits of a digest.
    package var digits: Int {
        switch self {
        case .md5: 32
        case .sha1: 40
        case .sha256: 64
        case .sha512: 128
        }
    }
}

/// What a disk image's content was found to be.
package enum ImageFormat: String, Hashable, Sendable, CaseIterable {
    case qcow2, raw, vmdk, vdi, vhdx, iso
    /// Microsoft's VHD, which QEMU and libvirt call after Virtual PC.
    case vpc
}

/// An image as it lies on the machine that rigaud runs on, ready to be uploaded.
package struct LocalImage: Hashable, Sendable {
    package let path: String
    package let format: ImageFormat
    /// Bytes of the file. Holes count.
    package let length: Int64
    /// Bytes of the disk that a guest sees.
    package let capacity: Int64
    /// There are secrets in it: the volume is for its owner alone.
    package let isPrivate: Bool

    package init(path: String, format: ImageFormat, length: Int64, capacity: Int64, isPrivate: Bool = false) {
        self.path = path
        self.format = format
        self.length = length
        self.capacity = capacity
        self.isPrivate = isPrivate
    }
}
