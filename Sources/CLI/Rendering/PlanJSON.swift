import Model
import Planner

/// Where the manifests of a plan came from.
struct SourceDescription {
    enum Kind: String { case directory, file, stdin, state }
    let kind: Kind
    let location: String
    let commit: String?
    let isDirty: Bool?

    init(_ kind: Kind, location: String, commit: String? = nil, isDirty: Bool? = nil) {
        self.kind = kind
        self.location = location
        self.commit = commit
        self.isDirty = isDirty
    }
}

/// The plan as the contract's JSON, format version 1: docs/plan-json.md.
func json(of plan: Plan, source: SourceDescription, diagnostics: [Diagnostic]) -> Value {
    let summary = PlanSummary(of: plan)
    return [
        "formatVersion": 1,
        "stack": .string(plan.stack),
        "lineage": plan.lineage.map { .string($0.description) } ?? .null,
        "serial": .integer(Int64(plan.serial)),
        "source": [
            "kind": .string(source.kind.rawValue),
            "location": .string(source.location),
            "commit": source.commit.map(Value.string) ?? .null,
            "dirty": source.isDirty.map(Value.bool) ?? .null,
            "digest": .string(plan.digest),
        ],
        "result": .string(plan.result.rawValue),
        "summary": [
            "create": .integer(Int64(summary.create)),
            "update": .integer(Int64(summary.update)),
            "replace": .integer(Int64(summary.replace)),
            "delete": .integer(Int64(summary.delete)),
            "adopt": .integer(Int64(summary.adopt)),
            "drift": .integer(Int64(summary.drift)),
            "refused": .integer(Int64(summary.refused)),
            "pendingRestart": .integer(Int64(summary.pendingRestart)),
            "unchanged": .integer(Int64(summary.unchanged)),
            "unknown": .integer(Int64(summary.unknown)),
        ],
        "changes": .list(plan.changes.map { json(of: $0, keepers: plan.keepers[$0.change.address] ?? []) }),
        "pendingRestarts": .list(plan.pendingRestarts.map(json(of:))),
        "deferred": .list(
            plan.deferred.map { ["address": .string($0.address.text), "until": .string($0.until.text)] }),
        "unknown": .list(plan.unknown.map { .string($0.text) }),
        "steps": .list(plan.steps.map(json(of:))),
        "hosts": .list(plan.hosts.map(json(of:))),
        "diagnostics": .list((diagnostics + plan.diagnostics).map(json(of:))),
    ]
}

private func json(of planned: PlannedChange, keepers: [Address]) -> Value {
    let change = planned.change
    let refusal: Value =
        switch planned.refusal {
        case nil: .null
        case .needsLeave(let disruption): .string("needs --allow \(disruption.rawValue)")
        case .protected: "protected"
        case .waitsFor(let address): .string("waits for \(address.text)")
        case .usedBy(let address): .string("\(address.text) uses it")
        }
    return [
        "address": .string(change.address.text),
        "provider": .string(change.object.host.text),
        "action": .string(change.action.rawValue),
        "disruption": .string(planned.disruption.rawValue),
        "cause": .string(change.cause.rawValue),
        "refused": refusal,
        "pendingRestart": .bool(planned.leavesPendingRestart),
        "resumes": .bool(change.resumes),
        "fields": .list(zip(change.fields, planned.fieldDisruptions).map { json(of: $0, costing: $1) }),
        "keepFormer": .list(keepers.map { .string($0.text) }),
        "dependsOn": .list(planned.dependsOn.map { .string($0.text) }),
    ]
}

private func json(of pending: PendingRestart) -> Value {
    [
        "address": .string(pending.address.text),
        "disruption": .string(pending.disruption.rawValue),
        "fields": .list(pending.fields.map { json(of: $0, costing: pending.disruption) }),
    ]
}

private func json(of field: FieldChange, costing disruption: Disruption) -> Value {
    [
        "path": .string(field.path.description),
        "before": field.before,
        "after": field.after,
        "disruption": .string(disruption.rawValue),
        "cause": .string(field.cause.rawValue),
        "sensitive": false,
        "file": field.origin.map { .string($0.file) } ?? .null,
        "line": field.origin.map { .integer(Int64($0.line)) } ?? .null,
    ]
}

private func json(of step: Step) -> Value {
    [
        "id": .integer(Int64(step.id)),
        "operation": .string("\(step.operation.verb.rawValue)-\(step.operation.object.kind.rawValue)"),
        "address": .string(step.operation.address.text),
        "after": .list(step.after.map { .integer(Int64($0)) }),
    ]
}

private func json(of status: HostStatus) -> Value {
    [
        "address": .string(status.host.address.text),
        "uri": .string(status.host.uri),
        "reachable": .bool(status.error == nil),
        "error": status.error.map { .string($0.detail) } ?? .null,
    ]
}

func json(of diagnostic: Diagnostic) -> Value {
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
