/// Writes YAML that every reader, of version 1.1 too, reads back as what it was.
struct YAMLWriter {
    private var bytes: [UInt8] = []

    static func write(_ value: YAMLValue) -> [UInt8] {
        var writer = YAMLWriter()
        writer.write(value, indentation: 0, isBehindDash: true)
        if writer.bytes.last != 0x0A { writer.bytes.append(0x0A) }
        return writer.bytes
    }

    private mutating func append(_ text: String) { bytes += Array(text.utf8) }

    /// `isBehindDash`: the first entry goes on in the line that has been begun.
    private mutating func write(_ value: YAMLValue, indentation: Int, isBehindDash: Bool) {
        let padding = String(repeating: " ", count: indentation)
        switch value {
        case .string, .plain: append(YAMLWriter.scalar(value))
        case .list(let items) where items.isEmpty: append("[]")
        case .map(let entries) where entries.isEmpty: append("{}")
        case .list(let items):
            for (index, item) in items.enumerated() {
                if index > 0 || !isBehindDash { append("\n" + padding) }
                append("- ")
                write(item, indentation: indentation + 2, isBehindDash: true)
            }
        case .map(let entries):
            for (index, entry) in entries.enumerated() {
                if index > 0 || !isBehindDash { append("\n" + padding) }
                append(YAMLWriter.scalar(entry.key) + ":")
                if entry.value.text != nil || entry.value.items?.isEmpty == true || entry.value.entries?.isEmpty == true
                {
                    append(" ")
                }
                write(entry.value, indentation: indentation + 2, isBehindDash: false)
            }
        }
    }

    /// A scalar in one line.
    static func scalar(_ value: YAMLValue) -> String {
        switch value {
        case .string(let text): isSafe(text) && !isWord(text) ? text : quoted(text)
        // What was written plainly stays so where it can stand in one line of a block; a number is then still a number.
        case .plain(let text): isSafe(text) || isNumeric(text) ? text : text.isEmpty ? "null" : plainOrQuoted(text)
        case .list, .map: "null"
        }
    }

    /// Means itself without quotes, if it is not one of the words that mean something else.
    private static func isSafe(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first.isLetter || first == UInt8(ascii: "_") || first == UInt8(ascii: "/") else {
            return false
        }
        guard bytes.last != UInt8(ascii: " ") else { return false }
        return bytes.allSatisfy { $0.isLetter || $0.isDigit || $0 == 0x20 || allowed.contains($0) }
    }

    private static let allowed = Set("_/.@+=,-".utf8)

    private static func isNumeric(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                $0.isDigit || $0.isLetter || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "+")
            }
            && (text.utf8.first?.isDigit == true || text.utf8.dropFirst().first?.isDigit == true)
    }

    /// Plain text of another's: `2001:db8::1/64`, `*.example.org` and the like are quoted, which makes them no different; what could be a
    /// number of base sixty or a date keeps its look.
    private static func plainOrQuoted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isOther = bytes == [UInt8(ascii: "~")] || text.lowercased() == ".inf" || text.lowercased() == ".nan"
        let isLikeNumber = bytes.allSatisfy {
            $0.isDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "_")
        }
        let canStand = bytes.last != UInt8(ascii: ":") && bytes.first?.isDigit == true
        return isOther || (isLikeNumber && canStand) ? text : quoted(text)
    }

    /// Words of YAML 1.1 and 1.2 that are not texts.
    private static func isWord(_ text: String) -> Bool {
        guard text.utf8.count <= 5 else { return false }
        return words.contains(text.lowercased())
    }

    private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0..<0x20, 0x7F..<0xA0: result += "\\x" + TemplateFunction.hex(scalar.value, 2)
            case 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: result += "\\u" + TemplateFunction.hex(scalar.value, 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
