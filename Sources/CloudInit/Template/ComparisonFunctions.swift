/// Comparing, measuring and looking into values.
extension TemplateFunction {
    /// The first is equal to any of the others.
    static func equal(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        for other in arguments.dropFirst() where try areEqual(arguments[0], other, &budget) { return .boolean(true) }
        return .boolean(false)
    }

    /// What is not there is equal to an empty text, as the entry of a map of Go's is that does not exist.
    static func areEqual(
        _ left: TemplateValue, _ right: TemplateValue, _ budget: inout TemplateBudget
    ) throws(Trouble) -> Bool {
        switch (left, right) {
        case (.absent, .absent): return true
        case (.absent, .string(let text)), (.string(let text), .absent): return text.isEmpty
        case (.string(let first), .string(let second)):
            try budget.spend(bytes: min(first.utf8.count, second.utf8.count))
            return first.utf8.elementsEqual(second.utf8)
        case (.integer(let first), .integer(let second)): return first == second
        case (.number(let first), .number(let second)): return first == second
        case (.boolean(let first), .boolean(let second)): return first == second
        default:
            throw wrong("\(left.kind.capitalisedFirst) and \(right.kind) cannot be compared.")
        }
    }

    static func order(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> Int {
        switch (arguments[0], arguments[1]) {
        case (.string(let first), .string(let second)):
            try budget.spend(bytes: min(first.utf8.count, second.utf8.count))
            if first.utf8.elementsEqual(second.utf8) { return 0 }
            return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        case (.integer(let first), .integer(let second)): return first < second ? -1 : first == second ? 0 : 1
        case (.number(let first), .number(let second)): return first < second ? -1 : first == second ? 0 : 1
        case (let first, let second):
            throw wrong("\(first.kind.capitalisedFirst) and \(second.kind) have no order.")
        }
    }

    static func length(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        switch arguments[0] {
        case .string(let text): return .integer(text.utf8.count)
        case .list(let items): return .integer(items.count)
        case .map(let entries, _), .record(let entries): return .integer(entries.count)
        case .absent: return .integer(0)
        case .integer, .number, .boolean:
            throw wrong("`len` is of texts, lists and maps; this is \(arguments[0].kind).")
        }
    }

    static func index(_ arguments: [TemplateValue], _ budget: inout TemplateBudget) throws(Trouble) -> TemplateValue {
        var value = arguments[0]
        for key in arguments.dropFirst() {
            switch value {
            case .list(let items):
                let place = try number(key)
                guard items.indices.contains(place) else {
                    throw Trouble(
                        .missingValue,
                        "`index` asks for item \(place) of a list of \(items.count); the first is 0.",
                        discreet: "`index` asks for an item that the list does not have.")
                }
                value = items[place]
            case .map:
                value = value.entry(try text(key))
            case .record:
                value = try value.field(try text(key))
            case .string(let text):
                let place = try number(key)
                let bytes = text.utf8
                guard place >= 0, place < bytes.count else {
                    throw wrong("`index` asks for a byte that the text does not have.")
                }
                value = .integer(Int(bytes[bytes.index(bytes.startIndex, offsetBy: place)]))
            case .absent(let reason):
                throw Trouble(
                    .missingValue, reason, discreet: "A value that is used here does not exist for this machine.")
            case .integer, .number, .boolean:
                throw wrong("`index` looks into lists and maps; this is \(value.kind).")
            }
        }
        return value
    }
}

extension String {
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
