package import Model

/// The JSON Schema (draft 2020-12) of all kinds together, or of one; nil where there is no such kind.
package func jsonSchema(kind name: String? = nil) -> Value? {
    let kinds = Kind.all.filter { name == nil || $0.name == name }
    guard !kinds.isEmpty else { return nil }
    let schemas = kinds.map(schema(of:))
    guard schemas.count > 1 else {
        guard case .map(var members) = schemas[0] else { return nil }
        members["$schema"] = draft
        return .map(members)
    }
    let definitions = Dictionary(zip(kinds.map(\.name), schemas), uniquingKeysWith: { first, _ in first })
    return [
        "$schema": draft, "title": "Manifests that rigaud reads", "$defs": .map(definitions),
        "oneOf": .list(kinds.map { ["$ref": .string("#/$defs/\($0.name)")] }),
    ]
}

/// The names of all kinds.
package var kindNames: [String] { Kind.all.map(\.name) }

private let draft: Value = "https://json-schema.org/draft/2020-12/schema"

private func schema(of kind: Kind) -> Value {
    var properties: [String: Value] = [
        "apiVersion": ["enum": .list(kind.group.apiVersions.map(Value.string))],
        "kind": ["const": .string(kind.name)],
        "metadata": metadata,
        "status": ["description": "Ignored."],
    ]
    var required: [Value] = ["apiVersion", "kind", "metadata"]
    if kind.hasSpec {
        properties["spec"] = schema(of: kind.scope.root, kind.scope)
        if !kind.scope.required.isEmpty { required.append("spec") }
    } else if let members = schema(of: kind.scope.root, kind.scope)["properties"]?.members {
        properties.merge(members) { own, _ in own }
    }
    return [
        "title": .string(kind.name), "description": .string(kind.doc), "type": "object",
        "properties": .map(properties), "required": .list(required), "additionalProperties": false,
    ]
}

private let metadata: Value = [
    "type": "object", "required": ["name"],
    "properties": [
        "name": ["type": ["string", "number"], "description": "What it is called."],
        "namespace": ["type": "string", "default": "default", "description": "The namespace of its name."],
        "labels": ["type": "object"],
        "annotations": [
            "type": "object",
            "properties": [
                "rigaud.io/protect": flagSchema, "rigaud.io/autostart": flagSchema,
                "rigaud.io/description": ["type": "string"],
            ],
        ],
    ],
]

private let flagSchema: Value = ["enum": [true, false, "true", "false", "yes", "no", "on", "off"]]

/// The schema of a mapping. Where a field has several spellings only its first can be required, so none of it is.
private func schema(of branch: Branch, _ scope: Scope) -> Value {
    var properties: [String: Value] = [:]
    var required: [Value] = []
    for (key, child) in zip(branch.keys, branch.children) {
        var choices: [Value] = child.endings.map { schema(of: $0, scope) }
        if !child.children.isEmpty { choices.append(schema(of: child, scope)) }
        let isRequired = child.endings.contains { scope.rows[$0.slot].isRequired }
        let value: Value = choices.count == 1 ? choices[0] : ["anyOf": .list(choices)]
        properties[key] = isRequired ? value : orNull(value)
        if child.endings.contains(where: { scope.rows[$0.slot].isRequired && scope.rows[$0.slot].also.isEmpty }) {
            required.append(.string(key))
        }
    }
    var members: [String: Value] = [
        "type": "object", "properties": .map(properties), "additionalProperties": false,
    ]
    if !required.isEmpty { members["required"] = .list(required) }
    return .map(members)
}

/// What is null is left out.
private func orNull(_ schema: Value) -> Value {
    guard var members = schema.members else { return schema }
    if let type = members["type"] {
        members["type"] = .list((type.items ?? [type]) + ["null"])
    } else if let words = members["enum"]?.items {
        members["enum"] = .list(words + [.null])
    } else if let choices = members["anyOf"]?.items {
        members["anyOf"] = .list(choices + [["type": "null"]])
    }
    return .map(members)
}

private func schema(of ending: Branch.Ending, _ scope: Scope) -> Value {
    let row = scope.rows[ending.slot]
    guard case .map(var members) = schema(of: row.type, ending.reading) else { return [:] }
    var doc = row.doc
    if !ending.isCanonical { doc += " Another spelling of `\(row.path)`." }
    if case .later = row.verdict { doc += " Accepted without effect for now." }
    if case .foreign(let hypervisor) = row.verdict { doc += " For \(hypervisor); without effect." }
    if case .ignored(let reason) = row.verdict { doc += " Ignored: \(reason)" }
    members["description"] = .string(doc)
    return .map(members)
}

private func schema(of type: FieldType, _ reading: Spelling.Reading) -> Value {
    switch reading {
    case .addressOfCIDR, .prefixOfCIDR: return ["type": "string"]
    case .asIs, .unit, .alternative: break
    }
    switch type {
    case .text(let rule): return textSchema(rule)
    case .word(let words):
        return ["anyOf": [["enum": .list(words.map { .string($0.name) })], ["type": ["string", "boolean"]]]]
    case .flag: return flagSchema
    case .integer(let range):
        return [
            "type": ["integer", "string"], "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
            "pattern": "^[+-]?[0-9]+$",
        ]
    case .quantity:
        return [
            "type": ["number", "string"], "minimum": 0,
            "pattern": "^\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE]\\+?[0-9]+|[a-zA-Z]*)$",
        ]
    case .duration: return ["type": ["integer", "string"], "minimum": 0, "pattern": "^([0-9.]+(ms|s|m|h|d|w)?)+$"]
    case .reference: return referenceSchema
    case .texts(let rule): return ["anyOf": [["type": "string"], ["type": "array", "items": textSchema(rule)]]]
    case .dictionary:
        return ["type": "object", "additionalProperties": ["type": ["string", "number", "boolean", "null"]]]
    case .timers: return ["type": "object", "additionalProperties": ["type": ["string", "boolean"]]]
    case .any: return [:]
    case .list(let scope, let limit):
        return ["type": "array", "maxItems": .integer(Int64(limit)), "items": schema(of: scope.root, scope)]
    }
}

private func textSchema(_ rule: TextRule) -> Value {
    var members: [String: Value] = ["type": ["string", "number", "boolean"]]
    if let pattern = rule.pattern { members["pattern"] = .string(pattern) }
    return .map(members)
}

private let referenceSchema: Value = [
    "anyOf": [
        ["type": "string"],
        [
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": [
                "name": ["type": ["string", "number"]], "namespace": ["type": "string"], "key": ["type": "string"],
            ],
        ],
    ]
]
