/// Reads one value as its field wants it: `On` is a word where a word is asked for, and a flag where a flag is.
func readScalar(_ text: String, as type: FieldType, _ reading: Spelling.Reading) -> Datum? {
    switch reading {
    case .asIs, .alternative: break
    case .unit(let unit):
        guard case .quantity(let least, _) = type else { return nil }
        return parseQuantity(text, unit: unit).flatMap { $0 >= least ? .integer($0) : nil }
    case .addressOfCIDR: return CIDR(text).map { .text($0.address.text) } ?? readScalar(text, as: type, .asIs)
    case .prefixOfCIDR:
        return CIDR(text).map { .integer(Int64($0.prefix)) }
            ?? (TextRule.addressOrEmpty.read(text) != nil ? .present : nil)
    }
    switch type {
    case .text(let rule): return rule.read(text).map(Datum.text)
    case .word(let words): return readWord(text, words).map(Datum.text)
    case .flag: return readFlag(text).map(Datum.flag)
    case .integer(let range): return Int64(text).flatMap { range.contains($0) ? .integer($0) : nil }
    case .quantity(let least, let unit):
        return parseQuantity(text, unit: unit).flatMap { $0 >= least ? .integer($0) : nil }
    case .duration: return parseDuration(text).map(Datum.integer)
    case .reference, .texts, .dictionary, .timers, .any, .list: return nil
    }
}

func readFlag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
}

private func readWord(_ text: String, _ words: [Word]) -> String? {
    if let word = words.first(where: { $0.name == text }) { return word.name }
    let folded = text.lowercased()
    return words.first { word in word.name.lowercased() == folded || word.also.contains { $0.lowercased() == folded } }?
        .name
}

extension FieldType {
    /// What it asks for, to follow "is".
    var expectation: String {
        switch self {
        case .text(let rule): rule.expectation
        case .word(let words): "one of " + words.map { "`\($0.name)`" }.joined(separator: ", ")
        case .flag: "`true` or `false`"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .quantity(let least, _):
            "an amount of bytes such as `4Gi` or `512Mi`" + (least > 1 ? ", at least \(least)" : "")
        case .duration: "a duration such as `60s` or `5m`"
        case .reference(let kind): "a reference to a \(kind), `{name: …}`"
        case .texts(let rule): "a list, each of it \(rule.expectation)"
        case .dictionary: "a mapping of names to texts"
        case .timers: "a mapping of timers to a tick policy or a flag"
        case .any: "anything"
        case .list: "a list"
        }
    }

    /// Whether a mapping can be its value.
    var takesMapping: Bool {
        switch self {
        case .reference, .dictionary, .timers, .any: true
        default: false
        }
    }
}
