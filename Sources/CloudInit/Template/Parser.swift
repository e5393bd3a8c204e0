/// Puts the nodes of a template together. It goes on after a mistake, to find all of them.
struct TemplateParser {
    /// Blocks within blocks, and parentheses within parentheses.
    static let depthLimit = 50
    /// Variables that can be seen at one place.
    static let variableLimit = 200

    private let pieces: [Piece]
    /// Fields of the data: known before it is rendered, so that mistakes in branches that are not taken are found too.
    private let names: [String]
    private var index = 0
    private(set) var faults: [TemplateFault] = []
    private var variables: [String] = []
    private var depth = 0
    private var loops = 0
    /// Blocks around that give the dot another meaning.
    private var movedDots = 0

    init(_ pieces: [Piece], names: [String]) {
        self.pieces = pieces
        self.names = names
    }

    mutating func parse() -> [TemplateNode] {
        var nodes: [TemplateNode] = []
        while index < pieces.count, faults.count < templateFaultLimit {
            let (more, stop) = parseNodes()
            nodes += more
            if let stop {
                report(
                    .syntax(
                        "There is no `if`, `range` or `with` that this `\(stop.word)` could belong to.", at: stop.offset
                    ))
            }
        }
        return nodes
    }

    /// `end` or `else`, and what stands behind it.
    private struct Stop {
        let word: String
        let rest: ArraySlice<Token>
        let offset: Int
    }

    private mutating func report(_ fault: TemplateFault) {
        if faults.count < templateFaultLimit { faults.append(fault) }
    }

    /// The nodes up to the `end` or `else` of the block that they are in.
    private mutating func parseNodes() -> ([TemplateNode], Stop?) {
        var nodes: [TemplateNode] = []
        while index < pieces.count, faults.count < templateFaultLimit {
            let piece = pieces[index]
            index += 1
            switch piece {
            case .text(let range):
                nodes.append(.text(range))
            case .action(let tokens, let offset, let isBroken):
                if case .identifier(let word) = tokens.first?.kind {
                    if word == "end" || word == "else" {
                        return (nodes, Stop(word: word, rest: tokens.dropFirst(), offset: offset))
                    }
                    if word == "if" || word == "with" || word == "range" {
                        if let node = parseBlock(word, tokens.dropFirst(), offset, isBroken) { nodes.append(node) }
                        continue
                    }
                }
                guard !isBroken else { continue }
                do throws(TemplateFault) {
                    nodes.append(try parseAction(tokens, offset))
                } catch {
                    report(error)
                }
            }
        }
        return (nodes, nil)
    }

    private mutating func parseAction(_ tokens: [Token], _ offset: Int) throws(TemplateFault) -> TemplateNode {
        if case .identifier(let word) = tokens.first?.kind {
            switch word {
            case "break", "continue":
                guard loops > 0 else { throw .syntax("`\(word)` stands outside of every `range`.", at: offset) }
                guard tokens.count == 1 else {
                    throw .syntax("Nothing may stand behind `\(word)`.", at: tokens[1].offset)
                }
                return word == "break" ? .leave : .next
            case "define", "template", "block":
                throw .syntax(
                    "There is no `\(word)` here: a text is one template, without others that it could call.", at: offset
                )
            default: break
            }
        }
        return .action(try pipeline(tokens[...], offset, in: "an action"))
    }

    private mutating func parseBlock(
        _ word: String, _ tokens: ArraySlice<Token>, _ offset: Int, _ isBroken: Bool
    ) -> TemplateNode? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateParser.depthLimit else {
            report(
                TemplateFault(
                    Trouble(
                        .templateLimit,
                        plain:
                            "More than \(TemplateParser.depthLimit) blocks lie within each other here, which no user data needs."
                    ),
                    at: offset))
            index = pieces.count
            return nil
        }
        let visible = variables.count
        defer { variables.removeLast(variables.count - visible) }
        var clauses: [TemplateNode.Clause] = []
        var (word, tokens, place, isBroken) = (word, tokens, offset, isBroken)
        while true {
            let head = isBroken ? nil : clause(word, tokens, place)
            let afterHead = variables.count
            let moves = word != "if"
            movedDots += moves ? 1 : 0
            loops += word == "range" ? 1 : 0
            let (body, stop) = parseNodes()
            movedDots -= moves ? 1 : 0
            loops -= word == "range" ? 1 : 0
            variables.removeLast(variables.count - afterHead)
            guard let stop else {
                if faults.count < templateFaultLimit {
                    report(.syntax("This `\(word)` never ends: its `{{ end }}` is missing.", at: place))
                }
                return nil
            }
            let pipeline = head ?? Pipeline(offset: place)
            if word != "range" { clauses.append(TemplateNode.Clause(pipeline: pipeline, movesDot: moves, body: body)) }
            if stop.word == "else", case .identifier(let again) = stop.rest.first?.kind,
                again == "if" || again == "with",
                word != "range"
            {
                (word, tokens, place, isBroken) = (again, stop.rest.dropFirst(), stop.offset, false)
                continue
            }
            if let extra = stop.rest.first {
                report(.syntax("Nothing may stand behind `\(stop.word)` here.", at: extra.offset))
            }
            var otherwise: [TemplateNode] = []
            if stop.word == "else" {
                while true {
                    let (nodes, last) = parseNodes()
                    otherwise += nodes
                    guard let last else {
                        report(.syntax("This `else` never ends: its `{{ end }}` is missing.", at: stop.offset))
                        return nil
                    }
                    if last.word == "end" { break }
                    report(.syntax("There is an `else` before this one already.", at: last.offset))
                }
            }
            return word == "range"
                ? .loop(pipeline, body: body, otherwise: otherwise) : .branch(clauses, otherwise: otherwise)
        }
    }

    private mutating func clause(_ word: String, _ tokens: ArraySlice<Token>, _ offset: Int) -> Pipeline? {
        do throws(TemplateFault) {
            return try pipeline(tokens, offset, in: "`\(word)`", keys: word == "range")
        } catch {
            report(error)
            return nil
        }
    }

    private mutating func pipeline(
        _ tokens: ArraySlice<Token>, _ offset: Int, in what: String, keys: Bool = false
    ) throws(TemplateFault) -> Pipeline {
        var expression = ExpressionParser(
            tokens, end: offset, visible: variables, names: movedDots == 0 ? names : nil, allNames: names)
        let pipeline: Pipeline
        do throws(TemplateFault) {
            pipeline = try expression.pipeline(in: what, keys: keys)
        } catch {
            // What it would have made is not missing afterwards.
            for token in tokens {
                if case .variable(let name) = token.kind, !name.isEmpty { variables.append(name) } else { break }
            }
            throw error
        }
        if !pipeline.assigns { variables += pipeline.variables }
        guard variables.count <= TemplateParser.variableLimit else {
            throw TemplateFault(
                Trouble(.templateLimit, plain: "There are more than \(TemplateParser.variableLimit) variables here."),
                at: offset)
        }
        return pipeline
    }
}
