import Model

/// What can be wrong with manifests: the stable word for programs, and the summary that goes with it.
package enum ProblemCode: String, Sendable, CaseIterable {
    // the source
    case unreadable = "unreadable-source"
    case noManifests = "no-manifests"
    case linkOutside = "link-outside"
    case tooLarge = "too-large"
    // YAML
    case invalidYAML = "invalid-yaml"
    case tooDeep = "too-deep"
    case tooManyAliases = "too-many-aliases"
    case notFetched = "not-fetched"
    case duplicateKey = "duplicate-key"
    // a document
    case foreignDocument = "foreign-document"
    case unsupportedKind = "unsupported-kind"
    case unknownKind = "unknown-kind"
    case invalidName = "invalid-name"
    case unknownField = "unknown-field"
    case missingField = "missing-field"
    case wrongType = "wrong-type"
    case invalidValue = "invalid-value"
    case conflictingSpellings = "conflicting-spellings"
    case notHonoured = "not-honoured-yet"
    case otherHypervisor = "other-hypervisor"
    case unknownAnnotation = "unknown-annotation"
    // across documents
    case duplicateDocument = "duplicate-document"
    case missingReference = "missing-reference"
    case ambiguousProvider = "ambiguous-provider"
    case unsupportedProvider = "unsupported-provider"
    case credentials = "credentials"
    case defaulted = "defaulted"
    case duplicateName = "duplicate-name"
    case nameTaken = "name-taken"
    case claimedTwice = "claimed-twice"
    case cycle = "cycle"
    case conflict = "conflicting-fields"
    case topology = "topology-mismatch"
    case unsupportedImage = "unsupported-image"
    case invalidNetwork = "invalid-network"

    package var summary: String {
        switch self {
        case .unreadable: "The manifests could not be read"
        case .noManifests: "There are no manifests"
        case .linkOutside: "A symbolic link leads out of the directory"
        case .tooLarge: "There is more than is read"
        case .invalidYAML: "The file is not valid YAML"
        case .tooDeep: "The file is nested too deeply"
        case .tooManyAliases: "The file's aliases stand for too much"
        case .notFetched: "The file is a pointer of Git LFS"
        case .duplicateKey: "A key stands twice"
        case .foreignDocument: "A document is not for rigaud"
        case .unsupportedKind: "A kind is not supported yet"
        case .unknownKind: "There is no such kind"
        case .invalidName: "A name is not valid"
        case .unknownField: "There is no such field"
        case .missingField: "A field is missing"
        case .wrongType: "A field has a value of the wrong kind"
        case .invalidValue: "A field has a value that is not valid"
        case .conflictingSpellings: "Two spellings of a field disagree"
        case .notHonoured: "A field has no effect yet"
        case .otherHypervisor: "A field is for another hypervisor"
        case .unknownAnnotation: "There is no such annotation"
        case .duplicateDocument: "A document stands twice"
        case .missingReference: "What is referred to is not there"
        case .ambiguousProvider: "It is not clear which host is meant"
        case .unsupportedProvider: "A provider is not libvirt"
        case .credentials: "Credentials are not used"
        case .defaulted: "A default was taken"
        case .duplicateName: "A name stands twice in a list"
        case .nameTaken: "Two resources have the same name on a host"
        case .claimedTwice: "Two resources want the same thing of a host"
        case .cycle: "Resources need each other"
        case .conflict: "Fields contradict each other"
        case .topology: "The processor topology does not fit"
        case .unsupportedImage: "An image cannot be used"
        case .invalidNetwork: "A network is not valid"
        }
    }
}

/// Everything found wrong so far. Reading never stops at the first.
struct Problems {
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var hasErrors = false

    mutating func add(
        _ code: ProblemCode, _ severity: Diagnostic.Severity = .error, at location: SourceLocation?,
        address: Address? = nil, _ detail: String
    ) {
        if severity == .error { hasErrors = true }
        diagnostics.append(
            Diagnostic(severity, code.rawValue, code.summary, detail, address: address, at: location))
    }

    mutating func add(_ code: ProblemCode, file: String, _ detail: String) {
        add(code, at: SourceLocation(file: file, line: 1), detail)
    }

    /// In the order of their places, those that are equal once.
    func sorted() -> [Diagnostic] {
        var order = diagnostics.enumerated().sorted { left, right in
            switch (left.element.location, right.element.location) {
            case (let first?, let second?) where first != second: first < second
            case (nil, .some): true
            case (.some, nil): false
            default: left.offset < right.offset
            }
        }
        .map(\.element)
        var seen: Set<Diagnostic> = []
        order.removeAll { !seen.insert($0).inserted }
        return order
    }
}
