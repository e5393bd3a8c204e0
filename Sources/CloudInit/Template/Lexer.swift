/// Cuts a template at its braces, as Go's text/template does: comments, trim markers, strings.
///
/// An action that is nothing but a quoted string with one action in it (`{{"{{ .Name }}"}}`, how documentation that is a
/// template itself spells `{{ .Name }}`) is that action. A raw string stays what it is.
struct Lexer {
    private let bytes: [UInt8]
    /// Where `bytes` begin in the template; where they came out of a string with escapes, the place of all of them.
    private let base: Int
    private let isFixed: Bool
    private let unwraps: Bool
    private var index = 0
    private(set) var pieces: [Piece] = []
    private(set) var faults: [TemplateFault] = []

    init(_ bytes: [UInt8]) { self.init(bytes, base: 0, isFixed: false, unwraps: true) }

    private init(_ bytes: [UInt8], base: Int, isFixed: Bool, unwraps: Bool) {
        self.bytes = bytes
        self.base = base
        self.isFixed = isFixed
        self.unwraps = unwraps
    }

    mutating func run() {
        var trims = false
        while index < bytes.count {
            let open = firstOffset(of: Array("{{".utf8), in: bytes, from: index)
            let text = index..<(open ?? bytes.count)
            guard let open else {
                emit(text, trimsStart: trims, trimsEnd: false)
                return
            }
            let opening = opening(at: open)
            index = opening.end
            do throws(TemplateFault) {
                if try skipComment(from: open) {
                    emit(text, trimsStart: trims, trimsEnd: opening.trims)
                    trims = try close(from: open)
                } else {
                    let tokens = try tokens(from: open)
                    let closes = try close(from: open)
                    let inner = unwrapped(tokens)
                    emit(text, trimsStart: trims, trimsEnd: opening.trims || inner?.trimsBefore == true)
                    pieces.append(inner?.piece ?? .action(tokens, offset: place(open), isBroken: false))
                    trims = closes || inner?.trimsAfter == true
                }
            } catch {
                faults.append(error)
                guard faults.count < templateFaultLimit else { return }
                emit(text, trimsStart: trims, trimsEnd: false)
                pieces.append(.action(partial, offset: place(open), isBroken: true))
                trims = false
                // What follows is read on, so that all mistakes are found at once.
                guard let end = firstOffset(of: Array("}}".utf8), in: bytes, from: index) else { return }
                index = end + 2
            }
        }
    }

    /// The tokens of the action that is being read.
    private var partial: [Token] = []

    private func place(_ offset: Int) -> Int { isFixed ? base : base + offset }

    private func fault(_ detail: String, discreet: String? = nil, at offset: Int) -> TemplateFault {
        .syntax(detail, discreet: discreet, at: place(offset))
    }

    private mutating func emit(_ range: Range<Int>, trimsStart: Bool, trimsEnd: Bool) {
        var (start, end) = (range.lowerBound, range.upperBound)
        if trimsStart { while start < end, bytes[start].isWhitespace { start += 1 } }
        if trimsEnd { while end > start, bytes[end - 1].isWhitespace { end -= 1 } }
        if start < end { pieces.append(.text(start..<end)) }
    }

    private func opening(at open: Int) -> (end: Int, trims: Bool) {
        let trims = bytes.hasBytes("-", at: open + 2) && open + 3 < bytes.count && bytes[open + 3].isWhitespace
        return (open + (trims ? 3 : 2), trims)
    }

    private mutating func skipComment(from open: Int) throws(TemplateFault) -> Bool {
        var start = index
        while start < bytes.count, bytes[start].isWhitespace { start += 1 }
        guard bytes.hasBytes("/*", at: start) else { return false }
        guard let end = firstOffset(of: Array("*/".utf8), in: bytes, from: start + 2) else {
            index = bytes.count
            throw fault("This comment never ends: `*/}}` is missing.", at: open)
        }
        index = end + 2
        return true
    }

