import Model

/// The reference of all fields as Markdown: what `docs/fields.md` holds.
package func fieldReference() -> String {
    var text = """
        # The fields of manifests

        This page is made from the table that rigaud reads manifests by. Do not edit it: change the row in
        `Sources/Manifest/Kinds`, and run the tests with `RIGAUD_RECORD=1`.

        Every document has `apiVersion`, `kind` and `metadata` with a `name` and, unless it is `default`, a `namespace`. The
        annotations that mean something:

        \(AnnotationRow.all.map { "- `\($0.key)`: \($0.expectation). \($0.doc)" }.joined(separator: "\n"))

        What a field does is in the last column. *Not yet* means that it is accepted with a warning. Names of attributes are
        those of plans.

        """
    for kind in Kind.all {
        text += "\n## \(kind.name)\n\n`apiVersion: \(kind.group.apiVersions[0])`. \(kind.doc)\n\n"
        text += "| field | value | default | meaning | effect |\n|---|---|---|---|---|\n"
        addRows(of: kind.scope, prefix: kind.hasSpec ? "spec." : "", to: &text)
    }
    return text
}

private func addRows(of scope: Scope, prefix: String, to text: inout String) {
    for row in scope.rows {
        let path = prefix + row.path
        var field = "`\(path)`"
        if !row.also.isEmpty {
            field += "<br>also " + row.also.map { "`\(prefix)\($0.path)`" }.joined(separator: ", ")
        }
        let fallback = row.isRequired ? "*required*" : row.fallback.map { "`\($0)`" } ?? ""
        let cells = [field, row.type.cell, fallback, row.doc, row.verdict.cell]
        text += "| " + cells.map(escape).joined(separator: " | ") + " |\n"
        if case .list(let items, _) = row.type { addRows(of: items, prefix: "\(path)[].", to: &text) }
    }
}

private func escape(_ cell: String) -> String {
    cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
}

extension FieldType {
    fileprivate var cell: String {
        switch self {
        case .text(.any): "text"
        case .text(let rule): rule.expectation
        case .word(let words): words.map { "`\($0.name)`" }.joined(separator: ", ")
        case .flag: "`true`, `false`"
        case .integer(let range):
            range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        case .quantity(_, let unit):
            unit == bytesPerGiB ? "GiB, or a quantity" : unit == bytesPerMiB ? "MiB, or a quantity" : "quantity"
        case .duration: "duration"
        case .reference(let kind): "`{name, namespace}` of a \(kind)"
        case .texts(.any): "list of texts"
        case .texts(let rule): "list, each \(rule.expectation)"
        case .dictionary: "names with texts"
        case .timers: "names with a text or a flag"
        case .any: "anything"
        case .list(_, let limit): "list of at most \(limit)"
        }
    }
}

extension Verdict {
    fileprivate var cell: String {
        switch self {
        case .attributes(let attributes): attributes.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        case .used: "used"
        case .later: "*not yet*"
        case .foreign(let hypervisor): "for \(hypervisor)"
        case .ignored(let reason): "ignored: \(reason)"
        }
    }
}
