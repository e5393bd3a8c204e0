/// Reads what stands within one pair of braces.
struct ExpressionParser {
    private var tokens: ArraySlice<Token>
    /// The place to name when something is missing at the end.
    private let end: Int
    private let visible: [String]
    /// The fields that the dot has here; nil where that depends on the data.
    private let names: [String]?
    /// The fields of `$`.
    private let allNames: [String]
    private var depth = 0

    init(_ tokens: ArraySlice<Token>, end: Int, visible: [String], names: [String]?, allNames: [String]) {
        self.tokens = tokens
        self.end = end
        self.visible = visible
        self.names = names
        self.allNames = allNames
    }

    /// `keys`: two variables may stand before it, as in `range $key, $value :=`.
    mutating func pipeline(in what: String, keys: Bool = false) throws(TemplateFault) -> Pipeline {
        let offset = tokens.first?.offset ?? end
        var pipeline = Pipeline(offset: offset)
        try readVariables(into: &pipeline, keys: keys)
        try readCommands(into: &pipeline, in: what)
        if let extra = tokens.first {
            throw .syntax("There is a `)` here that nothing opened.", at: extra.offset)
        }
        return pipeline
    }

    private mutating func readVariables(into pipeline: inout Pipeline, keys: Bool) throws(TemplateFault) {
        var names: [Token] = []
        var rest = tokens
        while let first = rest.first, case .variable = first.kind, names.count < 3 {
            names.append(first)
            rest = rest.dropFirst()
            guard case .comma = rest.first?.kind else { break }
            rest = rest.dropFirst()
        }
        guard !names.isEmpty, let sign = rest.first, sign.kind == .declare || sign.kind == .assign else { return }
        guard names.count <= (keys ? 2 : 1) else {
            throw .syntax(
                keys
                    ? "`range` gives a key and a value, and there are more variables here."
                    : "Only `range` can set two variables.",
                at: names[1].offset)
        }
        pipeline.assigns = sign.kind == .assign
        for token in names {
            guard case .variable(let name) = token.kind else { continue }
            guard !name.isEmpty else { throw .syntax("`$` is all of the data, and cannot be set.", at: token.offset) }
            if pipeline.assigns { try check(variable: name, at: token.offset) }
            pipeline.variables.append(name)
        }
        tokens = rest.dropFirst()
    }

    private mutating func readCommands(into pipeline: inout Pipeline, in what: String) throws(TemplateFault) {
        while true {
            let command = try command(in: what)
            if let first = command.operands.first, !pipeline.commands.isEmpty || command.operands.count > 1,
                !first.isFunction
            {
                throw .syntax(
                    pipeline.commands.isEmpty
                        ? "What stands here is not a function, and cannot be given a value."
                        : "Only a function can stand behind `|`.",
                    at: first.offset)
            }
            pipeline.commands.append(command)
            guard case .pipe = tokens.first?.kind else { break }
            tokens.removeFirst()
        }
        for command in pipeline.commands {
            // Go would call it without a value, and there is none that takes none.
            if let inner = command.operands.dropFirst().first(where: \.isFunction) {
                throw .syntax(
                    "A function among the values of another, with values of its own, stands in parentheses.",
                    at: inner.offset)
            }
        }
        for (index, command) in pipeline.commands.enumerated() {
            guard let first = command.operands.first, case .function(let name) = first.base,
                let function = TemplateFunction.named(name)
            else { continue }
            let count = command.operands.count - 1 + (index > 0 ? 1 : 0)
            guard function.arguments.contains(count) else {
                throw .syntax(
                    "`\(name)` takes \(function.argumentText), and is given \(count).",
                    discreet: "A function is given too many or too few values.", at: first.offset)
            }
        }
    }

    private mutating func command(in what: String) throws(TemplateFault) -> Command {
        var operands: [Operand] = []
        let offset = tokens.first?.offset ?? end
        while let token = tokens.first {
            if token.kind == .pipe || token.kind == .close { break }
            guard operands.isEmpty || token.isApart else {
                throw .syntax("A space is missing here.", at: token.offset)
            }
            operands.append(try operand())
        }
        guard !operands.isEmpty else {
            throw .syntax("A value is missing in \(what).", at: offset)
        }
        return Command(operands: operands, offset: offset)
    }

