import Model

/// What a stack wants left alone: drift that is not to be seen, and objects that are not to be touched.
struct Exceptions {
    let rules: [IgnoreRule]
    /// Those in force.
    let suspended: [Suspension]
    private let ended: [Suspension]
    private let hosts: [Address: Address]
    private let isWhole: Bool

    init(_ desired: DesiredState, _ recorded: RecordedState, _ policy: Policy) {
        rules = desired.stack.ignored.map { rule in
            var rule = rule
            rule.isExpired = rule.until.map { $0 < policy.today } ?? false
            return rule
        }
        suspended = desired.stack.suspended.filter { $0.until.map { $0 >= policy.today } ?? true }
        ended = desired.stack.suspended.filter { $0.until.map { $0 < policy.today } ?? false }
        isWhole = policy.isWhole
        guard !desired.stack.suspended.isEmpty else {
            hosts = [:]
            return
        }
        hosts = Dictionary(
            desired.resources.map { ($0.address, $0.object.host) }
                + recorded.records.values.map { ($0.address, $0.object.host) }, uniquingKeysWith: { first, _ in first })
    }

    func suspension(of address: Address, on host: Address) -> Suspension? {
        suspended.first { $0.covers(address, on: host) }
    }

    /// Takes out the drifted fields that the rules are about, and gives the rules with what they hid. A field that the
    /// manifests change as well stays.
    func hide(in changeSet: inout ChangeSet) -> [IgnoreRule] {
        var rules = rules
        let active = rules.indices.filter { !rules[$0].isExpired }
        let patterns = active.map { (index: $0, pattern: FieldPattern(rules[$0].path)) }
        if active.isEmpty { return rules }
        var isEmptied = false
        for index in changeSet.changes.indices {
            let change = changeSet.changes[index]
            guard change.action == .update, change.cause != .config else { continue }
            let fields = change.fields.filter { field in
                guard field.cause == .drift else { return true }
                var isHidden = false
                for (rule, pattern) in patterns
                where change.address.isMeant(by: rules[rule].address, on: change.object.host)
                    && pattern?.matches(field.path) == true
                {
                    rules[rule].uses += 1
                    isHidden = true
                }
                return !isHidden
            }
            guard fields.count < change.fields.count else { continue }
            changeSet.changes[index].fields = fields
            if fields.isEmpty { isEmptied = true } else { changeSet.changes[index].cause = Cause(of: fields) }
        }
        if isEmptied {
            let count = changeSet.changes.count
            changeSet.changes.removeAll { $0.action == .update && $0.fields.isEmpty && $0.cause != .config }
            changeSet.unchanged += count - changeSet.changes.count
        }
        return rules
    }

    /// Writes into the plan what holds, and warns of what no longer does.
    func note(_ rules: [IgnoreRule], in plan: inout Plan) {
        plan.ignored = rules
        plan.suspended = suspended
        plan.unknownAndSuspended = plan.unknown.filter { address in
            hosts[address].map { suspension(of: address, on: $0) != nil } ?? false
        }
        plan.diagnostics += rules.filter(\.isExpired).map(Diagnostic.expired) + ended.map(Diagnostic.expired)
        // What was not looked at may well have what a rule is for.
        guard isWhole, plan.unknown.isEmpty else { return }
        plan.diagnostics += rules.filter { !$0.isExpired && $0.uses == 0 }.map(Diagnostic.unused)
        plan.diagnostics += suspended.filter { suspension in
            suspension.address != nil && !hosts.contains { suspension.covers($0.key, on: $0.value) }
        }.map(Diagnostic.unused)
    }
}

extension Diagnostic {
    fileprivate static func expired(_ rule: IgnoreRule) -> Diagnostic {
        Diagnostic(
            .warning, "ignore-expired", "A rule to ignore drift has ended",
            "`\(rule.path)` was ignored until \(rule.until ?? ""): \(rule.reason). It is seen again. Give the rule a later date, or take it out.",
            address: rule.address, at: rule.origin)
    }

    fileprivate static func unused(_ rule: IgnoreRule) -> Diagnostic {
        Diagnostic(
            .warning, "ignore-unused", "A rule to ignore drift hides nothing",
            "`\(rule.path)` has not drifted where the rule holds (\(rule.reason)). Take it out if nobody needs it any more.",
            address: rule.address, at: rule.origin)
    }

    fileprivate static func expired(_ suspension: Suspension) -> Diagnostic {
        Diagnostic(
            .warning, "suspend-expired", "A suspension has ended",
            """
            \(suspension.address?.description ?? "The stack") was left alone until \(suspension.until ?? ""): \
            \(suspension.reason). It is treated as ever again. Give a later date, or take the suspension out.
            """, address: suspension.address, at: suspension.origin)
    }

    fileprivate static func unused(_ suspension: Suspension) -> Diagnostic {
        Diagnostic(
            .warning, "suspend-unused", "A suspension is of nothing",
            "Nothing in the manifests or in the state is at \(suspension.address?.description ?? "") or on it.",
            address: suspension.address, at: suspension.origin)
    }
}
