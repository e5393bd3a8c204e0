extension TemplateFunction {
    /// Go's `printf` with `%s`, `%d`, `%q`, `%v`, `%x`, `%t`, `%%`, the flags `-`, `0`, `+` and a width. What Go would mark within the
    /// text as a mistake is one here.
    static func format(
        _ format: String, _ arguments: [TemplateValue], _ budget: inout TemplateBudget
    ) throws(Trouble) -> String {
        try budget.spend(bytes: format.utf8.count)
        var result = ""
        var rest = arguments[...]
        var scalars = format.unicodeScalars[...]
        while let percent = scalars.firstIndex(of: "%") {
            result.unicodeScalars += scalars[..<percent]
            scalars = scalars[percent...].dropFirst()
            let flags = String(scalars.prefix { $0 == "-" || $0 == "0" || $0 == "+" })
            scalars = scalars.dropFirst(flags.unicodeScalars.count)
            let digits = String(scalars.prefix { $0 >= "0" && $0 <= "9" })
            scalars = scalars.dropFirst(digits.unicodeScalars.count)
            guard let width = digits.isEmpty ? 0 : Int(digits), width <= 1_000 else {
                throw wrong("`printf` pads to at most 1000 characters.")
            }
            guard let verb = scalars.popFirst() else {
                throw wrong("The text of `printf` ends with a `%`; a percent sign is `%%`.")
            }
            if verb == "%" {
                result += "%"
                continue
            }
            guard let argument = rest.popFirst() else {
                throw wrong("`printf` has more places in its text than values.")
            }
            let word = try word(verb, argument, hasPlus: flags.contains("+"), &budget)
            try budget.spend(bytes: word.utf8.count + width)
            result += padded(word, to: width, flags, isNumber: verb == "d" || verb == "x")
        }
        guard rest.isEmpty else { throw wrong("`printf` has more values than places in its text.") }
        result.unicodeScalars += scalars
        return result
    }

    private static func word(
        _ verb: Unicode.Scalar, _ argument: TemplateValue, hasPlus: Bool, _ budget: inout TemplateBudget
    ) throws(Trouble) -> String {
        switch (verb, argument) {
        case ("v", _): return try argument.written(&budget)
        case ("s", .string), ("s", .absent), ("s", .list), ("s", .map): return try argument.written(&budget)
        case ("q", .string), ("q", .absent): return try quoted(try argument.written(&budget), &budget)
        case ("d", .integer(let number)): return hasPlus && number >= 0 ? "+\(number)" : String(number)
        case ("x", .integer(let number)): return String(number, radix: 16)
        case ("t", .boolean(let flag)): return String(flag)
        case ("s", _), ("q", _), ("d", _), ("x", _), ("t", _):
            throw wrong("`%\(verb)` of `printf` does not fit \(argument.kind). `%v` takes anything.")
        default:
            throw Trouble(
                .invalidTemplate, "`printf` does not know `%\(verb)` here; it knows %s, %d, %q, %v, %x, %t and %%.",
                discreet: "`printf` knows %s, %d, %q, %v, %x, %t and %%, and there is another one here.")
        }
    }

    private static func padded(_ word: String, to width: Int, _ flags: String, isNumber: Bool) -> String {
        let missing = width - word.unicodeScalars.count
        guard missing > 0 else { return word }
        if flags.contains("-") { return word + String(repeating: " ", count: missing) }
        guard flags.contains("0") else { return String(repeating: " ", count: missing) + word }
        let zeros = String(repeating: "0", count: missing)
        if isNumber, let sign = word.first, sign == "-" || sign == "+" { return "\(sign)\(zeros)\(word.dropFirst())" }
        return zeros + word
    }
}
