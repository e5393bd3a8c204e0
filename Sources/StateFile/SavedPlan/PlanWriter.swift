import Model

/// What of a plan is shown and done, as its file has it. What has its usual value is left out.
extension RecordWriter {
    mutating func write(_ planned: PlannedChange) {
        let change = planned.change
        json.append("{")
        key("address")
        json.write(change.address.text)
        key("action")
        json.write(change.action.rawValue)
        if change.cause != .config {
            key("cause")
            json.write(change.cause.rawValue)
        }
        if !planned.dependsOn.isEmpty {
            key("dependsOn")
            write(planned.dependsOn)
        }
        // Of what is wanted and of what is recorded, what people are shown: the rest is in the steps.
        if let desired = change.desired {
            key("desired")
            json.append("{")
            writeNeeds(desired.needs, origin: desired.origin)
            json.append("}")
        }
        if planned.disruption != .none {
            key("disruption")
            json.write(planned.disruption.rawValue)
        }
        if !change.features.isEmpty {
            key("features")
            json.write(.list(change.features.map(\.rawValue).sorted().map(Value.string)))
        }
        if !change.fields.isEmpty {
            key("fields")
            write(change.fields, costing: planned.fieldDisruptions)
        }
        key("object")
        write(change.object)
        flag("pendingRestart", planned.leavesPendingRestart)
        if let record = change.record {
            key("record")
            json.append("{")
            key("object")
            write(record.object)
            writeNeeds(record.needs, origin: nil)
            flag("partial", record.isPartial)
            json.append("}")
        }
        if let refusal = planned.refusal {
            key("refusal")
            json.write(refusal.value)
        }
        flag("running", change.isRunning)
        json.append("}")
    }

    mutating func write(_ pending: PendingRestart) {
        json.append("{")
        key("address")
        json.write(pending.address.text)
        key("disruption")
        json.write(pending.disruption.rawValue)
        key("fields")
        write(pending.fields, costing: [])
        key("object")
        write(pending.object)
        json.append("}")
    }

    mutating func write(_ step: Step, base: Record?) {
        let operation = step.operation
        json.append("{")
        key("id")
        json.append(String(step.id))
        key("address")
        json.write(operation.address.text)
        if !step.after.isEmpty {
            key("after")
            json.write(.list(step.after.map { .integer(Int64($0)) }))
        }
        if step.effect != .none {
            key("effect")
            json.append("{")
            write(step.effect, of: operation.address, base: base)
            json.append("}")
        }
        flag("force", operation.force)
        key("object")
        write(operation.object)
        if !operation.set.isEmpty {
            key("set")
            write(operation.set)
        }
        // The stamp itself is the plan's lineage and the step's address.
        flag("stamped", operation.stamp != nil)
        if operation.timeout != 0 {
            key("timeout")
            json.append(String(operation.timeout))
        }
        key("verb")
        json.write(operation.verb.rawValue)
        json.append("}")
    }

    mutating func write(_ expected: Preconditions.Object) {
        json.append("{")
        key("address")
        json.write(expected.address.text)
        key("object")
        write(expected.object)
        switch expected.sighting {
        case .found(let attributes, let running, let stamp):
            key("attributes")
            write(attributes)
            if let running {
                key("running")
                write(running)
            }
            if let stamp {
                key("stamp")
                json.write(["address": .string(stamp.address.text), "lineage": .string(stamp.lineage.description)])
            }
        case .absent: word("absent")
        case .taken: word("taken")
        case .hidden: word("hidden")
        }
        json.append("}")
    }

    private mutating func word(_ word: String) {
        key("sighting")
        json.write(word)
    }

    private mutating func write(_ fields: [FieldChange], costing disruptions: [Disruption]) {
        json.append("[")
        for (index, field) in fields.enumerated() {
            json.append(index > 0 ? ",{" : "{")
            key("path")
            json.write(name(of: field.path))
            if !field.before.isNull {
                key("before")
                json.write(field.before)
            }
            if !field.after.isNull {
                key("after")
                json.write(field.after)
            }
            if field.cause != .config {
                key("cause")
                json.write(field.cause.rawValue)
            }
            if index < disruptions.count, disruptions[index] != .none {
                key("disruption")
                json.write(disruptions[index].rawValue)
            }
            flag("least", field.isLeast)
            if let origin = field.origin {
                key("origin")
                json.write(origin.value)
            }
            json.append("}")
        }
        json.append("]")
    }

    private mutating func writeNeeds(_ needs: [Address], origin: SourceLocation?) {
        if !needs.isEmpty {
            key("needs")
            write(needs)
        }
        if let origin {
            key("origin")
            json.write(origin.value)
        }
    }

    private mutating func flag(_ name: String, _ flag: Bool) {
        if flag {
            key(name)
            json.append("true")
        }
    }
}

extension SourceLocation {
    var value: Value { [.string(file), .integer(Int64(line)), .integer(Int64(column))] }

    init?(_ value: Value) {
        guard let items = value.items, items.count == 3, let file = items[0].text, let line = items[1].number,
            let column = items[2].number, (0...Int64(Int32.max)).contains(line),
            (0...Int64(Int32.max)).contains(column)
        else { return nil }
        self.init(file: file, line: Int(line), column: Int(column))
    }
}

extension Refusal {
    fileprivate var value: Value {
        switch self {
        case .needsLeave(let disruption): ["needsLeave": .string(disruption.rawValue)]
        case .protected: "protected"
        case .grown: "grown"
        case .hasGuests: "hasGuests"
        case .waitsFor(let address): ["waitsFor": .string(address.text)]
        case .usedBy(let address): ["usedBy": .string(address.text)]
        case .notHealed(let heal): ["notHealed": .string(heal.rawValue)]
        case .suspended(let suspension):
            [
                "suspended": [
                    "address": suspension.address.map { .string($0.text) } ?? .null,
                    "reason": .string(suspension.reason), "until": suspension.until.map(Value.string) ?? .null,
                ]
            ]
        }
    }

    init?(_ value: Value) {
        switch value {
        case "protected":
            self = .protected
            return
        case "grown":
            self = .grown
            return
        case "hasGuests":
            self = .hasGuests
            return
        default: break
        }
        guard let (key, word) = value.members?.first, value.members?.count == 1 else { return nil }
        if key == "suspended" {
            guard let suspension = Suspension(word) else { return nil }
            self = .suspended(suspension)
            return
        }
        guard let text = word.text else { return nil }
        switch key {
        case "notHealed":
            guard let heal = Heal(rawValue: text) else { return nil }
            self = .notHealed(heal)
        case "needsLeave":
            guard let disruption = Disruption(rawValue: text) else { return nil }
            self = .needsLeave(disruption)
        case "waitsFor", "usedBy":
            guard let address = Address(text), address.text == text else { return nil }
            self = key == "usedBy" ? .usedBy(address) : .waitsFor(address)
        default: return nil
        }
    }
}

extension Suspension {
    fileprivate init?(_ value: Value) {
        guard let members = value.members, members.count == 3, let reason = members["reason"]?.text,
            let address = members["address"], let until = members["until"], until.isNull || until.text != nil
        else { return nil }
        let named = address.text.flatMap { Address($0) }
        guard address.isNull || named?.text == address.text else { return nil }
        self.init(named, reason: reason, until: until.text)
    }
}
