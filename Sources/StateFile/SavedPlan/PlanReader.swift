import Model

/// Reads what of a plan is shown and done.
extension RecordReader {
    mutating func change(_ json: inout JSONReader) throws(JSONError) -> PlannedChange {
        var address: Address?
        var object: ObjectReference?
        var action: Change.Action?
        var cause: Cause?
        var dependsOn: [Address]?
        var desired: (needs: [Address], origin: SourceLocation?)?
        var record: (object: ObjectReference?, needs: [Address], isPartial: Bool)?
        var disruption: Disruption?
        var features: [HostFeature]?
        var fields: (fields: [FieldChange], disruptions: [Disruption])?
        var isPending: Bool?
        var isRunning: Bool?
        var refusal: Refusal?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "address": try json.once(&address, self.address(&json))
            case "action": try json.once(&action, json.word("an action"))
            case "cause": try json.once(&cause, json.word("a cause"))
            case "dependsOn": try json.once(&dependsOn, self.addresses(&json))
            case "desired":
                let parts = try self.place(&json)
                try json.once(&desired, (parts.needs, parts.origin))
            case "disruption": try json.once(&disruption, json.word("a disruption"))
            case "features":
                var items: [HostFeature] = []
                try json.items { (json) throws(JSONError) in items.append(try json.word("a feature")) }
                try json.once(&features, items)
            case "fields": try json.once(&fields, self.fields(&json))
            case "object": try json.once(&object, self.object(&json))
            case "pendingRestart": try json.once(&isPending, json.flag())
            case "record":
                let parts = try self.place(&json)
                try json.once(&record, (parts.object, parts.needs, parts.isPartial))
            case "refusal": try json.once(&refusal, json.converted("a refusal") { Refusal($0) })
            case "running": try json.once(&isRunning, json.flag())
            default: throw json.failure("an unknown field: \(key)")
            }
        }
        guard let address, let object, let action else { throw json.failure("a change without its address or action") }
        let change = Change(
            action, address, object: object, cause: cause ?? .config, fields: fields?.fields ?? [],
            desired: desired.map { Resource(address, object, needs: $0.needs, origin: $0.origin) },
            record: record.map {
                Record(address, $0.object ?? object, attributes: .init(), needs: $0.needs, isPartial: $0.isPartial)
            }, isRunning: isRunning ?? false, features: Set(features ?? []))
        return PlannedChange(
            change, fieldDisruptions: fields?.disruptions ?? [], disruption: disruption ?? .none, refusal: refusal,
            leavesPendingRestart: isPending ?? false, dependsOn: dependsOn ?? [])
    }

    mutating func pendingRestart(_ json: inout JSONReader) throws(JSONError) -> PendingRestart {
        var address: Address?
        var object: ObjectReference?
        var disruption: Disruption?
        var fields: [FieldChange]?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "address": try json.once(&address, self.address(&json))
            case "object": try json.once(&object, self.object(&json))
            case "disruption": try json.once(&disruption, json.word("a disruption"))
            case "fields": try json.once(&fields, self.fields(&json).fields)
            default: throw json.failure("an unknown field: \(key)")
            }
        }
        guard let address, let object, let disruption, let fields else {
            throw json.failure("a pending restart that lacks something")
        }
        return PendingRestart(address, object: object, fields: fields, disruption: disruption)
    }

    mutating func step(
        _ json: inout JSONReader, _ lineage: ObjectID, base: (Address) -> Record?
    ) throws(JSONError) -> Step {
        var id: Int?
        var address: Address?
        var after: [Int]?
        var effect: EffectFields?
        var isForced: Bool?
        var isStamped: Bool?
        var object: ObjectReference?
        var set: Attributes?
        var timeout: Int?
        var verb: Operation.Verb?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "id": try json.once(&id, json.integer())
            case "address": try json.once(&address, self.address(&json))
            case "after":
                var items: [Int] = []
                try json.items { (json) throws(JSONError) in items.append(try json.integer()) }
                try json.once(&after, items)
            case "effect":
                var fields = EffectFields()
                try json.members { (json, key) throws(JSONError) in try self.effectField(key, &fields, &json) }
                try json.once(&effect, fields)
            case "force": try json.once(&isForced, json.flag())
            case "object": try json.once(&object, self.object(&json))
            case "set": try json.once(&set, self.attributes(&json))
            case "stamped": try json.once(&isStamped, json.flag())
            case "timeout": try json.once(&timeout, json.integer())
            case "verb": try json.once(&verb, json.word("a verb"))
            default: throw json.failure("an unknown field: \(key)")
            }
        }
        guard let id, let address, let object, let verb else { throw json.failure("a step that lacks something") }
        guard (0...1_000_000_000).contains(timeout ?? 0) else { throw json.failure("a timeout that is out of range") }
        let change = try effect?.change(json, base)
        guard change?.0 ?? address == address else { throw json.failure("a step that records something else") }
        return Step(
            id: id,
            operation: Operation(
                verb, object, of: address, set: set ?? .init(), timeout: timeout ?? 0, force: isForced ?? false,
                stamp: isStamped == true ? Stamp(lineage: lineage, address: address) : nil),
            after: after ?? [], effect: change?.1 ?? .none)
    }

    mutating func expected(_ json: inout JSONReader) throws(JSONError) -> Preconditions.Object {
        var address: Address?
        var object: ObjectReference?
        var word: Preconditions.Sighting?
        var attributes: Attributes?
        var running: Attributes?
        var stamp: Stamp?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "address": try json.once(&address, self.address(&json))
            case "object": try json.once(&object, self.object(&json))
            case "sighting": try json.once(&word, json.converted("a sighting", Preconditions.Sighting.init(word:)))
            case "attributes": try json.once(&attributes, self.attributes(&json))
            case "running": try json.once(&running, self.attributes(&json))
            case "stamp": try json.once(&stamp, json.converted("a stamp") { Stamp($0) })
            default: throw json.failure("an unknown field: \(key)")
            }
        }
        guard let address, let object, (word == nil) != (attributes == nil) else {
            throw json.failure("an object that lacks something")
        }
        let sighting = word ?? .found(attributes ?? .init(), running: running, stamp)
        return Preconditions.Object(address, object, sighting)
    }

    private mutating func fields(
        _ json: inout JSONReader
    ) throws(JSONError) -> (fields: [FieldChange], disruptions: [Disruption]) {
        var fields: [FieldChange] = []
        var disruptions: [Disruption] = []
        try json.items { (json) throws(JSONError) in
            var path: AttributePath?
            var before: Value?
            var after: Value?
            var cause: Cause?
            var disruption: Disruption?
            var origin: SourceLocation?
            var isLeast: Bool?
            try json.members { (json, key) throws(JSONError) in
                switch key {
                case "path": try json.once(&path, self.path(try json.text(), json))
                case "before": try json.once(&before, json.value())
                case "after": try json.once(&after, json.value())
                case "cause": try json.once(&cause, json.word("a cause"))
                case "disruption": try json.once(&disruption, json.word("a disruption"))
                case "least": try json.once(&isLeast, json.flag())
                case "origin": try json.once(&origin, json.converted("a place") { SourceLocation($0) })
                default: throw json.failure("an unknown field: \(key)")
                }
            }
            guard let path else { throw json.failure("a field without its path") }
            var field = FieldChange(
                path, before: before ?? .null, after: after ?? .null, cause: cause ?? .config, origin: origin)
            field.isLeast = isLeast ?? false
            fields.append(field)
            disruptions.append(disruption ?? .none)
        }
        return (fields, disruptions)
    }

    private mutating func place(
        _ json: inout JSONReader
    ) throws(JSONError) -> (object: ObjectReference?, needs: [Address], origin: SourceLocation?, isPartial: Bool) {
        var object: ObjectReference?
        var needs: [Address]?
        var origin: SourceLocation?
        var isPartial: Bool?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "object": try json.once(&object, self.object(&json))
            case "needs": try json.once(&needs, self.addresses(&json))
            case "origin": try json.once(&origin, json.converted("a place") { SourceLocation($0) })
            case "partial": try json.once(&isPartial, json.flag())
            default: throw json.failure("an unknown field: \(key)")
            }
        }
        return (object, needs ?? [], origin, isPartial ?? false)
    }
}

extension JSONReader {
    fileprivate mutating func word<Word: RawRepresentable<String>>(_ what: String) throws(JSONError) -> Word {
        guard let word = Word(rawValue: try text()) else { throw failure("not \(what)") }
        return word
    }

    fileprivate mutating func converted<Result>(
        _ what: String, _ convert: (Value) -> Result?
    ) throws(JSONError) -> Result {
        guard let result = convert(try value()) else { throw failure("not \(what)") }
        return result
    }
}

extension Preconditions.Sighting {
    fileprivate init?(word: Value) {
        switch word {
        case "absent": self = .absent
        case "taken": self = .taken
        case "hidden": self = .hidden
        default: return nil
        }
    }
}

extension Stamp {
    fileprivate init?(_ value: Value) {
        guard let members = value.members, members.count == 2, let address = members["address"]?.address,
            let lineage = members["lineage"]?.text.flatMap({ ObjectID($0) })
        else { return nil }
        self.init(lineage: lineage, address: address)
    }
}
