import Model
import YAML

/// Reads a document's `spec` by the rows of its kind, and says everything that is wrong with it.
struct Decoder {
    let tree: Tree
    let file: String
    /// Values of this document are never shown.
    let isSensitive: Bool
    var problems: Problems
    private var path: [String]
    /// Rows that a warning was given for in this document.
    private var warned: [(scope: Scope, slot: Int)] = []

    init(_ tree: Tree, file: String, isSensitive: Bool, path: [String], problems: Problems) {
        self.tree = tree
        self.file = file
        self.isSensitive = isSensitive
        self.path = path
        self.problems = problems
    }

    /// Reads a mapping, or nothing at all, by a scope's rows.
    mutating func decode(
        _ index: Int?, at anchor: Node, by scope: Scope, ignoring header: [String] = []
    ) -> Record {
        var record = Record(scope: scope, file: file, line: anchor.line, column: anchor.column)
        if let index {
            if tree[index].kind == .mapping {
                decode(mapping: index, in: scope.root, into: &record, ignoring: header)
            } else {
                let advice = fields(of: scope.root)
                add(.wrongType, at: index, "\(here) is a mapping; this is \(kindName(index)). \(advice)")
                return record
            }
        }
        for slot in scope.required where record.cell(slot) == nil && !record.rejected.contains(slot) {
            let field = (path + [scope.rows[slot].path]).joined(separator: ".")
            add(.missingField, at: anchor, "`\(field)` must be given. \(scope.rows[slot].doc)")
        }
        return record
    }

    private mutating func decode(
        mapping: Int, in branch: Branch, into record: inout Record, ignoring header: [String] = []
    ) {
        var entries: [(key: Int, value: Int)] = []
        tree.forEachEntry(of: mapping) { entries.append(($0, $1)) }
        for (key, value) in entries {
            let name = tree[key].text
            if header.contains(name) { continue }
            path.append(name)
            defer { path.removeLast() }
            guard let child = branch.child(name) else {
                addUnknown(key, in: branch)
                continue
            }
            if tree[value].isNull { continue }
            if takes(child, value, record.scope) {
                for ending in endings(of: child, for: value, record.scope) {
                    decode(value, by: ending, key: key, into: &record)
                }
            } else if tree[value].kind == .mapping {
                decode(mapping: value, in: child, into: &record)
            } else {
                let fields = child.keys.prefix(6).map { "`\($0)`" }.joined(separator: ", ")
                add(
                    .wrongType, at: value,
                    "\(here) is a mapping with fields such as \(fields); this is \(kindName(value)).")
            }
        }
    }

    /// Whether a value is itself what a row asks for, rather than a mapping that leads to other rows.
    private func takes(_ branch: Branch, _ value: Int, _ scope: Scope) -> Bool {
        guard !branch.endings.isEmpty else { return false }
        guard !branch.children.isEmpty, tree[value].kind == .mapping else { return true }
        return branch.endings.contains { scope.rows[$0.slot].type.takesMapping }
    }

    /// The rows that a value is read for.
    private func endings(of branch: Branch, for value: Int, _ scope: Scope) -> [Branch.Ending] {
        let alternatives = branch.endings.filter { $0.reading == .alternative }
        guard let last = alternatives.last else { return branch.endings }
        let fitting = alternatives.first { ending in
            tree[value].kind == .scalar
                && readScalar(tree[value].text, as: scope.rows[ending.slot].type, .asIs) != nil
        }
        return [fitting ?? last]
    }

