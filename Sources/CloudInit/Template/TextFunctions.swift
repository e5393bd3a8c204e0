/// Making texts of texts. What a result will cost is asked for before it is made.
extension TemplateFunction {
    static func quote(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        var words: [String] = []
        for argument in arguments { words.append(try quoted(try argument.written(&budget), &budget)) }
        return .string(words.joined(separator: " "))
    }

    static func singleQuote(
        _ arguments: [TemplateValue], _ budget: inout TemplateBudget
    ) throws(Trouble) -> TemplateValue {
        var words: [String] = []
        for argument in arguments {
            let text = try argument.written(&budget)
            try budget.spend(bytes: text.utf8.count)
            words.append("'\(text)'")
        }
        return .string(words.joined(separator: " "))
    }

    /// As Go's `strconv.Quote`.
    static func quoted(_ text: String, _ budget: inout TemplateBudget) throws(Trouble) -> String {
        try budget.spend(bytes: text.utf8.count * 6)
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\u{0B}": result += "\\v"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\\x" + hex(scalar.value, 2)
            case _ where !isPrintable(scalar):
                result += scalar.value > 0xFFFF ? "\\U" + hex(scalar.value, 8) : "\\u" + hex(scalar.value, 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    static func hex(_ number: UInt32, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    static func indent(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> String {
        let count = try number(arguments[0])
        guard (0...1_000).contains(count) else { throw wrong("A text is indented by 0 to 1000 spaces.") }
        let text = try bytes(arguments[1], &budget)
        let breaks = text.count { $0 == 0x0A }
        try budget.spend(bytes: text.count + (breaks + 1) * count)
        let padding = [UInt8](repeating: 0x20, count: count)
        var result = padding
        for byte in text {
            result.append(byte)
            if byte == 0x0A { result += padding }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func trim(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        let scalars = try text(arguments[0], charging: &budget).unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let end = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return .string("") }
        return .string(String(scalars[start...end]))
    }

    static func trimAffix(
        _ arguments: [TemplateValue], _ budget: inout TemplateBudget, atEnd: Bool
    ) throws(Trouble) -> TemplateValue {
        let (affix, whole) = try pair(arguments, &budget)
        let fits = atEnd ? whole.reversed().starts(with: affix.reversed()) : whole.starts(with: affix)
        guard fits else { return arguments[1] }
        let rest = atEnd ? whole.dropLast(affix.count) : whole.dropFirst(affix.count)
        return .string(String(decoding: rest, as: UTF8.self))
    }

    static func replace(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        let (old, new) = (try bytes(arguments[0], &budget), try bytes(arguments[1], &budget))
        let whole = try text(arguments[2], charging: &budget)
        guard !old.isEmpty else { throw wrong("`replace` is told to replace nothing: its first text is empty.") }
        let parts = try parts(of: whole, by: old, &budget)
        let (growth, overflow) = new.count.multipliedReportingOverflow(by: parts.count)
        try budget.spend(bytes: overflow ? Int.max : growth)
        try budget.spend(bytes: whole.utf8.count)
        return .string(parts.joined(separator: String(decoding: new, as: UTF8.self)))
    }

    static func split(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> [String] {
        let separator = try bytes(arguments[0], &budget)
        guard !separator.isEmpty else { throw wrong("A text is split at something, and here that is empty.") }
        return try parts(of: try text(arguments[1], charging: &budget), by: separator, &budget)
    }

    private static func parts(
        of whole: String, by separator: [UInt8], _ budget: inout TemplateBudget
    ) throws(Trouble) -> [String] {
        let bytes = Array(whole.utf8)
        var parts: [String] = []
        var start = 0
        while let found = firstOffset(of: separator, in: bytes, from: start) {
            // A piece costs memory of its own, however short it is.
            try budget.spend(bytes: 32)
            parts.append(String(decoding: bytes[start..<found], as: UTF8.self))
            start = found + separator.count
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }

    static func join(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        let separator = try text(arguments[0])
        guard case .list(let items) = arguments[1] else {
            if case .absent = arguments[1] { _ = try text(arguments[1]) }
            throw wrong("`join` wants a text and a list, as in `join \", \" .Addresses`; this is \(arguments[1].kind).")
        }
        let (cost, overflow) = separator.utf8.count.multipliedReportingOverflow(by: items.count)
        try budget.spend(bytes: overflow ? Int.max : cost)
        var words: [String] = []
        for item in items {
            let word = try item.written(&budget)
            try budget.spend(bytes: word.utf8.count)
            words.append(word)
        }
        return .string(words.joined(separator: separator))
    }

    static func encodeBase64(
        _ arguments: [TemplateValue], _ budget: inout TemplateBudget
    ) throws(Trouble) -> TemplateValue {
        let text = try text(arguments[0], charging: &budget, times: 3)
        return .string(String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self))
    }

    static func decodeBase64(
        _ arguments: [TemplateValue], _ budget: inout TemplateBudget
    ) throws(Trouble) -> TemplateValue {
        guard let bytes = Base64.decode(try bytes(arguments[0], &budget)) else {
            throw wrong("`b64dec` is given something that is not base64.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw wrong("What `b64dec` is given does not hold text.")
        }
        return .string(text)
    }

    static func yaml(of value: TemplateValue, _ budget: inout TemplateBudget) throws(Trouble) -> String {
        let tree = try yamlValue(value)
        var written = YAMLWriter.write(tree)
        try budget.spend(bytes: written.count)
        while written.last == 0x0A { written.removeLast() }
        return String(decoding: written, as: UTF8.self)
    }

    private static func yamlValue(_ value: TemplateValue) throws(Trouble) -> YAMLValue {
        switch value {
        case .string(let text): return .string(text)
        case .integer(let number): return .plain(String(number))
        case .number(let number): return .plain(String(number))
        case .boolean(let flag): return .plain(String(flag))
        case .absent: return .string(try text(value))
        case .list(let items):
            var result: [YAMLValue] = []
            for item in items { result.append(try yamlValue(item)) }
            return .list(result)
        case .map(let entries, _), .record(let entries):
            var result: [YAMLValue.Entry] = []
            for (key, item) in entries.sorted(by: { $0.key < $1.key }) {
                if case .absent = item { continue }
                result.append(YAMLValue.Entry(key, try yamlValue(item)))
            }
            return .map(result)
        }
    }
}
