import Model

/// A name that a manifest refers to, with its namespace and key where they are given.
struct Reference: Hashable, Sendable {
    let name: String
    let namespace: String?
    let key: String?
}

/// The value of a field, as its row reads it.
enum Datum: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case flag(Bool)
    case texts([String])
    case pairs([Pair])
    case reference(Reference)
    case records([Record])
    /// Of a field that nothing reads.
    case present
}

/// An entry of a dictionary that the user names.
struct Pair: Hashable, Sendable {
    let key: String
    let value: Value
    let line: Int32
    let column: Int32
}

/// A value with the place that it comes from.
struct Found<Content> {
    let value: Content
    let location: SourceLocation
}

/// What a document, or an item of a list, says: the fields that are there, checked.
struct Record: Hashable, Sendable {
    struct Cell: Hashable, Sendable {
        let slot: Int
        let datum: Datum
        let line: Int32
        let column: Int32
        /// A text whose lines are those of the file.
        let isLiteral: Bool
    }

    let scope: Scope
    let file: String
    let line: Int32
    let column: Int32
    var cells: [Cell] = []
    /// Rows that are there with a value that is not valid, which was said.
    var rejected: [Int] = []

    var location: SourceLocation { SourceLocation(file: file, line: Int(line), column: Int(column)) }

    func text(_ path: String) -> Found<String>? {
        find(path) { if case .text(let text) = $0 { text } else { nil } }
    }

    func integer(_ path: String) -> Found<Int64>? {
        find(path) { if case .integer(let number) = $0 { number } else { nil } }
    }

    func flag(_ path: String) -> Found<Bool>? {
        find(path) { if case .flag(let flag) = $0 { flag } else { nil } }
    }

    func reference(_ path: String) -> Found<Reference>? {
        find(path) { if case .reference(let reference) = $0 { reference } else { nil } }
    }

    func texts(_ path: String) -> Found<[String]>? {
        find(path) { if case .texts(let texts) = $0 { texts } else { nil } }
    }

    func pairs(_ path: String) -> [Pair] {
        find(path) { if case .pairs(let pairs) = $0 { pairs } else { nil } }?.value ?? []
    }

    func records(_ path: String) -> [Record] {
        find(path) { if case .records(let records) = $0 { records } else { nil } }?.value ?? []
    }

    /// Whether the lines of a text are lines of the file.
    func isLiteral(_ path: String) -> Bool { cell(scope.slot(path))?.isLiteral ?? false }

    /// Whether a field was there with a value that is not valid, which has been said.
    func isRejected(_ path: String) -> Bool { rejected.contains(scope.slot(path)) }

    func cell(_ slot: Int) -> Cell? { cells.first { $0.slot == slot } }

    func location(of line: Int32, _ column: Int32) -> SourceLocation {
        SourceLocation(file: file, line: Int(line), column: Int(column))
    }

    private func find<Content>(_ path: String, _ read: (Datum) -> Content?) -> Found<Content>? {
        guard let cell = cell(scope.slot(path)), let value = read(cell.datum) else { return nil }
        return Found(value: value, location: location(of: cell.line, cell.column))
    }

    static func == (left: Record, right: Record) -> Bool { left.scope === right.scope && left.cells == right.cells }

    func hash(into hasher: inout Hasher) { hasher.combine(cells) }
}
