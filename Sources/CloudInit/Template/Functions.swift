/// A function that templates may call.
struct TemplateFunction: Sendable {
    typealias Body = @Sendable ([TemplateValue], inout TemplateBudget) throws(Trouble) -> TemplateValue

    let arguments: ClosedRange<Int>
    /// Set for `or` and `and`, which stop at the first argument of that truth.
    var stopsAt: Bool?
    let body: Body

    init(_ arguments: ClosedRange<Int>, stopsAt: Bool? = nil, _ body: @escaping Body) {
        self.arguments = arguments
        self.stopsAt = stopsAt
        self.body = body
    }

    init(_ count: Int, _ body: @escaping Body) { self.init(count...count, body) }

    static func named(_ name: String) -> TemplateFunction? { all[name] }

    /// `2 values`, for messages.
    var argumentText: String {
        func values(_ count: Int) -> String { count == 1 ? "one value" : "\(count) values" }
        if arguments.count == 1 { return values(arguments.lowerBound) }
        if arguments.upperBound == TemplateFunction.many { return "at least \(values(arguments.lowerBound))" }
        return "\(arguments.lowerBound) to \(values(arguments.upperBound))"
    }

    private static let many = 1_000

    /// Go's own, and those that people know from Sprig, with the order of arguments that makes them fit behind a pipe.
    static let all: [String: TemplateFunction] = [
        "and": .init(1...many, stopsAt: false) { arguments, _ throws(Trouble) in arguments.last ?? .boolean(true) },
        "or": .init(1...many, stopsAt: true) { arguments, _ throws(Trouble) in arguments.last ?? .boolean(false) },
        "not": .init(1) { arguments, _ throws(Trouble) in .boolean(!arguments[0].isTrue) },
        "default": .init(2) { arguments, _ throws(Trouble) in arguments[1].isTrue ? arguments[1] : arguments[0] },
        "eq": .init(2...many, equal),
        "ne": .init(2) { arguments, budget throws(Trouble) in
            .boolean(try !areEqual(arguments[0], arguments[1], &budget))
        },
        "lt": .init(2) { arguments, budget throws(Trouble) in .boolean(try order(arguments, &budget) < 0) },
        "le": .init(2) { arguments, budget throws(Trouble) in .boolean(try order(arguments, &budget) <= 0) },
        "gt": .init(2) { arguments, budget throws(Trouble) in .boolean(try order(arguments, &budget) > 0) },
        "ge": .init(2) { arguments, budget throws(Trouble) in .boolean(try order(arguments, &budget) >= 0) },
        "len": .init(1, length),
        "index": .init(1...many, index),
        "printf": .init(1...many) { arguments, budget throws(Trouble) in
            .string(try format(try text(arguments[0]), Array(arguments.dropFirst()), &budget))
        },
        "quote": .init(1...many, quote),
        "squote": .init(1...many, singleQuote),
        "indent": .init(2) { arguments, budget throws(Trouble) in .string(try indent(arguments, &budget)) },
        "nindent": .init(2) { arguments, budget throws(Trouble) in .string("\n" + (try indent(arguments, &budget))) },
        "b64enc": .init(1, encodeBase64),
        "b64dec": .init(1, decodeBase64),
        "trim": .init(1, trim),
        "trimPrefix": .init(2) { arguments, budget throws(Trouble) in try trimAffix(arguments, &budget, atEnd: false) },
        "trimSuffix": .init(2) { arguments, budget throws(Trouble) in try trimAffix(arguments, &budget, atEnd: true) },
        "upper": .init(1) { arguments, budget throws(Trouble) in
            .string(try text(arguments[0], charging: &budget, times: 3).uppercased())
        },
        "lower": .init(1) { arguments, budget throws(Trouble) in
            .string(try text(arguments[0], charging: &budget, times: 3).lowercased())
        },
        "replace": .init(3, replace),
        "join": .init(2, join),
        "split": .init(2) { arguments, budget throws(Trouble) in
            let parts = try split(arguments, &budget)
            return .map(
                Dictionary(uniqueKeysWithValues: parts.enumerated().map { ("_\($0)", .string($1)) }), noun: "key")
        },
        "splitList": .init(2) { arguments, budget throws(Trouble) in .strings(try split(arguments, &budget)) },
        "contains": .init(2) { arguments, budget throws(Trouble) in
            let (part, whole) = try pair(arguments, &budget)
            return .boolean(firstOffset(of: part, in: whole) != nil)
        },
        "hasPrefix": .init(2) { arguments, budget throws(Trouble) in
            let (part, whole) = try pair(arguments, &budget)
            return .boolean(whole.starts(with: part))
        },
        "hasSuffix": .init(2) { arguments, budget throws(Trouble) in
            let (part, whole) = try pair(arguments, &budget)
            return .boolean(whole.reversed().starts(with: part.reversed()))
        },
        "toYaml": .init(1) { arguments, budget throws(Trouble) in .string(try yaml(of: arguments[0], &budget)) },
    ]
}

extension TemplateFunction {
    /// A text, as it is; other values are refused, as Go refuses them.
    static func text(_ value: TemplateValue) throws(Trouble) -> String {
        switch value {
        case .string(let text): return text
        case .absent(let reason):
            throw Trouble(.missingValue, reason, discreet: "A value that is used here does not exist for this machine.")
        default:
            throw wrong("A text is wanted here, and this is \(value.kind). `printf \"%v\"` makes a text of anything.")
        }
    }

    static func text(
        _ value: TemplateValue, charging budget: inout TemplateBudget, times: Int = 1
    ) throws(Trouble) -> String {
        let text = try text(value)
        let (cost, overflow) = text.utf8.count.multipliedReportingOverflow(by: times)
        try budget.spend(bytes: overflow ? Int.max : cost)
        return text
    }

    static func bytes(_ value: TemplateValue, _ budget: inout TemplateBudget) throws(Trouble) -> [UInt8] {
        Array(try text(value, charging: &budget).utf8)
    }

    static func number(_ value: TemplateValue) throws(Trouble) -> Int {
        guard case .integer(let number) = value else {
            throw wrong("A whole number is wanted here, and this is \(value.kind).")
        }
        return number
    }

    static func wrong(_ detail: String) -> Trouble { Trouble(.invalidTemplate, plain: detail) }

    /// A part and the whole that it is looked for in, in Sprig's order.
    static func pair(
        _ arguments: [TemplateValue], _ budget: inout TemplateBudget
    ) throws(Trouble) -> (part: [UInt8], whole: [UInt8]) {
        (try bytes(arguments[0], &budget), try bytes(arguments[1], &budget))
    }
}
