import Model

/// Writes records as canonical JSON without building a tree: fields in the order of their names, attributes in the order
/// of the attribute table, what has its usual value left out.
struct RecordWriter {
    var json = JSONWriter()
    /// The names of the attributes met so far: there are few of them, and each costs some work.
    private var names: [AttributePath: String] = [:]

    mutating func write(_ record: Record) {
        json.append("{\"address\":")
        json.write(record.address.text)
        json.append(",\"attributes\":")
        write(record.attributes)
        if !record.isCreated { json.append(",\"created\":false") }
        json.append(",")
        writeFields(of: record.object)
        if !record.needs.isEmpty {
            json.append(",\"needs\":")
            write(record.needs)
        }
        if record.isPartial { json.append(",\"partial\":true") }
        if record.isProtected { json.append(",\"protected\":true") }
        if record.shutdownTimeout != Resource.defaultShutdownTimeout {
            json.append(",\"shutdownTimeout\":\(record.shutdownTimeout)")
        }
        if !record.unfinished.isEmpty {
            json.append(",\"unfinished\":")
            write(record.unfinished.mapValues { .string($0.rawValue) })
        }
        json.append("}")
    }

    mutating func write(_ attributes: Attributes) {
        json.append("{")
        var isFirst = true
        for (path, value) in attributes {
            if !isFirst { json.append(",") }
            isFirst = false
            json.write(name(of: path))
            json.append(":")
            json.write(value)
        }
        json.append("}")
    }

    mutating func write(_ object: ObjectReference) {
        json.append("{")
        writeFields(of: object)
        json.append("}")
    }

    mutating func write(_ hosts: [Address: String]) {
        json.append("{")
        for (index, host) in hosts.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { json.append(",") }
            json.write(host.key.text)
            json.append(":")
            json.write(host.value)
        }
        json.append("}")
    }

    mutating func write(_ paths: [AttributePath]) {
        json.append("[")
        for (index, path) in paths.enumerated() {
            if index > 0 { json.append(",") }
            json.write(name(of: path))
        }
        json.append("]")
    }

    mutating func write(_ addresses: [Address]) {
        json.append("[")
        for (index, address) in addresses.enumerated() {
            if index > 0 { json.append(",") }
            json.write(address.text)
        }
        json.append("]")
    }

    private mutating func writeFields(of object: ObjectReference) {
        json.append("\"host\":")
        json.write(object.host.text)
        if let id = object.id { json.append(",\"id\":\"\(id)\"") }
        json.append(",\"kind\":\"\(object.kind.rawValue)\",\"name\":")
        json.write(object.name)
        if let pool = object.pool {
            json.append(",\"pool\":")
            json.write(pool)
        }
    }

    mutating func name(of path: AttributePath) -> String {
        if let name = names[path] { return name }
        let name = path.description
        names[path] = name
        return name
    }
}
