/// Renders a template: goes through its nodes, with a dot, variables and a budget.
struct TemplateEvaluator {
    private let bytes: [UInt8]
    private let data: TemplateValue
    private var budget = TemplateBudget()
    private var variables: [(name: String, value: TemplateValue)]
    private(set) var output = RenderedText()
    private(set) var faults: [TemplateFault] = []

    init(_ bytes: [UInt8], data: TemplateValue) {
        self.bytes = bytes
        self.data = data
        variables = [("", data)]
    }

    mutating func run(_ nodes: [TemplateNode]) {
        do throws(Stop) {
            _ = try walk(nodes, dot: data)
        } catch {
            report(error.fault)
        }
    }

    /// What ends the rendering: a limit. Other mistakes are collected, so that all are found at once.
    private struct Stop: Error { let fault: TemplateFault }

    private enum Flow { case on, leave, next }

    private mutating func report(_ fault: TemplateFault) {
        guard faults.count < templateFaultLimit, !faults.contains(where: { $0.offset == fault.offset }) else { return }
        faults.append(fault)
    }

    private mutating func walk(_ nodes: [TemplateNode], dot: TemplateValue) throws(Stop) -> Flow {
        for node in nodes {
            switch node {
            case .text(let range):
                try emit(range.count, at: range.lowerBound)
                output.append(bytes[range], from: range.lowerBound)
            case .action(let pipeline):
                try act(pipeline, dot)
            case .branch(let clauses, let otherwise):
                let flow = try branch(clauses, otherwise, dot)
                if flow != .on { return flow }
            case .loop(let pipeline, let body, let otherwise):
                let mark = variables.count
                defer { variables.removeLast(variables.count - mark) }
                let flow = try loop(pipeline, body, otherwise, dot)
                if flow != .on { return flow }
            case .leave: return .leave
            case .next: return .next
            }
        }
        return .on
    }

    private mutating func emit(_ count: Int, at offset: Int) throws(Stop) {
        do throws(Trouble) {
            try budget.step()
            guard output.bytes.count + count <= TemplateBudget.outputLimit else {
                throw Trouble(
                    .templateLimit,
                    plain:
                        "The template gives more than \(TemplateBudget.outputLimit >> 20) MiB, which no user data needs."
                )
            }
        } catch {
            throw Stop(fault: TemplateFault(error, at: offset))
        }
    }

    private mutating func act(_ pipeline: Pipeline, _ dot: TemplateValue) throws(Stop) {
        guard let value = try attempt(pipeline, dot), pipeline.variables.isEmpty else { return }
        let text: String
        do throws(Trouble) {
            text = try value.written(&budget)
        } catch {
            if error.problem == .templateLimit { throw Stop(fault: TemplateFault(error, at: pipeline.offset)) }
            return report(TemplateFault(error, at: pipeline.offset))
        }
        try emit(text.utf8.count, at: pipeline.offset)
        output.append(text, of: pipeline.offset)
    }

    private mutating func branch(
        _ clauses: [TemplateNode.Clause], _ otherwise: [TemplateNode], _ dot: TemplateValue
    ) throws(Stop) -> Flow {
        let mark = variables.count
        defer { variables.removeLast(variables.count - mark) }
        for clause in clauses {
            guard let value = try attempt(clause.pipeline, dot) else { return .on }
            if value.isTrue { return try walk(clause.body, dot: clause.movesDot ? value : dot) }
        }
        return try walk(otherwise, dot: dot)
    }

    private mutating func loop(
        _ pipeline: Pipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: TemplateValue
    ) throws(Stop) -> Flow {
        guard let value = try attempt(pipeline, dot) else { return .on }
        let mark = variables.count
        var flow = Flow.on
        var count = 0
        func isOver(_ flow: Flow) -> Bool { flow == .leave }
        switch value {
        case .list(let items):
            for (index, item) in items.enumerated() where !isOver(flow) {
                flow = try iterate(pipeline, body, .integer(index), item, mark)
                count += 1
            }
        case .map(let entries, _), .record(let entries):
            for (key, item) in entries.sorted(by: { $0.key < $1.key }) where !isOver(flow) {
                flow = try iterate(pipeline, body, .string(key), item, mark)
                count += 1
            }
        case .integer(let end):
            while count < end, !isOver(flow) {
                flow = try iterate(pipeline, body, .integer(count), .integer(count), mark)
                count += 1
            }
        case .absent:
            break
        case .string, .number, .boolean:
            report(
                .syntax("`range` goes through lists, maps and numbers, and this is \(value.kind).", at: pipeline.offset)
            )
            return .on
        }
        return count == 0 ? try walk(otherwise, dot: dot) : .on
    }

    private mutating func iterate(
        _ pipeline: Pipeline, _ body: [TemplateNode], _ key: TemplateValue, _ item: TemplateValue, _ mark: Int
    ) throws(Stop) -> Flow {
        do throws(Trouble) {
            try budget.step()
        } catch {
            throw Stop(fault: TemplateFault(error, at: pipeline.offset))
        }
        let values = pipeline.variables.count == 2 ? [key, item] : [item]
        for (name, value) in zip(pipeline.variables, values) { set(name, value) }
        defer { variables.removeLast(variables.count - mark) }
        return try walk(body, dot: item)
    }

