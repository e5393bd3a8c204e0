import Model

/// How a step ended.
package enum StepOutcome: Hashable, Sendable {
    case done
    /// It was not done, for certain.
    case failed(String)
    /// It may have been done all the same (the connection broke, say): the next run looks.
    case unclear(String)
    /// It was announced and never begun.
    case withdrawn
}

/// What the host was found to hold of a step whose end was not known.
package enum Finding: String, Hashable, Sendable {
    case done
    case notDone = "not-done"
    case partial
    /// The host could not be read: the next run looks again.
    case unknown
}

/// One line of a journal. An intent carries the whole record that holds if it succeeds, as a difference to what the
/// reader knows already where it can; an outcome is a number.
enum JournalEntry {
    case intent(OpenIntent)
    case outcome(Int, StepOutcome)
    case resolved(Int, Finding, Address, RecordEffect)
    /// Recorded or forgotten without a step.
    case noted(Address, RecordEffect)
    case hosts([Address: String])
}

extension RecordWriter {
    /// `base` finds the record that the reader of the journal will know by then, to tell the difference to.
    mutating func write(_ entry: JournalEntry, base: (Address) -> Record?) {
        switch entry {
        case .intent(let intent): write(intent, base: base(intent.address))
        case .outcome(let id, .done): json.append("{\"done\":\(id)}")
        case .outcome(let id, .withdrawn): json.append("{\"withdrawn\":\(id)}")
        case .outcome(let id, .failed(let reason)): write("failed", id, reason)
        case .outcome(let id, .unclear(let reason)): write("unclear", id, reason)
        case .resolved(let id, let finding, let address, let effect):
            json.append("{\"resolved\":\(id),\"finding\":\"\(finding.rawValue)\",")
            write(effect, of: address, base: base(address))
            json.append("}")
        case .noted(let address, let effect):
            json.append("{")
            write(effect, of: address, base: base(address))
            json.append("}")
        case .hosts(let hosts):
            json.append("{\"hosts\":")
            write(hosts)
            json.append("}")
        }
    }

    mutating func write(_ intent: OpenIntent, base: Record?) {
        json.append("{\"intent\":\(intent.id),\"verb\":\"\(intent.verb.rawValue)\",")
        write(intent.effect, of: intent.address, base: base)
        if intent.object != intent.effect.record?.object ?? base?.object {
            json.append(",\"object\":")
            write(intent.object)
        }
        json.append("}")
    }

    mutating func write(_ effect: RecordEffect, of address: Address, base: Record?) {
        switch effect {
        case .put(let record):
            if let base, base.differsInAttributesOnly(from: record) {
                json.append("\"address\":")
                json.write(address.text)
                json.append(",\"set\":")
                write(Attributes(ordered: record.attributes.filter { base.attributes[$0.path] != $0.value }))
                let gone = base.attributes.map(\.path).filter { record.attributes[$0] == nil }
                if !gone.isEmpty {
                    json.append(",\"unset\":")
                    write(gone)
                }
            } else {
                json.append("\"put\":")
                write(record)
            }
        case .remove:
            json.append("\"remove\":")
            json.write(address.text)
        case .none:
            json.append("\"address\":")
            json.write(address.text)
        }
    }

    private mutating func write(_ key: String, _ id: Int, _ reason: String) {
        json.append("{\"\(key)\":\(id),\"reason\":")
        // Enough to recognize it by; the whole of it was shown when it happened.
        json.write(String(reason.prefix(200)))
        json.append("}")
    }
}

