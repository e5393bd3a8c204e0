import Model

/// What a saved plan's file says before its lists: small, and read as one value.
struct SavedPlanHeader {
    let stack: String
    let lineage: ObjectID
    let serial: Int
    let digest: String
    let hosts: [HostStatus]
    let unchanged: Int
    let leftOut: Int
    let unknown: [Address]
    let keepers: [Address: [Address]]
    let deferred: [Deferral]
    let forgotten: [Address]
    let diagnostics: [Diagnostic]
    let notices: [Diagnostic]
    let source: SavedPlan.Source
    let policy: SavedPlan.Policy
    let isSimulated: Bool
    let records: [Address: String?]
    let users: [Address: Set<Address>]
    let recordedHosts: [Address: String?]
    let restsOn: [Address]
    let ignored: [IgnoreRule]
    let suspended: [Suspension]

    static func value(of saved: SavedPlan) -> Value {
        let plan = saved.plan
        var source: [String: Value] = [
            "kind": .string(saved.source.kind), "location": .string(saved.source.location),
            "digest": .string(plan.digest),
        ]
        source["commit"] = saved.source.commit.map(Value.string)
        source["dirty"] = saved.source.isDirty.map(Value.bool)
        return [
            "stack": .string(plan.stack),
            "lineage": .string(saved.lineage.description),
            "serial": .integer(Int64(plan.serial)),
            "hosts": .list(plan.hosts.map(SavedPlanHeader.value(of:))),
            "unchanged": .integer(Int64(plan.unchanged)),
            "leftOut": .integer(Int64(plan.leftOut)),
            "unknown": .addresses(plan.unknown),
            "keepers": .map(
                Dictionary(
                    plan.keepers.map { ($0.key.text, .addresses($0.value)) }, uniquingKeysWith: { first, _ in first })),
            "deferred": .list(
                plan.deferred.map { deferral in
                    .list([
                        .string(deferral.address.text), .string(deferral.until.text), .bool(deferral.needsLeave),
                    ])
                }),
            "forgotten": .addresses(plan.forgotten),
            "diagnostics": .list(plan.diagnostics.map(SavedPlanHeader.value(of:))),
            "notices": .list(saved.notices.map(SavedPlanHeader.value(of:))),
            "source": .map(source),
            "policy": [
                "allow": .list(saved.policy.allowed.sorted().map { .string($0.rawValue) }),
                "allowRewind": .bool(saved.policy.allowsRewind),
                "exclude": .addresses(saved.policy.excludes), "target": .addresses(saved.policy.targets),
            ],
            "simulated": .bool(saved.isSimulated),
            "records": .texts(saved.preconditions.records),
            "users": .map(
                Dictionary(
                    saved.preconditions.users.map { ($0.key.text, .addresses($0.value.sorted())) },
                    uniquingKeysWith: { first, _ in first })),
            "recordedHosts": .texts(saved.preconditions.hosts),
            "restsOn": .addresses(saved.preconditions.restsOn.sorted()),
            "ignored": .list(plan.ignored.map(SavedPlanHeader.value(of:))),
            "suspended": .list(plan.suspended.map(SavedPlanHeader.value(of:))),
        ]
    }

    private static func value(of rule: IgnoreRule) -> Value {
        var members: [String: Value] = [
            "path": .string(rule.path), "reason": .string(rule.reason), "uses": .integer(Int64(rule.uses)),
            "expired": .bool(rule.isExpired),
        ]
        members["address"] = rule.address.map { .string($0.text) }
        members["until"] = rule.until.map(Value.string)
        members["origin"] = rule.origin?.value
        return .map(members)
    }

    private static func value(of suspension: Suspension) -> Value {
        var members: [String: Value] = ["reason": .string(suspension.reason)]
        members["address"] = suspension.address.map { .string($0.text) }
        members["until"] = suspension.until.map(Value.string)
        members["origin"] = suspension.origin?.value
        return .map(members)
    }

    private static func value(of status: HostStatus) -> Value {
        var members: [String: Value] = [
            "address": .string(status.host.address.text), "uri": .string(status.host.uri),
        ]
        members["origin"] = status.host.origin?.value
        members["error"] = status.error.map { error in
            var members: [String: Value] = [
                "reason": .string(error.reason.rawValue), "summary": .string(error.summary),
                "detail": .string(error.detail),
            ]
            members["command"] = error.command.map(Value.string)
            return .map(members)
        }
        return .map(members)
    }

    private static func value(of diagnostic: Diagnostic) -> Value {
        var members: [String: Value] = [
            "severity": .string(diagnostic.severity.rawValue), "code": .string(diagnostic.code),
            "summary": .string(diagnostic.summary), "detail": .string(diagnostic.detail),
        ]
        members["command"] = diagnostic.command.map(Value.string)
        members["address"] = diagnostic.address.map { .string($0.text) }
        members["location"] = diagnostic.location?.value
        return .map(members)
    }

