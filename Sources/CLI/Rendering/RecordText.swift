import Model
import Reports

func recordTable(_ state: RecordedState, style: Style) -> [String] {
    let records = state.records.values.sorted { $0.address < $1.address }
    return table(
        ["ADDRESS", "KIND", "HOST", "OBJECT"],
        records.map { record in
            let name = record.object.pool.map { "\($0)/\(record.object.name)" } ?? record.object.name
            return [
                record.address.description.printable, record.object.kind.rawValue, String(record.object.host.name),
                name.printable + (record.isProtected ? "  protected" : ""),
            ]
        }, style: style)
}

/// One record with all that was applied.
func recordLines(_ record: Record, style: Style) -> [String] {
    let object = record.object
    var lines: [(String, String)] = [
        ("kind", object.kind.rawValue), ("host", object.host.description),
        ("name", object.pool.map { "\($0)/\(object.name)" } ?? object.name),
    ]
    if let id = object.id { lines.append(("uuid", id.description)) }
    if record.isProtected { lines.append(("protected", "yes")) }
    if record.isPartial { lines.append(("whole", "no: its making was interrupted")) }
    if !record.needs.isEmpty { lines.append(("needs", record.needs.map(\.description).joined(separator: ", "))) }
    for (path, value) in record.attributes { lines.append((path.label, text(of: value, for: path.attribute))) }
    let width = (lines.map(\.0.count).max() ?? 0) + 2
    return [style(record.address.description.printable, .bold)]
        + lines.map { "  \(style($0.0.padded(to: width), .dim))\($0.1.printable)" }
}

func json(of record: Record) -> Value {
    [
        "address": .string(record.address.text),
        "kind": .string(record.object.kind.rawValue),
        "provider": .string(record.object.host.text),
        "name": .string(record.object.name),
        "pool": record.object.pool.map(Value.string) ?? .null,
        "uuid": record.object.id.map { .string($0.description) } ?? .null,
        "protected": .bool(record.isProtected),
        "needs": .list(record.needs.map { .string($0.text) }),
        "attributes": .map(
            Dictionary(
                record.attributes.map { ($0.path.description, $0.value) }, uniquingKeysWith: { first, _ in first })),
    ]
}