    private mutating func operand() throws(TemplateFault) -> Operand {
        let token = tokens.removeFirst()
        let base: Operand.Base
        var fields: [Operand.Field] = []
        var known: [String]?
        switch token.kind {
        case .string(let text): base = .literal(.string(text))
        case .integer(let number): base = .literal(.integer(number))
        case .number(let number): base = .literal(.number(number))
        case .boolean(let flag): base = .literal(.boolean(flag))
        case .dot: base = .dot
        case .field(let name):
            base = .dot
            fields = [Operand.Field(name: name, offset: token.offset)]
            known = names
        case .variable(let name):
            try check(variable: name, at: token.offset)
            base = .variable(name)
            known = name.isEmpty ? allNames : nil
        case .identifier(let name):
            base = .function(try function(name, at: token.offset))
        case .open:
            base = .pipeline(try parenthesised(from: token.offset))
        case .comma, .declare, .assign, .pipe, .close:
            throw .syntax("There is a sign here that cannot stand in this place.", at: token.offset)
        }
        while let next = tokens.first, !next.isApart, case .field(let name) = next.kind {
            switch base {
            case .literal, .function: throw .syntax("A space is missing here.", at: next.offset)
            default: break
            }
            fields.append(Operand.Field(name: name, offset: next.offset))
            tokens.removeFirst()
        }
        if let known, let first = fields.first, !known.contains(first.name) {
            throw TemplateFault(.unknownField(first.name, of: known), at: first.offset)
        }
        return Operand(base: base, fields: fields, offset: token.offset)
    }

    private mutating func parenthesised(from offset: Int) throws(TemplateFault) -> Pipeline {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateParser.depthLimit else {
            throw TemplateFault(
                Trouble(
                    .templateLimit,
                    plain: "More than \(TemplateParser.depthLimit) parentheses lie within each other here."), at: offset
            )
        }
        var pipeline = Pipeline(offset: offset)
        try readCommands(into: &pipeline, in: "parentheses")
        guard case .close = tokens.first?.kind else {
            throw .syntax("This `(` is not closed.", at: offset)
        }
        tokens.removeFirst()
        return pipeline
    }

    private func check(variable name: String, at offset: Int) throws(TemplateFault) {
        guard name.isEmpty || visible.contains(name) else {
            throw TemplateFault(
                Trouble(
                    .unknownName,
                    "There is no variable `$\(name)` here.\(didYouMean(name, in: visible, prefix: "$")) "
                        + "One is made with `{{ $\(name) := … }}`.",
                    discreet: "A variable is used here that does not exist."), at: offset)
        }
    }

    private func function(_ name: String, at offset: Int) throws(TemplateFault) -> String {
        if TemplateFunction.named(name) != nil { return name }
        if name == "nil" {
            throw .syntax("There is no `nil` here: `not` and `if` say whether something is there.", at: offset)
        }
        let advice =
            allNames.contains(name)
            ? " Did you mean `.\(name)`?" : didYouMean(name, in: TemplateFunction.all.keys)
        throw TemplateFault(
            Trouble(
                .unknownName,
                "There is no function `\(name)`.\(advice) "
                    + (advice.isEmpty
                        ? "There are \(TemplateFunction.all.keys.sorted().joined(separator: ", ")). " : "")
                    + Trouble.literalAdvice,
                discreet: "A function is used here that does not exist. " + Trouble.literalAdvice),
            at: offset)
    }
}

extension Trouble {
    /// What to do with braces that are not for us.
    static let literalAdvice = "Braces that are meant for the guest are written {{`{{ … }}`}}."

    static func unknownField(_ name: String, of known: [String]) -> Trouble {
        let advice = didYouMean(name, in: known, prefix: ".")
        return Trouble(
            .unknownName,
            "There is no `.\(name)`.\(advice) "
                + (advice.isEmpty ? "There are \(known.sorted().map { ".\($0)" }.joined(separator: ", ")). " : "")
                + literalAdvice, discreet: "A name is used here that does not exist. " + literalAdvice)
    }
}
