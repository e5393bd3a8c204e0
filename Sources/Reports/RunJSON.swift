package import Model

/// A run as JSON: its plan, and beside the plan's keys those of docs/schema/report.schema.json.
package func json(_ report: RunReport) -> [UInt8] {
    JSONWriter.bytes(of: value(of: report), pretty: true) + [UInt8(ascii: "\n")]
}

func value(of report: RunReport) -> Value {
    var members: [String: Value] = [
        "formatVersion": 1, "diagnostics": .list(report.allDiagnostics.map(value(of:))),
    ]
    if let plan = report.plan {
        let value = planValue(of: plan, source: report.source, diagnostics: report.diagnostics)
        members = value.members ?? members
        members["missing"] = .list(
            plan.changes.map(\.change).filter(\.isGone).map { .string($0.address.text) })
    }
    members["run"] = [
        "verb": .string(report.verb),
        "version": .string(report.version),
        "stack": .string(report.stack),
        "started": .string(timestamp(report.started)),
        "milliseconds": .integer(report.duration.inMilliseconds),
        "exitStatus": .integer(Int64(report.exitStatus)),
    ]
    if let apply = report.apply { members["apply"] = value(of: apply) }
    members["drift"] = .list(report.drift.map(value(of:)))
    members["ignored"] = .list(report.ignored.map(value(of:)))
    members["suspended"] = .list(report.suspended.map(value(of:)))
    members["unmanaged"] = report.unmanaged.map { .list($0.map(value(of:))) } ?? .null
    return .map(members)
}

/// What `apply --format json` prints: docs/schema/apply.schema.json.
package func applyValue(of apply: ApplyOutcome, plan: Plan, diagnostics: [Diagnostic]) -> Value {
    var members = value(of: apply).members ?? [:]
    members["formatVersion"] = 1
    members["stack"] = .string(plan.stack)
    members["diagnostics"] = .list(diagnostics.map(value(of:)))
    members["refused"] = .list(
        (plan.changes + plan.left).compactMap { planned in
            planned.refusalText.map {
                ["address": .string(planned.change.address.text), "reason": .string($0)]
            }
        })
    return .map(members)
}

private func value(of apply: ApplyOutcome) -> Value {
    var ids: [String: [Value]] = ["done": [], "skipped": [], "remaining": []]
    var failed: [Value] = []
    var durations: [Value] = []
    for result in apply.steps {
        let id = Value.integer(Int64(result.step.id))
        if let duration = result.duration {
            durations.append(["step": id, "milliseconds": .integer(duration.inMilliseconds)])
        }
        switch result.end {
        case .done: ids["done"]?.append(id)
        case .skipped: ids["skipped"]?.append(id)
        case .remaining: ids["remaining"]?.append(id)
        case .failed(let error):
            failed.append([
                "step": id, "address": .string(result.step.operation.address.text),
                "summary": .string(error.summary), "detail": .string(error.detail),
            ])
        }
    }
    var members = ids.mapValues(Value.list)
    members["failed"] = .list(failed)
    members["durations"] = .list(durations)
    members["interrupted"] = .bool(apply.isInterrupted)
    return .map(members)
}

private func value(of record: DriftRecord) -> Value {
    [
        "address": .string(record.address.text),
        "path": record.path.map(Value.string) ?? .null,
        "status": .string(record.status.rawValue),
        "firstSeen": .string(timestamp(record.firstSeen)),
        "lastSeen": .string(timestamp(record.lastSeen)),
        "runs": .integer(Int64(record.runs)),
    ]
}

private func value(of rule: IgnoreRule) -> Value {
    [
        "address": rule.address.map { .string($0.text) } ?? .null,
        "path": .string(rule.path),
        "reason": .string(rule.reason),
        "until": rule.until.map(Value.string) ?? .null,
        "uses": .integer(Int64(rule.uses)),
        "expired": .bool(rule.isExpired),
    ]
}

func value(of suspension: Suspension) -> Value {
    [
        "address": suspension.address.map { .string($0.text) } ?? .null,
        "reason": .string(suspension.reason),
        "until": suspension.until.map(Value.string) ?? .null,
    ]
}

private func value(of object: UnmanagedObject) -> Value {
    [
        "provider": .string(object.host.text), "kind": .string(object.kind.rawValue), "name": .string(object.name),
    ]
}