    /// The value of a pipeline; nil where that failed, which is reported.
    private mutating func attempt(_ pipeline: Pipeline, _ dot: TemplateValue) throws(Stop) -> TemplateValue? {
        do throws(TemplateFault) {
            let value = try evaluate(pipeline, dot)
            for name in pipeline.variables {
                if pipeline.assigns { set(name, value) } else { variables.append((name, value)) }
            }
            return value
        } catch {
            if error.trouble.problem == .templateLimit { throw Stop(fault: error) }
            report(error)
            if !pipeline.assigns {
                for name in pipeline.variables {
                    variables.append((name, .absent("An earlier mistake left it empty.")))
                }
            }
            return nil
        }
    }

    private mutating func set(_ name: String, _ value: TemplateValue) {
        if let index = variables.lastIndex(where: { $0.name == name }) { variables[index].value = value }
    }

    private mutating func evaluate(_ pipeline: Pipeline, _ dot: TemplateValue) throws(TemplateFault) -> TemplateValue {
        var last: TemplateValue?
        for command in pipeline.commands { last = try evaluate(command, dot, last: last) }
        return last ?? .absent("An earlier mistake left it empty.")
    }

    private mutating func evaluate(
        _ command: Command, _ dot: TemplateValue, last: TemplateValue?
    ) throws(TemplateFault) -> TemplateValue {
        guard let first = command.operands.first else { return .absent("There is nothing here.") }
        do throws(Trouble) { try budget.step() } catch { throw TemplateFault(error, at: command.offset) }
        guard case .function(let name) = first.base, let function = TemplateFunction.named(name) else {
            return try evaluate(first, dot)
        }
        if let stopsAt = function.stopsAt { return try choose(command, dot, last, stopsAt: stopsAt) }
        var arguments: [TemplateValue] = []
        for operand in command.operands.dropFirst() { arguments.append(try evaluate(operand, dot)) }
        if let last { arguments.append(last) }
        do throws(Trouble) {
            return try function.body(arguments, &budget)
        } catch {
            throw TemplateFault(error, at: first.offset)
        }
    }

    /// `and` and `or` look at no more than they need, as in Go.
    private mutating func choose(
        _ command: Command, _ dot: TemplateValue, _ last: TemplateValue?, stopsAt: Bool
    ) throws(TemplateFault) -> TemplateValue {
        var value = TemplateValue.boolean(!stopsAt)
        for operand in command.operands.dropFirst() {
            value = try evaluate(operand, dot)
            if value.isTrue == stopsAt { return value }
        }
        return last ?? value
    }

    private mutating func evaluate(_ operand: Operand, _ dot: TemplateValue) throws(TemplateFault) -> TemplateValue {
        var value: TemplateValue
        switch operand.base {
        case .literal(let literal): value = literal
        case .dot: value = dot
        case .variable(let name): value = variables.last { $0.name == name }?.value ?? data
        case .pipeline(let pipeline): value = try evaluate(pipeline, dot)
        case .function: value = try evaluate(Command(operands: [operand], offset: operand.offset), dot, last: nil)
        }
        for field in operand.fields {
            do throws(Trouble) {
                value = try value.field(field.name)
            } catch {
                throw TemplateFault(error, at: field.offset)
            }
        }
        return value
    }
}

extension TemplateValue {
    func field(_ name: String) throws(Trouble) -> TemplateValue {
        switch self {
        case .record(let fields):
            guard let value = fields[name] else { throw .unknownField(name, of: Array(fields.keys)) }
            return value
        case .map:
            return entry(name)
        case .absent(let reason):
            throw Trouble(.missingValue, reason, discreet: "A value that is used here does not exist for this machine.")
        case .string, .integer, .number, .boolean, .list:
            throw Trouble(
                .unknownName, "`.\(name)` is taken of \(kind) here, which has no fields.",
                discreet: "A field is taken of \(kind) here, which has none.")
        }
    }

    /// How a template asks for an entry of a map.
    private static func spelling(of name: String, _ noun: String) -> String {
        guard noun != "key" else { return "index …" }
        let map = noun == "label" ? ".Labels" : ".Annotations"
        let isWord = name.utf8.first.map { !$0.isDigit } ?? false && name.utf8.allSatisfy(\.isNameByte)
        return isWord ? "\(map).\(name)" : "index \(map) \"\(name)\""
    }

    /// An entry of a map; not there is a value of its own.
    func entry(_ name: String) -> TemplateValue {
        guard case .map(let entries, let noun) = self else { return .absent("There is no `\(name)` here.") }
        return entries[name]
            ?? .absent(
                "There is no \(noun) `\(name)`.\(didYouMean(name, in: entries.keys)) `default` gives it a value: "
                    + "`{{ \(TemplateValue.spelling(of: name, noun)) | default \"…\" }}`."
            )
    }
}