    /// Takes the closing braces; true where they trim what follows.
    private mutating func close(from open: Int) throws(TemplateFault) -> Bool {
        var end = index
        while end < bytes.count, bytes[end].isWhitespace { end += 1 }
        if end > index, bytes.hasBytes("-}}", at: end) {
            index = end + 3
            return true
        }
        guard bytes.hasBytes("}}", at: end) else {
            throw fault("`}}` must stand right behind the end of a comment.", at: index)
        }
        index = end + 2
        return false
    }

    private mutating func tokens(from open: Int) throws(TemplateFault) -> [Token] {
        partial = []
        while true {
            let start = index
            while index < bytes.count, bytes[index].isWhitespace { index += 1 }
            let isApart = index > start
            guard index < bytes.count else {
                throw fault("This action never ends: `}}` is missing.", at: open)
            }
            if bytes.hasBytes("}}", at: index) || (isApart && bytes.hasBytes("-}}", at: index)) {
                index = start
                return partial
            }
            let first = index
            if !isApart, let fault = dashFault(at: first) { throw fault }
            let scanner = TokenScanner(bytes: bytes, start: index)
            do throws(TokenScanner.Failure) {
                let (kind, end) = try scanner.scan()
                index = end
                partial.append(Token(kind: kind, offset: place(first), isApart: isApart))
            } catch {
                index = error.end
                throw fault(error.detail, discreet: error.discreet, at: first)
            }
        }
    }

    /// A dash within a name, as labels have them: a template has none there, and `index` for those who need it.
    private mutating func dashFault(at start: Int) -> TemplateFault? {
        guard bytes[start] == UInt8(ascii: "-"), case .field? = partial.last?.kind else { return nil }
        var end = start
        while end < bytes.count, bytes[end].isNameByte || "-./".utf8.contains(bytes[end]) { end += 1 }
        index = end
        var names: [String] = []
        for token in partial.reversed() {
            guard case .field(let name) = token.kind else { break }
            names.insert(name, at: 0)
            if token.isApart { break }
        }
        let key = (names.popLast() ?? "") + String(decoding: bytes[start..<end], as: UTF8.self)
        guard key.last != "-" else {
            return fault("Before `-}}` must stand a space.", at: start)
        }
        return fault(
            "A name in a template has no dash. Write `index \(names.isEmpty ? "." : names.map { ".\($0)" }.joined()) \"\(key)\"`.",
            discreet: "A name in a template has no dash. Write `index .Labels \"…\"` for such a one.", at: start)
    }

    /// What the only string of an action stands for, where it is one action.
    private func unwrapped(_ tokens: [Token]) -> (piece: Piece, trimsBefore: Bool, trimsAfter: Bool)? {
        guard unwraps, tokens.count == 1, case .string(let text) = tokens[0].kind, !isFixed else { return nil }
        let start = tokens[0].offset - base
        guard bytes[start] == UInt8(ascii: "\"") else { return nil }
        let inner = Array(text.utf8)
        guard inner.hasBytes("{{", at: 0), inner.hasBytes("}}", at: inner.count - 2), inner.count >= 4 else {
            return nil
        }
        let hasEscapes = !bytes.dropFirst(start + 1).starts(with: inner)
        var lexer = Lexer(
            inner, base: hasEscapes ? place(start) : place(start + 1), isFixed: hasEscapes, unwraps: false)
        let opening = lexer.opening(at: 0)
        lexer.index = opening.end
        guard (try? lexer.skipComment(from: 0)) == false, let tokens = try? lexer.tokens(from: 0),
            let trims = try? lexer.close(from: 0), lexer.index == inner.count
        else { return nil }
        return (.action(tokens, offset: lexer.place(0), isBroken: false), opening.trims, trims)
    }
}

/// As many mistakes of one text are reported; more are not read.
let templateFaultLimit = 20
