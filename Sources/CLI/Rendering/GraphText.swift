import Model
import Reports

enum GraphFormat: String, CaseIterable { case dot, mermaid, json }

/// The desired graph: an arrow from what is needed to what needs it.
func render(_ desired: DesiredState, as format: GraphFormat) -> String {
    switch format {
    case .dot: dot(desired)
    case .mermaid: mermaid(desired)
    case .json: JSONWriter.text(of: json(desired), pretty: true)
    }
}

private func dot(_ desired: DesiredState) -> String {
    var lines = [
        "digraph \(quoted(desired.stack.name)) {", "  rankdir=LR;", "  node [shape=box, fontname=\"sans-serif\"];",
    ]
    for host in desired.hosts {
        lines.append("  subgraph \(quoted("cluster \(host.address)")) {")
        lines.append("    label=\(quoted("\(host.address)\n\(host.uri)"));")
        for resource in desired.resources where resource.object.host == host.address {
            lines.append("    \(quoted(resource.address.description)) [shape=\(shape(resource.object.kind))];")
        }
        lines.append("  }")
    }
    for resource in desired.resources {
        for need in resource.needs {
            lines.append("  \(quoted(need.description)) -> \(quoted(resource.address.description));")
        }
    }
    return (lines + ["}"]).joined(separator: "\n")
}

private func shape(_ kind: ResourceKind) -> String {
    switch kind {
    case .domain: "box"
    case .volume: "cylinder"
    case .pool: "folder"
    case .network: "ellipse"
    }
}

/// A string as Graphviz reads it between quotes.
private func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.printable {
        switch character {
        case "\"", "\\": result += "\\\(character)"
        case "\n": result += "\\n"
        default: result.append(character)
        }
    }
    return result + "\""
}

private func mermaid(_ desired: DesiredState) -> String {
    var lines = ["flowchart LR"]
    var ids: [Address: String] = [:]
    for (index, resource) in desired.resources.enumerated() { ids[resource.address] = "n\(index)" }
    for (index, host) in desired.hosts.enumerated() {
        lines.append("  subgraph h\(index)[\"\(escaped(host.address.description))\"]")
        for resource in desired.resources where resource.object.host == host.address {
            lines.append("    \(ids[resource.address] ?? "")[\"\(escaped(resource.address.description))\"]")
        }
        lines.append("  end")
    }
    for resource in desired.resources {
        for need in resource.needs {
            lines.append("  \(ids[need] ?? "") --> \(ids[resource.address] ?? "")")
        }
    }
    return lines.joined(separator: "\n")
}

private func escaped(_ text: String) -> String {
    text.printable.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "#quot;")
}

private func json(_ desired: DesiredState) -> Value {
    [
        "formatVersion": 1,
        "stack": .string(desired.stack.name),
        "hosts": .list(desired.hosts.map { ["address": .string($0.address.text), "uri": .string($0.uri)] }),
        "resources": .list(
            desired.resources.map { resource in
                [
                    "address": .string(resource.address.text),
                    "kind": .string(resource.object.kind.rawValue),
                    "provider": .string(resource.object.host.text),
                    "needs": .list(resource.needs.map { .string($0.text) }),
                ]
            }),
    ]
}