    private mutating func decode(_ value: Int, by ending: Branch.Ending, key: Int, into record: inout Record) {
        let row = record.scope.rows[ending.slot]
        let before = problems.diagnostics.count
        guard let datum = read(value, as: row.type, ending.reading, row) else {
            record.rejected.append(ending.slot)
            // Of a text that is two fields, what is wrong is said once.
            if problems.diagnostics.count == before, ending.reading != .prefixOfCIDR {
                addInvalid(value, row, ending.reading)
            }
            return
        }
        // An address alone has no prefix to give, which may stand beside it.
        if ending.reading == .prefixOfCIDR, datum == .present { return }
        let node = tree[value].kind == .scalar ? tree[value] : tree[key]
        if let other = record.cell(ending.slot) {
            if other.datum != datum, !tree.duplicates.contains(where: { $0.second == key }) {
                let first = record.location(of: other.line, other.column)
                add(
                    .conflictingSpellings, at: node,
                    "\(here) says something else than another spelling of the same field at \(first). Its name is "
                        + "`\(row.path)`; keep that one.")
            }
            return
        }
        record.cells.append(
            Record.Cell(
                slot: ending.slot, datum: datum, line: node.line, column: node.column, isLiteral: node.isLiteral))
        warn(row, slot: ending.slot, scope: record.scope, at: node)
    }

    private mutating func warn(_ row: Row, slot: Int, scope: Scope, at node: Node) {
        switch row.verdict {
        case .attributes, .used, .ignored: return
        case .later, .foreign: break
        }
        if warned.contains(where: { $0.scope === scope && $0.slot == slot }) { return }
        warned.append((scope, slot))
        if case .foreign(let hypervisor) = row.verdict {
            add(
                .otherHypervisor, .warning, at: node,
                "\(here) is for \(hypervisor). It means nothing to libvirt and is left out.")
        } else {
            add(.notHonoured, .warning, at: node, "\(here) is accepted, but rigaud does not act on it yet.")
        }
    }

    private mutating func read(_ index: Int, as type: FieldType, _ reading: Spelling.Reading, _ row: Row) -> Datum? {
        switch type {
        case .any:
            return .present
        case .list(let scope, let limit):
            return readList(index, scope, limit)
        case .reference:
            return readReference(index)
        case .dictionary, .timers:
            return readPairs(index, type)
        case .texts(let rule):
            return readTexts(index, rule)
        default:
            guard tree[index].kind == .scalar else {
                add(.wrongType, at: index, "\(here) is \(type.expectation); this is \(kindName(index)).")
                return nil
            }
            return readScalar(tree[index].text, as: type, reading)
        }
    }

    private mutating func readList(_ index: Int, _ scope: Scope, _ limit: Int) -> Datum? {
        guard tree[index].kind == .sequence else {
            add(.wrongType, at: index, "\(here) is a list; this is \(kindName(index)).")
            return nil
        }
        var items: [Int] = []
        tree.forEachItem(of: index) { items.append($0) }
        guard items.count <= limit else {
            add(.invalidValue, at: index, "\(here) has at most \(limit) items; here are \(items.count).")
            return nil
        }
        let name = path.removeLast()
        defer { path[path.count - 1] = name }
        path.append("")
        var records: [Record] = []
        for (position, item) in items.enumerated() {
            path[path.count - 1] = "\(name)[\(position)]"
            records.append(decode(item, at: tree[item], by: scope))
        }
        return .records(records)
    }

    private mutating func readReference(_ index: Int) -> Datum? {
        if tree[index].kind == .scalar {
            return isName(tree[index].text)
                ? .reference(Reference(name: tree[index].text, namespace: nil, key: nil)) : nil
        }
        let record = decode(index, at: tree[index], by: Decoder.referenceScope)
        guard let name = record.text("name")?.value else { return nil }
        return .reference(
            Reference(name: name, namespace: record.text("namespace")?.value, key: record.text("key")?.value))
    }

