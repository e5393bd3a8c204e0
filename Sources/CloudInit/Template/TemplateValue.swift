/// What a template computes with.
indirect enum TemplateValue: Sendable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case list([TemplateValue])
    /// Labels and annotations: what they hold is the user's affair.
    case map([String: TemplateValue], noun: String)
    /// Has these fields and no others.
    case record([String: TemplateValue])
    /// Not there, with the sentence that says why. Like an empty text in conditions; it cannot be written out.
    case absent(String)

    static func strings(_ items: [String]) -> TemplateValue { .list(items.map { .string($0) }) }

    /// As Go's `if` sees it.
    var isTrue: Bool {
        switch self {
        case .string(let text): !text.isEmpty
        case .integer(let number): number != 0
        case .number(let number): number != 0
        case .boolean(let flag): flag
        case .list(let items): !items.isEmpty
        case .map(let entries, _): !entries.isEmpty
        case .record: true
        case .absent: false
        }
    }

    /// For messages.
    var kind: String {
        switch self {
        case .string: "a text"
        case .integer, .number: "a number"
        case .boolean: "a truth value"
        case .list: "a list"
        case .map, .record: "a map"
        case .absent: "nothing"
        }
    }

    /// As Go writes it (`%v`).
    func written(_ budget: inout TemplateBudget) throws(Trouble) -> String {
        let text: String
        switch self {
        case .string(let value): return value
        case .integer(let value): text = String(value)
        case .number(let value): text = TemplateValue.written(value)
        case .boolean(let value): text = String(value)
        case .list(let items):
            var words: [String] = []
            for item in items { words.append(try item.written(&budget)) }
            text = "[\(words.joined(separator: " "))]"
        case .map(let entries, _), .record(let entries):
            var words: [String] = []
            for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
                if case .absent = value { continue }
                words.append("\(key):\(try value.written(&budget))")
            }
            text = "map[\(words.joined(separator: " "))]"
        case .absent(let reason):
            throw Trouble(
                .missingValue, reason, discreet: "A value that is used here does not exist for this machine.")
        }
        try budget.spend(bytes: text.utf8.count)
        return text
    }

    private static func written(_ number: Double) -> String {
        if number == number.rounded(), abs(number) < 1e18 { return String(Int(number)) }
        return String(number)
    }
}

/// What a template may use up, so that none can hang or fill the memory.
struct TemplateBudget: Sendable {
    static let outputLimit = 16 << 20
    private static let stepLimit = 100_000
    private static let byteLimit = 32 << 20

    private var steps = 0
    private var bytes = 0

    mutating func step() throws(Trouble) {
        steps += 1
        guard steps <= TemplateBudget.stepLimit else {
            throw Trouble(
                .templateLimit,
                plain: "The template takes more than \(TemplateBudget.stepLimit) steps, which no user data needs.")
        }
    }

    /// Of values that are made or looked through. To be asked before they are.
    mutating func spend(bytes count: Int) throws(Trouble) {
        let (sum, overflow) = bytes.addingReportingOverflow(count)
        guard !overflow, sum <= TemplateBudget.byteLimit else {
            throw Trouble(
                .templateLimit,
                plain:
                    "The template works on more than \(TemplateBudget.byteLimit >> 20) MiB, which no user data needs.")
        }
        bytes = sum
    }
}
