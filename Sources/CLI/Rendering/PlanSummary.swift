import Model
import Planner

/// The counts of a plan, the same in text and in JSON. Each address counts once.
struct PlanSummary {
    var create = 0
    var update = 0
    var replace = 0
    var delete = 0
    var adopt = 0
    var drift = 0
    var refused = 0
    var needsRestart = 0
    var pendingRestart = 0
    let unchanged: Int
    let unknown: Int

    init(of plan: Plan) {
        unchanged = plan.unchanged
        unknown = plan.unknown.count
        for planned in plan.changes {
            if planned.change.cause != .config { drift += 1 }
            if planned.refusal != nil { refused += 1 }
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
        let pending = plan.pendingRestarts.count { $0.disruption == .restart }
        pendingRestart = pending + needsRestart
    }

    /// One line, last in a plan.
    func line(of plan: Plan) -> String {
        var parts: [String] = []
        if create > 0 { parts.append("\(create) to create") }
        if update > 0 {
            parts.append(
                needsRestart > 0
                    ? "\(update) to change (\(needsRestart == update ? "" : "\(needsRestart) ")needs a restart: --allow restart, else at the next boot)"
                    : "\(update) to change")
        }
        if replace > 0 { parts.append("\(replace) to replace") }
        if adopt > 0 { parts.append("\(adopt) to adopt") }
        if delete > 0 { parts.append("\(delete) to delete") }
        if drift > 0 { parts.append("\(drift) drifted") }
        if refused > 0 { parts.append("\(refused) refused") }
        parts += PlanSummary.pending(plan)
        if unknown > 0 { parts.append("\(unknown) unknown") }
        if parts.isEmpty {
            return unchanged == 0
                ? "Nothing to do: there is nothing in this stack."
                : "No changes: \(unchanged == 1 ? "the 1 resource is as it should be" : "all \(unchanged) resources are as they should be")."
        }
        return parts.joined(separator: ", ") + "; \(unchanged) unchanged."
    }

    /// What earlier applies have left for a guest's next start.
    static func pending(_ plan: Plan) -> [String] {
        let restarts = plan.pendingRestarts.count { $0.disruption == .restart }
        let boots = plan.pendingRestarts.count - restarts
        return (restarts > 0 ? ["\(restarts) pending a restart"] : [])
            + (boots > 0 ? ["\(boots) pending a next boot"] : [])
    }

    /// The last line of `drift`: `pending` changes of the manifests are not part of what it shows.
    func driftLine(of plan: Plan, pending: Int) -> String {
        var parts = [drift == 0 ? "No drift" : "\(drift) drifted"]
        parts += PlanSummary.pending(plan)
        if unknown > 0 { parts.append("\(unknown) unknown") }
        if pending > 0 { parts.append("\(counted(pending, "change")) of the manifests not applied yet") }
        return parts.joined(separator: ", ") + "; \(unchanged) unchanged."
    }
}