    init(_ value: Value) throws(FieldError) {
        var fields = try Fields(value, "header")
        stack = try fields.take("stack", \.text)
        lineage = try fields.take("lineage") { $0.text.flatMap { ObjectID($0) } }
        serial = try fields.take("serial", \.count)
        hosts = try fields.list("hosts", SavedPlanHeader.host)
        unchanged = try fields.take("unchanged", \.count)
        leftOut = try fields.take("leftOut", \.count)
        unknown = try fields.take("unknown", \.addresses)
        var keepers: [Address: [Address]] = [:]
        for (key, machines) in try fields.take("keepers", \.members) {
            guard let address = Value.string(key).address, let machines = machines.addresses else {
                throw FieldError(name: "keepers")
            }
            keepers[address] = machines
        }
        self.keepers = keepers
        deferred = try fields.list("deferred") { (item) throws(FieldError) in
            guard let parts = item.items, parts.count == 3, let address = parts[0].address,
                let until = parts[1].address, let needsLeave = parts[2].flag
            else { throw FieldError(name: "deferred") }
            return Deferral(address, until: until, needsLeave: needsLeave)
        }
        forgotten = try fields.take("forgotten", \.addresses)
        diagnostics = try fields.list("diagnostics", SavedPlanHeader.diagnostic)
        notices = try fields.list("notices", SavedPlanHeader.diagnostic)
        var source = try Fields(try fields.take("source") { $0 }, "source")
        digest = try source.take("digest", \.text)
        self.source = SavedPlan.Source(
            kind: try source.take("kind", \.text), location: try source.take("location", \.text),
            commit: try source.ifThere("commit", \.text), isDirty: try source.ifThere("dirty", \.flag))
        try source.end()
        var policy = try Fields(try fields.take("policy") { $0 }, "policy")
        let allowed = try policy.list("allow") { (item) throws(FieldError) in
            guard let disruption = item.text.flatMap({ Disruption(rawValue: $0) }) else {
                throw FieldError(name: "allow")
            }
            return disruption
        }
        self.policy = SavedPlan.Policy(
            allowed: Set(allowed), allowsRewind: try policy.take("allowRewind", \.flag),
            targets: try policy.take("target", \.addresses), excludes: try policy.take("exclude", \.addresses))
        try policy.end()
        isSimulated = try fields.take("simulated", \.flag)
        records = try SavedPlanHeader.texts("records", &fields)
        var users: [Address: Set<Address>] = [:]
        for (key, value) in try fields.take("users", \.members) {
            guard let address = Value.string(key).address, let found = value.addresses else {
                throw FieldError(name: "users")
            }
            users[address] = Set(found)
        }
        self.users = users
        recordedHosts = try SavedPlanHeader.texts("recordedHosts", &fields)
        restsOn = try fields.take("restsOn", \.addresses)
        ignored = try fields.list("ignored", SavedPlanHeader.rule)
        suspended = try fields.list("suspended", SavedPlanHeader.suspension)
        try fields.end()
    }

    private static func texts(_ name: String, _ fields: inout Fields) throws(FieldError) -> [Address: String?] {
        var texts: [Address: String?] = [:]
        for (key, value) in try fields.take(name, \.members) {
            guard let address = Value.string(key).address, value.isNull || value.text != nil else {
                throw FieldError(name: name)
            }
            texts[address] = .some(value.text)
        }
        return texts
    }

    private static func rule(_ value: Value) throws(FieldError) -> IgnoreRule {
        var fields = try Fields(value, "ignored")
        let rule = IgnoreRule(
            try fields.ifThere("address", \.address), path: try fields.take("path", \.text),
            reason: try fields.take("reason", \.text), until: try fields.ifThere("until", \.text),
            uses: try fields.take("uses", \.count), isExpired: try fields.take("expired", \.flag),
            at: try fields.ifThere("origin") { SourceLocation($0) })
        try fields.end()
        return rule
    }

    private static func suspension(_ value: Value) throws(FieldError) -> Suspension {
        var fields = try Fields(value, "suspended")
        let suspension = Suspension(
            try fields.ifThere("address", \.address), reason: try fields.take("reason", \.text),
            until: try fields.ifThere("until", \.text), at: try fields.ifThere("origin") { SourceLocation($0) })
        try fields.end()
        return suspension
    }

    private static func host(_ value: Value) throws(FieldError) -> HostStatus {
        var fields = try Fields(value, "hosts")
        let host = Host(
            try fields.take("address", \.address), uri: try fields.take("uri", \.text),
            origin: try fields.ifThere("origin") { SourceLocation($0) })
        var error: HostError?
        if let value = try fields.ifThere("error", { $0 }) {
            var parts = try Fields(value, "error")
            error = HostError(
                try parts.take("reason") { $0.text.flatMap { HostError.Reason(rawValue: $0) } },
                try parts.take("summary", \.text), try parts.take("detail", \.text),
                command: try parts.ifThere("command", \.text))
            try parts.end()
        }
        try fields.end()
        return HostStatus(host, error: error)
    }

    private static func diagnostic(_ value: Value) throws(FieldError) -> Diagnostic {
        var fields = try Fields(value, "diagnostics")
        let diagnostic = Diagnostic(
            try fields.take("severity") { $0.text.flatMap { Diagnostic.Severity(rawValue: $0) } },
            try fields.take("code", \.text), try fields.take("summary", \.text), try fields.take("detail", \.text),
            command: try fields.ifThere("command", \.text), address: try fields.ifThere("address", \.address),
            at: try fields.ifThere("location") { SourceLocation($0) })
        try fields.end()
        return diagnostic
    }
}

extension Value {
    fileprivate static func texts(_ texts: [Address: String?]) -> Value {
        .map(
            Dictionary(
                texts.map { ($0.key.text, $0.value.map(Value.string) ?? .null) },
                uniquingKeysWith: { first, _ in first }))
    }
}
