import Model

/// A run as metrics for the node exporter's textfile collector.
///
/// All samples have the labels `stack` and `verb`, so that the files of several stacks and verbs can lie side by side. What was
/// not looked at has no sample: a run without a plan says how it ended and nothing of the hosts.
package func prometheus(_ report: RunReport) -> [UInt8] {
    var metrics = Metrics([("stack", report.stack), ("verb", report.verb)])
    metrics.gauge(
        "rigaud_last_run_timestamp_seconds", "When the run began.", String(report.started))
    if let success = report.lastSuccess {
        metrics.gauge(
            "rigaud_last_success_timestamp_seconds", "When this verb last ended well on this stack.", String(success))
    }
    metrics.gauge("rigaud_run_duration_seconds", "How long the run took.", report.duration.secondsText)
    metrics.gauge("rigaud_exit_status", "What the run ended with; 0 is well.", Int(report.exitStatus))
    metrics.gauge(
        "rigaud_diagnostics", "Errors, warnings and notices of the run.", by: "severity",
        [Diagnostic.Severity.error, .warning, .notice].map { severity in
            (severity.rawValue, report.allDiagnostics.count { $0.severity == severity })
        })
    if let plan = report.plan { add(plan, of: report, to: &metrics) }
    if let unmanaged = report.unmanaged {
        metrics.gauge("rigaud_unmanaged", "Objects on the hosts that are not managed.", unmanaged.count)
    }
    if let apply = report.apply { add(apply, to: &metrics) }
    add(report.drift, to: &metrics)
    metrics.gauge("rigaud_suspended", "Suspensions that are in force.", report.suspended.count)
    metrics.gauge(
        "rigaud_ignore_rules", "Rules that hide differences, by what became of them.", by: "state",
        [
            ("used", report.ignored.count { $0.uses > 0 && !$0.isExpired }),
            ("unused", report.ignored.count { $0.uses == 0 && !$0.isExpired }),
            ("expired", report.ignored.count(where: \.isExpired)),
        ])
    metrics.gauge("rigaud_build_info", "The version of rigaud.", [([("version", report.version)], "1")])
    return Array(metrics.text.utf8)
}

private func add(_ plan: Plan, of report: RunReport, to metrics: inout Metrics) {
    let counts = PlanCounts(of: plan)
    // What an apply has mended is none any more, nor is what too few runs have seen.
    let isCounted = report.apply != nil || report.after != nil
    let drifted = isCounted ? report.findings.count(where: \.isDriftStill) : counts.drift
    metrics.gauge(
        "rigaud_result", "What the run found: 1 for the one that holds.", by: "result",
        PlanResult.allCases.map { ($0.rawValue, plan.result == $0 ? 1 : 0) })
    metrics.gauge(
        "rigaud_changes", "Objects that are not as they should be, by what changing them costs.", by: "disruption",
        Disruption.allCases.map { cost in (cost.rawValue, plan.changes.count { $0.disruption == cost }) })
    metrics.gauge(
        "rigaud_changes_by_action", "Objects that are not as they should be, by what is to be done.", by: "action",
        Change.Action.allCases.map { action in (action.rawValue, plan.changes.count { $0.change.action == action }) })
    metrics.gauge("rigaud_drift", "Objects that differ from what was last applied.", drifted)
    metrics.gauge("rigaud_refused", "Changes that no step makes.", counts.refused)
    metrics.gauge(
        "rigaud_pending_restarts", "Running machines that wait for a restart.",
        report.apply.map { PlanCounts.pendingRestarts(of: plan, after: $0) }
            ?? plan.pendingRestarts.count { $0.disruption == .restart })
    metrics.gauge("rigaud_unchanged", "Objects that are as they should be.", counts.unchanged)
    metrics.gauge("rigaud_unknown", "Objects that could not be read.", counts.unknown)
    metrics.gauge("rigaud_conflicts", "Objects whose names are taken on their hosts.", counts.conflict)
    metrics.gauge(
        "rigaud_host_up", "Whether a host could be read.",
        plan.hosts.sorted { $0.host.address < $1.host.address }.map { status in
            ([("host", status.host.address.text)], status.error == nil ? "1" : "0")
        })
    metrics.gauge(
        "rigaud_unknown_hosts", "Hosts that could not be read.", plan.hosts.count { $0.error != nil })
}

private func add(_ apply: ApplyOutcome, to metrics: inout Metrics) {
    let counts = apply.counts.map { ($0.name, $0.count) }
    metrics.gauge("rigaud_steps", "Steps of the apply, by what became of them.", by: "result", counts)
}

private func add(_ drift: [DriftRecord], to metrics: inout Metrics) {
    guard !drift.isEmpty else { return }
    metrics.gauge(
        "rigaud_drift_fields", "Fields that drifted, by whether they had before.", by: "status",
        DriftRecord.Status.allCases.map { status in (status.rawValue, drift.count { $0.status == status }) })
    if let oldest = drift.filter({ $0.status != .gone }).map(\.firstSeen).min() {
        metrics.gauge(
            "rigaud_drift_oldest_timestamp_seconds", "When the oldest drift that is still there was first seen.",
            String(oldest))
    }
}

extension Finding {
    /// Whether it drifted, and that counts, and nothing has been done about it.
    fileprivate var isDriftStill: Bool {
        switch verdict {
        case .drift: !isUnsettled
        case .failed, .skipped: planned?.isDrift == true
        case .conflict, .unknown, .pending, .pendingRestart, .deferred, .suspended, .done, .unchanged: false
        }
    }
}
