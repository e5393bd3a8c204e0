import Model

/// Reads what `RecordWriter` wrote, strictly: a field of an unknown name, of another type, or one that comes twice is an
/// error.
struct RecordReader {
    /// Attribute paths and addresses come again and again; one copy of each is kept.
    private var paths: [String: AttributePath] = [:]
    private var known: [String: Address] = [:]

    mutating func record(_ json: inout JSONReader) throws(JSONError) -> Record {
        var fields = ObjectFields()
        var address: Address?
        var attributes: Attributes?
        var needs: [Address]?
        var isCreated: Bool?
        var isPartial: Bool?
        var isProtected: Bool?
        var timeout: Int?
        var unfinished: AttributeMap<Cause>?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "address": try json.once(&address, self.address(&json))
            case "attributes": try json.once(&attributes, self.attributes(&json))
            case "needs":
                try json.once(&needs, self.addresses(&json))
            case "created": try json.once(&isCreated, json.flag())
            case "partial": try json.once(&isPartial, json.flag())
            case "protected": try json.once(&isProtected, json.flag())
            case "shutdownTimeout": try json.once(&timeout, json.integer())
            case "unfinished": try json.once(&unfinished, self.causes(&json))
            default: try self.objectField(key, &fields, &json)
            }
        }
        guard let address, let attributes else { throw json.failure("a record without its address or attributes") }
        return Record(
            address, try fields.object(json), attributes: attributes, needs: needs ?? [],
            isProtected: isProtected ?? false, shutdownTimeout: timeout ?? Resource.defaultShutdownTimeout,
            isCreated: isCreated ?? true, isPartial: isPartial ?? false, unfinished: unfinished ?? .init())
    }

    mutating func object(_ json: inout JSONReader) throws(JSONError) -> ObjectReference {
        var fields = ObjectFields()
        try json.members { (json, key) throws(JSONError) in try self.objectField(key, &fields, &json) }
        return try fields.object(json)
    }

    mutating func attributes(_ json: inout JSONReader) throws(JSONError) -> Attributes {
        var elements: [Attributes.Element] = []
        var isOrdered = true
        try json.members { (json, key) throws(JSONError) in
            let path = try self.path(key, json)
            if let last = elements.last, !(last.path < path) { isOrdered = false }
            elements.append((path, try json.value()))
        }
        if isOrdered { return Attributes(ordered: elements) }
        let attributes = Attributes(elements)
        guard zip(attributes, attributes.dropFirst()).allSatisfy({ $0.path != $1.path }) else {
            throw json.failure("an attribute comes twice")
        }
        return attributes
    }

    private mutating func causes(_ json: inout JSONReader) throws(JSONError) -> AttributeMap<Cause> {
        var causes: [AttributeMap<Cause>.Element] = []
        for (path, word) in try attributes(&json) {
            guard let cause = word.text.flatMap(Cause.init) else { throw json.failure("not a cause: \(path)") }
            causes.append((path, cause))
        }
        return AttributeMap(causes)
    }

    mutating func paths(_ json: inout JSONReader) throws(JSONError) -> [AttributePath] {
        var paths: [AttributePath] = []
        try json.items { (json) throws(JSONError) in paths.append(try self.path(try json.text(), json)) }
        return paths
    }

    mutating func hosts(_ json: inout JSONReader) throws(JSONError) -> [Address: String] {
        var hosts: [Address: String] = [:]
        try json.members { (json, key) throws(JSONError) in
            guard let address = Address(key), hosts.updateValue(try json.text(), forKey: address) == nil else {
                throw json.failure("a host that is not an address, or comes twice: \(key)")
            }
        }
        return hosts
    }

    mutating func address(_ json: inout JSONReader) throws(JSONError) -> Address {
        let text = try json.text()
        if let address = known[text] { return address }
        guard let address = Address(text), address.text == text else { throw json.failure("not an address: \(text)") }
        known[text] = address
        return address
    }

    mutating func addresses(_ json: inout JSONReader) throws(JSONError) -> [Address] {
        var items: [Address] = []
        try json.items { (json) throws(JSONError) in items.append(try self.address(&json)) }
        return items
    }

    mutating func path(_ text: String, _ json: JSONReader) throws(JSONError) -> AttributePath {
        if let path = paths[text] { return path }
        guard let path = AttributePath(text) else { throw json.failure("not an attribute: \(text)") }
        paths[text] = path
        return path
    }

    private mutating func objectField(
        _ key: String, _ fields: inout ObjectFields, _ json: inout JSONReader
    ) throws(JSONError) {
        switch key {
        case "host": try json.once(&fields.host, address(&json))
        case "name": try json.once(&fields.name, json.text())
        case "pool": try json.once(&fields.pool, json.text())
        case "kind":
            guard let kind = ResourceKind(rawValue: try json.text()) else { throw json.failure("not a kind of object") }
            try json.once(&fields.kind, kind)
        case "id":
            guard let id = ObjectID(try json.text()) else { throw json.failure("not a UUID") }
            try json.once(&fields.id, id)
        default: throw json.failure("an unknown field: \(key)")
        }
    }
}

/// The parts of an object reference, until all have been read.
private struct ObjectFields {
    var kind: ResourceKind?
    var host: Address?
    var name: String?
    var pool: String?
    var id: ObjectID?

    func object(_ json: JSONReader) throws(JSONError) -> ObjectReference {
        guard let kind, let host, let name else { throw json.failure("an object without its kind, host or name") }
        return ObjectReference(kind, host: host, name: name, pool: pool, id: id)
    }
}

extension JSONReader {
    /// Takes a field's value, once.
    func once<Field>(_ field: inout Field?, _ value: Field) throws(JSONError) {
        guard field == nil else { throw failure("a field comes twice") }
        field = value
    }
}
