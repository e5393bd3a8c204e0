/// Reads one token of an action.
struct TokenScanner {
    struct Failure: Error {
        let detail: String
        var discreet: String?
        /// Where reading goes on.
        let end: Int
    }

    let bytes: [UInt8]
    let start: Int

    func scan() throws(Failure) -> (Token.Kind, end: Int) {
        switch bytes[start] {
        case UInt8(ascii: "("): return (.open, start + 1)
        case UInt8(ascii: ")"): return (.close, start + 1)
        case UInt8(ascii: "|"): return (.pipe, start + 1)
        case UInt8(ascii: ","): return (.comma, start + 1)
        case UInt8(ascii: "="): return (.assign, start + 1)
        case UInt8(ascii: ":") where bytes.hasBytes(":=", at: start): return (.declare, start + 2)
        case UInt8(ascii: "\""): return try quoted()
        case UInt8(ascii: "'"): return try character()
        case UInt8(ascii: "`"): return try raw()
        case UInt8(ascii: "$"):
            let end = nameEnd(from: start + 1)
            return (.variable(text(start + 1..<end)), end)
        case UInt8(ascii: "."):
            if start + 1 < bytes.count, bytes[start + 1].isDigit { return try number() }
            let end = nameEnd(from: start + 1)
            return (end == start + 1 ? .dot : .field(text(start + 1..<end)), end)
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try number()
        case let byte where byte.isNameByte:
            let end = nameEnd(from: start)
            let name = text(start..<end)
            return (name == "true" ? .boolean(true) : name == "false" ? .boolean(false) : .identifier(name), end)
        default:
            throw Failure(
                detail: "`\(text(start..<start + 1))` means nothing in a template.",
                discreet: "There is a character here that means nothing in a template.", end: start + 1)
        }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func nameEnd(from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end].isNameByte { end += 1 }
        return end
    }

    private func raw() throws(Failure) -> (Token.Kind, end: Int) {
        guard let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "`")) else {
            throw Failure(detail: "This raw string never ends: its second backtick is missing.", end: start + 1)
        }
        return (.string(text(start + 1..<end)), end + 1)
    }

    private func quoted() throws(Failure) -> (Token.Kind, end: Int) {
        let (content, end) = try delimited(by: UInt8(ascii: "\""), "string")
        guard let value = unescape(content) else {
            throw Failure(detail: "There is an escape in this string that Go does not know.", end: end)
        }
        return (.string(value), end)
    }

    /// In Go a character is its number.
    private func character() throws(Failure) -> (Token.Kind, end: Int) {
        let (content, end) = try delimited(by: UInt8(ascii: "'"), "character")
        guard let scalars = unescape(content)?.unicodeScalars, scalars.count == 1, let scalar = scalars.first else {
            throw Failure(
                detail: "A string stands between double quotes or backticks; `'…'` is for one character.", end: end)
        }
        return (.integer(Int(scalar.value)), end)
    }

    private func delimited(by quote: UInt8, _ what: String) throws(Failure) -> (Range<Int>, end: Int) {
        var index = start + 1
        while index < bytes.count, bytes[index] != 0x0A {
            if bytes[index] == quote { return (start + 1..<index, index + 1) }
            let escapes = bytes[index] == UInt8(ascii: "\\") && index + 1 < bytes.count && bytes[index + 1] != 0x0A
            index += escapes ? 2 : 1
        }
        throw Failure(detail: "This \(what) is not closed in its line.", end: start + 1)
    }

    private func number() throws(Failure) -> (Token.Kind, end: Int) {
        var end = start + 1
        while end < bytes.count {
            let isExponentSign =
                (bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-"))
                && bytes[end - 1].lowercased == UInt8(ascii: "e") && !bytes[start..<end].contains(UInt8(ascii: "x"))
            guard bytes[end].isNameByte || bytes[end] == UInt8(ascii: ".") || isExponentSign else { break }
            end += 1
        }
        let word = text(start..<end)
        if let integer = readInteger(word) { return (.integer(integer), end) }
        if word.utf8.count < 64, let number = Double(word.replacing(UInt8(ascii: "_"))), number.isFinite {
            return (.number(number), end)
        }
        throw Failure(
            detail: "`\(word.prefix(40))` is not a number.", discreet: "There is a number here that is none.", end: end)
    }

    private func readInteger(_ word: String) -> Int? {
        var digits = word.replacing(UInt8(ascii: "_"))[...]
        var sign = ""
        if let first = digits.first, first == "-" || first == "+" {
            sign = String(first)
            digits = digits.dropFirst()
        }
        let prefix = digits.prefix(2).lowercased()
        let radix = ["0x": 16, "0o": 8, "0b": 2][prefix]
        guard let first = digits.dropFirst(radix == nil ? 0 : 2).first, first != "-", first != "+" else { return nil }
        return Int(sign + digits.dropFirst(radix == nil ? 0 : 2), radix: radix ?? 10)
    }

    /// Go's escapes of an interpreted string; nil for one that there is not, and for bytes that are no text.
    private func unescape(_ range: Range<Int>) -> String? {
        var result: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 1 < range.upperBound else { return nil }
            let escape = bytes[index + 1]
            if let simple = TokenScanner.escapes[escape] {
                result.append(simple)
                index += 2
                continue
            }
            let (radix, skipped, count): (Int, Int, Int)
            switch escape {
            case UInt8(ascii: "x"): (radix, skipped, count) = (16, 2, 2)
            case UInt8(ascii: "u"): (radix, skipped, count) = (16, 2, 4)
            case UInt8(ascii: "U"): (radix, skipped, count) = (16, 2, 8)
            case UInt8(ascii: "0")...UInt8(ascii: "7"): (radix, skipped, count) = (8, 1, 3)
            default: return nil
            }
            let digits = index + skipped..<index + skipped + count
            guard digits.upperBound <= range.upperBound, bytes[digits].allSatisfy({ $0.isLetter || $0.isDigit }),
                let value = UInt32(text(digits), radix: radix)
            else { return nil }
            if count == 2 || count == 3 {
                guard value < 256 else { return nil }
                result.append(UInt8(value))
            } else {
                guard let scalar = Unicode.Scalar(value) else { return nil }
                result += Array(String(Character(scalar)).utf8)
            }
            index = digits.upperBound
        }
        return String(validating: result, as: UTF8.self)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "a"): 0x07,
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "'"): 0x27,
    ]
}

extension String {
    /// Without a byte.
    fileprivate func replacing(_ byte: UInt8) -> String {
        String(decoding: utf8.filter { $0 != byte }, as: UTF8.self)
    }
}
