import Model

/// Reads what `SavedPlanFormat` wrote, strictly, and checks that its steps hang together.
struct SavedPlanReader {
    private var reader = RecordReader()
    private var bases = EffectBases()

    mutating func plan(_ json: inout JSONReader) throws(JSONError) -> SavedPlan {
        var header: SavedPlanHeader?
        var changes: [PlannedChange]?
        var pending: [PendingRestart]?
        var unrecorded: [Record]?
        var steps: [Step]?
        var objects: [Preconditions.Object]?
        try json.members { (json, key) throws(JSONError) in
            switch key {
            case "header":
                let value = try json.value()
                try json.once(&header, SavedPlanReader.header(of: value, json))
            case "changes":
                let list = try self.list(&json) { (reader, json) throws(JSONError) in try reader.change(&json) }
                try json.once(&changes, list)
            case "pendingRestarts":
                let list = try self.list(&json) { (reader, json) throws(JSONError) in try reader.pendingRestart(&json) }
                try json.once(&pending, list)
            case "unrecorded":
                let list = try self.list(&json) { (reader, json) throws(JSONError) in try reader.record(&json) }
                try json.once(&unrecorded, list)
            case "steps":
                guard let lineage = header?.lineage else { throw json.failure("the steps stand before the header") }
                try json.once(&steps, self.steps(&json, lineage))
            case "objects":
                let list = try self.list(&json) { (reader, json) throws(JSONError) in try reader.expected(&json) }
                try json.once(&objects, list)
            default: throw json.failure("an unknown field: \(key)")
            }
        }
        guard let header, let changes, let pending, let unrecorded, let steps, let objects else {
            throw json.failure("a part of it is missing")
        }
        var plan = Plan(
            stack: header.stack, lineage: header.lineage, serial: header.serial, digest: header.digest,
            hosts: header.hosts, changes: changes, steps: steps, pendingRestarts: pending, unrecorded: unrecorded,
            forgotten: header.forgotten, unchanged: header.unchanged, unknown: header.unknown,
            diagnostics: header.diagnostics)
        plan.leftOut = header.leftOut
        plan.ignored = header.ignored
        plan.suspended = header.suspended
        plan.keepers = header.keepers
        plan.deferred = header.deferred
        let preconditions = Preconditions(
            records: header.records, objects: objects, users: header.users, hosts: header.recordedHosts,
            restsOn: Set(header.restsOn))
        if let reason = plan.contradiction(to: preconditions) { throw json.failure(reason) }
        return SavedPlan(
            plan, lineage: header.lineage, source: header.source, policy: header.policy, notices: header.notices,
            isSimulated: header.isSimulated, preconditions: preconditions)
    }

    private static func header(of value: Value, _ json: JSONReader) throws(JSONError) -> SavedPlanHeader {
        do throws(FieldError) {
            return try SavedPlanHeader(value)
        } catch {
            throw json.failure("its header lacks \(error.name), or should not have it, or has it in another form")
        }
    }

    private mutating func list<Item>(
        _ json: inout JSONReader, _ read: (inout RecordReader, inout JSONReader) throws(JSONError) -> Item
    ) throws(JSONError) -> [Item] {
        var items: [Item] = []
        try json.items { (json) throws(JSONError) in items.append(try read(&self.reader, &json)) }
        return items
    }

    /// Numbered from 1, each waiting only for some before it: then there is no circle.
    private mutating func steps(_ json: inout JSONReader, _ lineage: ObjectID) throws(JSONError) -> [Step] {
        var steps: [Step] = []
        try json.items { (json) throws(JSONError) in
            let step = try self.reader.step(&json, lineage) { self.bases[$0] }
            guard step.id == steps.count + 1 else { throw json.failure("a step that is not in its place") }
            guard step.after.allSatisfy({ (1..<step.id).contains($0) }), Set(step.after).count == step.after.count
            else {
                throw json.failure("a step that waits for none that comes before it")
            }
            self.bases.note(step)
            steps.append(step)
        }
        return steps
    }
}

extension Plan {
    /// Why the steps, and what they rest on, cannot be of one plan; nil where they can.
    fileprivate func contradiction(to preconditions: Preconditions) -> String? {
        let hosts = Set(hosts.map(\.host.address))
        guard hosts.count == self.hosts.count else { return "a host comes twice" }
        guard Set(changes.map(\.change.address)).count == changes.count else { return "a change comes twice" }
        guard Set(preconditions.records.keys) == touchedAddresses else {
            return "what should be recorded is not said of what is touched, or of something else"
        }
        let expected = Set(preconditions.objects.map(\.object))
        guard expected.count == preconditions.objects.count, expected == Set(touchedObjects.keys) else {
            return "what should be found is not said of what is touched, or of something else"
        }
        if let stray = expected.first(where: { !hosts.contains($0.host) }) {
            return "an object on a host that the plan does not have: \(stray.host)"
        }
        for step in steps {
            if case .put(let record) = step.effect, record.address != step.operation.address {
                return "a step that records something else"
            }
        }
        return nil
    }
}