    private mutating func readTexts(_ index: Int, _ rule: TextRule) -> Datum? {
        var texts: [String] = []
        var items: [(node: Int, text: String)] = []
        if tree[index].kind == .sequence {
            tree.forEachItem(of: index) { items.append(($0, tree[$0].text)) }
        } else if tree[index].kind == .scalar {
            for part in tree[index].text.split(separator: ",") {
                items.append((index, String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())))
            }
        } else {
            add(.wrongType, at: index, "\(here) is a list of texts; this is a mapping.")
            return nil
        }
        var isValid = true
        for item in items {
            if tree[item.node].kind == .scalar, let text = rule.read(item.text) {
                texts.append(text)
            } else {
                isValid = false
                add(.invalidValue, at: item.node, "Each item of \(here) is \(rule.expectation); \(shown(item.node)).")
            }
        }
        return isValid ? .texts(texts) : nil
    }

    private mutating func readPairs(_ index: Int, _ type: FieldType) -> Datum? {
        guard tree[index].kind == .mapping else {
            add(.wrongType, at: index, "\(here) is a mapping of names to texts; this is \(kindName(index)).")
            return nil
        }
        var entries: [(key: Int, value: Int)] = []
        tree.forEachEntry(of: index) { entries.append(($0, $1)) }
        var pairs: [Pair] = []
        for (key, value) in entries where !tree[value].isNull {
            guard tree[value].kind == .scalar else {
                add(
                    .wrongType, at: value,
                    "`\((path + [tree[key].text]).joined(separator: "."))` is a text; this is \(kindName(value)).")
                continue
            }
            var content: Value = .string(tree[value].text)
            if case .timers = type, let flag = readFlag(tree[value].text) { content = .bool(flag) }
            pairs.append(
                Pair(key: tree[key].text, value: content, line: tree[value].line, column: tree[value].column))
        }
        return .pairs(pairs)
    }

    // MARK: - What is wrong

    /// The path that is read now, as a diagnostic shows it.
    private var here: String { "`\(path.joined(separator: "."))`" }

    mutating func add(_ code: ProblemCode, _ severity: Diagnostic.Severity = .error, at node: Node, _ detail: String) {
        problems.add(
            code, severity, at: SourceLocation(file: file, line: Int(node.line), column: Int(node.column)), detail)
    }

    mutating func add(_ code: ProblemCode, at index: Int, _ detail: String) { add(code, at: tree[index], detail) }

    private mutating func addUnknown(_ key: Int, in branch: Branch) {
        let advice =
            nearest(to: tree[key].text, in: branch.keys).map { "Did you mean `\($0)`?" }
            ?? fields(of: branch)
        add(.unknownField, at: key, "There is no field \(here). \(advice)")
    }

    private func fields(of branch: Branch) -> String {
        "The fields here are \(branch.keys.prefix(8).map { "`\($0)`" }.joined(separator: ", "))"
            + (branch.keys.count > 8 ? " and others." : ".")
    }

    private mutating func addInvalid(_ index: Int, _ row: Row, _ reading: Spelling.Reading) {
        let expectation =
            reading == .addressOfCIDR
            ? "an IP address, with the length of its prefix as in 192.0.2.1/24 or with `prefix` beside it"
            : row.type.expectation
        add(.invalidValue, at: index, "\(here) is \(expectation); \(shown(index)).")
    }

    private func shown(_ index: Int) -> String {
        guard tree[index].kind == .scalar else { return "this is \(kindName(index))" }
        if isSensitive { return "this is something else" }
        let text = maskedURL(tree[index].text).prefix(40)
        return text.isEmpty ? "this is empty" : "this is `\(text.split(whereSeparator: \.isNewline).first ?? "")`"
    }

    private func kindName(_ index: Int) -> String {
        switch tree[index].kind {
        case .scalar: "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        }
    }

    private static let referenceScope = Scope {
        text("name", as: .name, required: true, .used, "The name of what is referred to.")
        text(
            "namespace", as: .name, .used,
            "Its namespace; the one of the document that refers to it where it is left out.")
        text("key", .used, "The key within a Secret.")
    }
}

extension Decoder {
    /// Reads a kind whose fields stand beside its header.
    mutating func decodeTopLevel(by scope: Scope) -> Record {
        decode(Tree.root, at: tree[Tree.root], by: scope, ignoring: ["apiVersion", "kind", "metadata", "status"])
    }
}
