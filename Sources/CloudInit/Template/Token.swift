/// A word of an action.
struct Token: Sendable {
    enum Kind: Hashable, Sendable {
        case identifier(String)
        /// `.Name`, without its dot.
        case field(String)
        /// `$x`, without its dollar sign; `$` alone, which is the data, is empty.
        case variable(String)
        case dot
        case string(String)
        case integer(Int)
        case number(Double)
        case boolean(Bool)
        case open, close, pipe, comma, declare, assign
    }

    let kind: Kind
    /// Bytes from the beginning of the template.
    let offset: Int
    /// Whitespace stands before it.
    let isApart: Bool
}

/// A template cut at its braces.
enum Piece: Sendable {
    /// Trimmed already.
    case text(Range<Int>)
    /// What stands between a pair of braces. A broken one ends before what is wrong with it, which has been reported.
    case action([Token], offset: Int, isBroken: Bool)
}

/// Something wrong at a place of a template; the offset is in bytes.
struct TemplateFault: Error, Sendable {
    let trouble: Trouble
    let offset: Int

    init(_ trouble: Trouble, at offset: Int) {
        self.trouble = trouble
        self.offset = offset
    }

    static func syntax(_ detail: String, discreet: String? = nil, at offset: Int) -> TemplateFault {
        TemplateFault(Trouble(.invalidTemplate, detail, discreet: discreet ?? detail), at: offset)
    }
}
