import Model

/// One row of the schema: all that is known of a field of a manifest. Decoding, checking, the JSON Schema and the field
/// reference follow from it.
struct Row: Sendable {
    /// Where it stands, from `spec` on: `diskDefaults.size`.
    let path: String
    let type: FieldType
    let isRequired: Bool
    /// What holds where it is left out, as the reference says it.
    let fallback: String?
    /// Other spellings that are taken for it.
    let also: [Spelling]
    let verdict: Verdict
    /// One or two sentences.
    let doc: String
}

/// What becomes of a field's value. No field is dropped in silence.
enum Verdict: Sendable {
    /// It becomes these attributes of resources.
    case attributes([Attribute])
    /// It takes part in resolving: a name, a reference, a switch.
    case used
    /// Accepted, without effect for now: a warning.
    case later
    /// Another hypervisor's: a warning.
    case foreign(String)
    /// Nothing that a command-line tool for libvirt would do differently for it: the reason, and no warning.
    case ignored(String)

    static func feeds(_ attributes: Attribute...) -> Verdict { .attributes(attributes) }
}

/// Another way of writing a field.
struct Spelling: Sendable, ExpressibleByStringLiteral {
    enum Reading: Hashable, Sendable {
        case asIs
        /// A number without a suffix counts these, in bytes.
        case unit(Int64)
        /// `192.0.2.1/24`, of which the field is one half.
        case addressOfCIDR, prefixOfCIDR
        /// A value that is one of several fields, and is told by its form.
        case alternative
    }

    let path: String
    let reading: Reading

    init(_ path: String, _ reading: Reading = .asIs) {
        self.path = path
        self.reading = reading
    }

    init(stringLiteral path: String) { self.init(path) }
}

/// What a field holds.
enum FieldType: Sendable {
    case text(TextRule)
    /// One of some words. They are compared without regard to case.
    case word([Word])
    case flag
    case integer(ClosedRange<Int64>)
    /// Bytes; a number without a suffix counts `unit` of them.
    case quantity(atLeast: Int64, unit: Int64)
    /// Seconds.
    case duration
    /// `{name, namespace}`, or the name alone.
    case reference(String)
    /// A list of texts, or one text with commas.
    case texts(TextRule)
    /// Names of the user's own, with texts.
    case dictionary
    /// A text is a tick policy, a flag whether it is there.
    case timers
    /// Whatever stands there.
    case any
    case list(Scope, atMost: Int)
}

/// A word that a field may hold, and what else is taken for it.
struct Word: Sendable, ExpressibleByStringLiteral {
    let name: String
    let also: [String]

    init(_ name: String, also: String...) {
        self.name = name
        self.also = also
    }

    init(stringLiteral name: String) { self.init(name) }
}

/// Lets rows stand one below the other.
@resultBuilder
enum RowBuilder {
    static func buildExpression(_ row: Row) -> Row { row }
    static func buildBlock(_ rows: Row...) -> [Row] { rows }
}

let bytesPerMiB: Int64 = 1 << 20
let bytesPerGiB: Int64 = 1 << 30
