/// What a part of user data is, as cloud-init tells by its beginning (its reference, "User-data formats").
enum UserDataKind: String, CaseIterable, Sendable {
    case cloudConfigArchive = "#cloud-config-archive"
    case cloudConfigPatch = "#cloud-config-jsonp"
    case cloudConfig = "#cloud-config"
    case script = "#!"
    case includeOnce = "#include-once"
    case include = "#include"
    case boothook = "#cloud-boothook"
    case partHandler = "#part-handler"
    case upstartJob = "#upstart-job"
    case jinja = "## template: jinja"
    case multipart = "Content-Type: multipart"
    case message = "MIME-Version:"
    /// Recognised by its first two bytes.
    case gzip

    /// Cloud-init looks past white space and capitals; where a word ends must be seen, so that a mistyped one is not taken for another.
    init?(of bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
            return
        }
        let start = bytes.drop { $0.isWhitespace }
        let found = UserDataKind.allCases.first { kind in
            guard kind != .gzip else { return false }
            let first = Array(kind.rawValue.lowercased().utf8)
            guard start.prefix(first.count).map(\.lowercased) == first else { return false }
            guard kind.endsAsWord, let next = start.dropFirst(first.count).first else { return true }
            return !next.isNameByte && next != UInt8(ascii: "-")
        }
        guard let found else { return nil }
        self = found
    }

    private var endsAsWord: Bool {
        switch self {
        case .cloudConfig, .cloudConfigArchive, .cloudConfigPatch, .include, .includeOnce, .boothook, .partHandler,
            .upstartJob:
            true
        case .script, .jinja, .multipart, .message, .gzip: false
        }
    }

    /// Of its part in a multipart; nil for what brings its own headers.
    var contentType: String? {
        switch self {
        case .cloudConfig: "text/cloud-config"
        case .cloudConfigArchive: "text/cloud-config-archive"
        case .cloudConfigPatch: "text/cloud-config-jsonp"
        case .script: "text/x-shellscript"
        case .include: "text/x-include-url"
        case .includeOnce: "text/x-include-once-url"
        case .boothook: "text/cloud-boothook"
        case .partHandler: "text/part-handler"
        case .upstartJob: "text/upstart-job"
        case .jinja: "text/jinja2"
        case .gzip: "application/gzip"
        case .multipart, .message: nil
        }
    }

    /// The first lines that there are, for a message.
    static let firstLines = allCases.filter { $0 != .gzip }.map { "`\($0.rawValue)`" }.joined(separator: ", ")
}
