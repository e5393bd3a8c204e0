package import Model

/// The plan as the contract's JSON, format version 1: docs/plan-json.md, docs/schema/plan.schema.json.
package func planValue(of plan: Plan, source: RunReport.Source, diagnostics: [Diagnostic]) -> Value {
    let counts = PlanCounts(of: plan).named.map { ($0.name, Value.integer(Int64($0.count))) }
    return [
        "formatVersion": 1,
        "stack": .string(plan.stack),
        "lineage": plan.lineage.map { .string($0.description) } ?? .null,
        "serial": .integer(Int64(plan.serial)),
        "source": value(of: source, digest: plan.digest),
        "result": .string(plan.result.rawValue),
        "summary": .map(Dictionary(counts, uniquingKeysWith: { first, _ in first })),
        "changes": .list(plan.changes.map { value(of: $0, keepers: plan.keepers[$0.change.address] ?? []) }),
        "left": .list(plan.left.map { value(of: $0, keepers: []) }),
        "pendingRestarts": .list(plan.pendingRestarts.map(value(of:))),
        "deferred": .list(
            plan.deferred.map { ["address": .string($0.address.text), "until": .string($0.until.text)] }),
        "suspended": .list(plan.suspended.map(value(of:))),
        "unknown": .list(plan.unknown.map { .string($0.text) }),
        "conflicts": .list(plan.conflicts.map { .string($0.text) }),
        "steps": .list(plan.steps.map(value(of:))),
        "hosts": .list(plan.hosts.map(value(of:))),
        "diagnostics": .list((diagnostics + plan.diagnostics).map(value(of:))),
    ]
}

func value(of source: RunReport.Source, digest: String) -> Value {
    [
        "kind": .string(source.kind.rawValue),
        "location": .string(source.location),
        "commit": source.commit.map(Value.string) ?? .null,
        "dirty": source.isDirty.map(Value.bool) ?? .null,
        "digest": .string(digest),
    ]
}

package func value(of diagnostic: Diagnostic) -> Value {
    [
        "severity": .string(diagnostic.severity.rawValue),
        "code": .string(diagnostic.code),
        "summary": .string(diagnostic.summary),
        "detail": .string(diagnostic.detail),
        "command": diagnostic.command.map(Value.string) ?? .null,
        "address": diagnostic.address.map { .string($0.text) } ?? .null,
        "file": diagnostic.location.map { .string($0.file) } ?? .null,
        "line": diagnostic.location.map { .integer(Int64($0.line)) } ?? .null,
        "column": diagnostic.location.map { .integer(Int64($0.column)) } ?? .null,
    ]
}

private func value(of planned: PlannedChange, keepers: [Address]) -> Value {
    let change = planned.change
    return [
        "address": .string(change.address.text),
        "provider": .string(change.object.host.text),
        "action": .string(change.action.rawValue),
        "disruption": .string(planned.disruption.rawValue),
        "cause": .string(change.cause.rawValue),
        "refused": planned.refusalText.map(Value.string) ?? .null,
        "pendingRestart": .bool(planned.leavesPendingRestart),
        "resumes": .bool(change.resumes),
        "fields": .list(zip(change.fields, planned.fieldDisruptions).map { value(of: $0, costing: $1) }),
        "keepFormer": .list(keepers.map { .string($0.text) }),
        "dependsOn": .list(planned.dependsOn.map { .string($0.text) }),
    ]
}

private func value(of pending: PendingRestart) -> Value {
    [
        "address": .string(pending.address.text),
        "disruption": .string(pending.disruption.rawValue),
        "fields": .list(pending.fields.map { value(of: $0, costing: pending.disruption) }),
    ]
}

private func value(of field: FieldChange, costing disruption: Disruption) -> Value {
    [
        "path": .string(field.path.description),
        "before": field.before,
        "after": field.after,
        "disruption": .string(disruption.rawValue),
        "cause": .string(field.cause.rawValue),
        "sensitive": .bool(field.isSensitive),
        "file": field.origin.map { .string($0.file) } ?? .null,
        "line": field.origin.map { .integer(Int64($0.line)) } ?? .null,
    ]
}

private func value(of step: Step) -> Value {
    [
        "id": .integer(Int64(step.id)),
        "operation": .string(step.operation.name),
        "address": .string(step.operation.address.text),
        "after": .list(step.after.map { .integer(Int64($0)) }),
    ]
}

private func value(of status: HostStatus) -> Value {
    [
        "address": .string(status.host.address.text),
        "uri": .string(status.host.uri),
        "reachable": .bool(status.error == nil),
        "error": status.error.map { .string($0.detail) } ?? .null,
    ]
}

extension FieldChange {
    /// Whether a secret stands behind its values, which are masked then.
    var isSensitive: Bool { before.text == Secret.mask || after.text == Secret.mask }
}

extension Operation {
    /// As the contract calls it: `create-domain`.
    package var name: String { "\(verb.rawValue)-\(object.kind.rawValue)" }
}