extension RecordReader {
    mutating func entry(
        _ json: inout JSONReader, base: (Address) -> Record?
    ) throws(JSONError) -> JournalEntry {
        var fields = EntryFields()
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "intent", "done", "failed", "unclear", "withdrawn", "resolved":
                try json.once(&fields.kind, key)
                try json.once(&fields.id, json.integer())
            case "verb":
                guard let verb = Operation.Verb(rawValue: try json.text()) else { throw json.failure("not a verb") }
                try json.once(&fields.verb, verb)
            case "finding":
                guard let finding = Finding(rawValue: try json.text()) else { throw json.failure("not a finding") }
                try json.once(&fields.finding, finding)
            case "reason": try json.once(&fields.reason, json.text())
            case "object": try json.once(&fields.object, self.object(&json))
            case "hosts": try json.once(&fields.hosts, self.hosts(&json))
            default: try self.effectField(key, &fields.effect, &json)
            }
        }
        return try fields.entry(json, base: base)
    }

    mutating func effectField(
        _ key: String, _ fields: inout EffectFields, _ json: inout JSONReader
    ) throws(JSONError) {
        switch key {
        case "address": try json.once(&fields.address, address(&json))
        case "set": try json.once(&fields.set, attributes(&json))
        case "unset": try json.once(&fields.unset, paths(&json))
        case "put": try json.once(&fields.record, record(&json))
        case "remove": try json.once(&fields.removed, address(&json))
        default: throw json.failure("an unknown field: \(key)")
        }
    }

    /// An intent as a snapshot holds it: with its record in full.
    mutating func wholeIntent(_ json: inout JSONReader) throws(JSONError) -> OpenIntent {
        guard case .intent(let intent) = try entry(&json, base: { _ in nil }) else {
            throw json.failure("an intent should stand here")
        }
        return intent
    }
}

/// The parts of an entry, until all have been read.
private struct EntryFields {
    var kind: String?
    var id: Int?
    var verb: Operation.Verb?
    var finding: Finding?
    var reason: String?
    var effect = EffectFields()
    var object: ObjectReference?
    var hosts: [Address: String]?

    func entry(_ json: JSONReader, base: (Address) -> Record?) throws(JSONError) -> JournalEntry {
        if let hosts, kind == nil { return .hosts(hosts) }
        switch (kind, id) {
        case ("done", let id?): return .outcome(id, .done)
        case ("withdrawn", let id?): return .outcome(id, .withdrawn)
        case ("failed", let id?): return .outcome(id, .failed(reason ?? ""))
        case ("unclear", let id?): return .outcome(id, .unclear(reason ?? ""))
        case ("resolved", let id?):
            guard let finding else { throw json.failure("a resolution without a finding") }
            let (address, effect) = try self.effect.change(json, base)
            return .resolved(id, finding, address, effect)
        case ("intent", let id?):
            let (address, effect) = try self.effect.change(json, base)
            guard let verb, let object = object ?? effect.record?.object ?? base(address)?.object else {
                throw json.failure("an intent without its verb or object")
            }
            return .intent(OpenIntent(id: id, verb: verb, address: address, object: object, effect: effect))
        default:
            let (address, effect) = try self.effect.change(json, base)
            return .noted(address, effect)
        }
    }
}

/// The parts of an effect on what is recorded, until all have been read.
struct EffectFields {
    var address: Address?
    var set: Attributes?
    var unset: [AttributePath]?
    var record: Record?
    var removed: Address?

    func change(_ json: JSONReader, _ base: (Address) -> Record?) throws(JSONError) -> (Address, RecordEffect) {
        if let record { return (record.address, .put(record)) }
        if let removed { return (removed, .remove) }
        guard let address else { throw json.failure("an entry without an address") }
        guard let set else { return (address, .none) }
        guard var record = base(address) else { throw json.failure("a difference to a record that there is not") }
        for (path, value) in set { record.attributes[path] = value }
        for path in unset ?? [] { record.attributes[path] = nil }
        return (address, .put(record))
    }
}

extension RecordEffect {
    var record: Record? { if case .put(let record) = self { record } else { nil } }
}

extension Record {
    fileprivate func differsInAttributesOnly(from other: Record) -> Bool {
        var same = other
        same.attributes = attributes
        return same == self
    }
}
