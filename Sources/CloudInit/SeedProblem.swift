import Model

/// What can be wrong with a seed: the stable word for programs, and the summary that goes with it.
enum SeedProblem: String, Sendable, CaseIterable {
    case invalidTemplate = "invalid-template"
    case unknownName = "unknown-template-name"
    case missingValue = "missing-template-value"
    case templateLimit = "template-limit"
    case notText = "user-data-not-text"
    case unknownKind = "unknown-user-data"
    case invalidUserData = "invalid-user-data"
    case invalidMetaData = "invalid-meta-data"
    case duplicateKey = "duplicate-key"
    case tooLarge = "seed-too-large"
    case networkMoved = "seed-network-moved"
    case networkConflict = "seed-network-conflict"
    case invalidNetwork = "invalid-seed-network"
    case diskTaken = "seed-disk-taken"
    case volumeTaken = "seed-volume-taken"

    var summary: String {
        switch self {
        case .invalidTemplate: "A template is not valid"
        case .unknownName: "A template uses a name that does not exist"
        case .missingValue: "A template uses a value that is not there"
        case .templateLimit: "A template does more than is allowed"
        case .notText: "A text is not UTF-8"
        case .unknownKind: "cloud-init would not know what the user data is"
        case .invalidUserData: "User data is not valid"
        case .invalidMetaData: "Metadata is not valid"
        case .duplicateKey: "A key stands twice"
        case .tooLarge: "A seed is too large"
        case .networkMoved: "A network configuration was moved to where cloud-init reads it"
        case .networkConflict: "Two places say what the network is"
        case .invalidNetwork: "A network configuration is not valid"
        case .diskTaken: "A disk has the name of the seed's drive"
        case .volumeTaken: "A volume has the name of the seed's"
        }
    }
}

/// Something wrong with a text, and how to say it.
struct Trouble: Error, Sendable {
    let problem: SeedProblem
    let severity: Diagnostic.Severity
    /// Whole sentences; may quote the text.
    let detail: String
    /// The same without anything of the text, for Secrets.
    let discreet: String

    init(_ problem: SeedProblem, _ detail: String, discreet: String, severity: Diagnostic.Severity = .error) {
        self.problem = problem
        self.severity = severity
        self.detail = detail
        self.discreet = discreet
    }

    /// What quotes nothing.
    init(_ problem: SeedProblem, plain: String, severity: Diagnostic.Severity = .error) {
        self.init(problem, plain, discreet: plain, severity: severity)
    }
}

/// Makes diagnostics about one text of a machine's seed.
struct PartReport {
    let part: SeedSource.Part
    let lines: Lines
    let machine: Address
    /// Where the machine is, for texts that have no place of their own.
    let fallback: SourceLocation?

    /// `offset` is in bytes of the text as the user wrote it.
    func diagnostic(_ trouble: Trouble, at offset: Int?) -> Diagnostic {
        let detail = part.isPublic ? trouble.detail : trouble.discreet
        guard let offset else { return make(trouble, detail, at: part.origin ?? fallback) }
        let position = lines.position(of: offset)
        if part.isPublic, part.isVerbatim, let origin = part.origin {
            let first = lines.position(of: lines.bytes.firstIndex { !$0.isWhitespace } ?? 0)
            let place = SourceLocation(
                file: origin.file, line: Int(origin.line) + position.line - first.line,
                column: max(1, Int(origin.column) + position.column - first.column))
            return make(trouble, detail, at: place)
        }
        let what = part.isPublic ? "the text" : "the Secret's value"
        return make(
            trouble, "In line \(position.line), column \(position.column) of \(what): \(detail)",
            at: part.origin ?? fallback)
    }

    private func make(_ trouble: Trouble, _ detail: String, at location: SourceLocation?) -> Diagnostic {
        Diagnostic(
            trouble.severity, trouble.problem.rawValue, trouble.problem.summary, detail, address: machine, at: location)
    }
}
