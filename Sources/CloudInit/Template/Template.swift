/// Renders a template in the syntax of Go's text/template. Gives all that is wrong with it, if anything is.
func renderTemplate(_ bytes: [UInt8], data: TemplateValue) -> Result<RenderedText, TemplateFaults> {
    guard isTemplate(bytes) else { return .success(RenderedText(verbatim: bytes)) }
    do throws(TemplateFaults) {
        let nodes = try parseTemplate(bytes, data: data)
        var evaluator = TemplateEvaluator(bytes, data: data)
        evaluator.run(nodes)
        guard evaluator.faults.isEmpty else { return .failure(TemplateFaults(evaluator.faults)) }
        return .success(evaluator.output)
    } catch {
        return .failure(error)
    }
}

/// Whether there is anything in a text to be filled in.
func isTemplate(_ bytes: [UInt8]) -> Bool { firstOffset(of: Array("{{".utf8), in: bytes) != nil }

/// A template's parts, if it is well formed; `data` has the names that there are.
func parseTemplate(_ bytes: [UInt8], data: TemplateValue) throws(TemplateFaults) -> [TemplateNode] {
    var lexer = Lexer(bytes)
    lexer.run()
    var names: [String] = []
    if case .record(let fields) = data { names = fields.keys.sorted() }
    var parser = TemplateParser(lexer.pieces, names: names)
    let nodes = parser.parse()
    let faults = lexer.faults + parser.faults
    guard faults.isEmpty else { throw TemplateFaults(faults) }
    return nodes
}

/// At least one, in the order of their places.
struct TemplateFaults: Error, Sendable {
    let faults: [TemplateFault]

    init(_ faults: [TemplateFault]) { self.faults = faults.sorted { $0.offset < $1.offset } }
}
