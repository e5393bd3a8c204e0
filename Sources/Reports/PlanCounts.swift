package import Model

/// The counts of a plan, the same in every format. Each address counts once.
package struct PlanCounts: Hashable, Sendable {
    package var create = 0
    package var update = 0
    package var replace = 0
    package var delete = 0
    package var adopt = 0
    package var drift = 0
    package var refused = 0
    /// To be left alone for a while.
    package var suspended = 0
    /// Drift that is not to be healed, wholly or in part.
    package let left: Int
    /// Written to the definition by this plan, to be seen at a restart.
    package var needsRestart = 0
    /// Those, and what earlier applies have left.
    package var pendingRestart = 0
    package let unchanged: Int
    package let unknown: Int
    /// Resources that nothing can be planned for, since their names are taken.
    package let conflict: Int
    package let errors: Int

    package init(of plan: Plan) {
        unchanged = plan.unchanged
        left = plan.left.count
        unknown = plan.unknown.count
        conflict = plan.conflicts.count
        errors = plan.diagnostics.count { $0.severity == .error }
        for planned in plan.changes {
            if planned.isDrift { drift += 1 }
            if planned.isSuspended { suspended += 1 } else if planned.refusal != nil { refused += 1 }
            if planned.leavesPendingRestart { needsRestart += 1 }
            switch planned.change.action {
            case .create: create += 1
            case .update: update += 1
            case .replace: replace += 1
            case .delete: delete += 1
            case .adopt: adopt += 1
            case .forget: break
            }
        }
        let drifted = Set(plan.changes.lazy.filter(\.isDrift).map(\.change.address))
        drift += plan.left.count { !drifted.contains($0.change.address) }
        pendingRestart = plan.pendingRestarts.count { $0.disruption == .restart } + needsRestart
    }

    /// Running machines that wait for a restart once some of it was done: what earlier applies have left, and what was written.
    package static func pendingRestarts(of plan: Plan, after apply: ApplyOutcome) -> Int {
        let done = Set(apply.steps.lazy.filter { $0.end == .done }.map(\.step.operation.address))
        let begun = Set(plan.steps.map(\.operation.address))
        let written = plan.changes.count { planned in
            let address = planned.change.address
            return planned.leavesPendingRestart && (done.contains(address) || !begun.contains(address))
        }
        return plan.pendingRestarts.count { $0.disruption == .restart } + written
    }

    /// By the names of the contract, in the order in which people read them.
    package var named: [(name: String, words: String, count: Int)] {
        [
            ("create", "to create", create), ("update", "to change", update), ("replace", "to replace", replace),
            ("adopt", "to adopt", adopt), ("delete", "to delete", delete), ("drift", "drifted", drift),
            ("refused", "refused", refused), ("suspended", "suspended", suspended), ("left", "left as they are", left),
            ("pendingRestart", "pending a restart", pendingRestart),
            ("conflict", "in conflict", conflict), ("unknown", "unknown", unknown),
            ("unchanged", "unchanged", unchanged),
        ]
    }

    /// What is not nothing, in one line.
    package var line: String {
        var parts = named.dropLast().filter { $0.count > 0 }.map { "\(grouped($0.count)) \($0.words)" }
        if errors > 0 { parts.insert(counted(errors, "error"), at: 0) }
        if parts.isEmpty { parts = ["no changes"] }
        return "\(parts.joined(separator: ", ")); \(grouped(unchanged)) unchanged"
    }
}
