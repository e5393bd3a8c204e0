import Model
import Planner
import Reports

extension PlanCounts {
    /// One line, last in a plan.
    func line(of plan: Plan) -> String {
        var parts: [String] = []
        if create > 0 { parts.append("\(create) to create") }
        if update > 0 {
            parts.append(
                needsRestart > 0
                    ? "\(update) to change (\(needsRestart == update ? "" : "\(needsRestart) ")\(needsRestart == 1 ? "needs" : "need") a restart: --allow restart, else at the next start)"
                    : "\(update) to change")
        }
        if replace > 0 { parts.append("\(replace) to replace") }
        if adopt > 0 { parts.append("\(adopt) to adopt") }
        if delete > 0 { parts.append("\(delete) to delete") }
        if drift > 0 { parts.append("\(drift) drifted") }
        if refused > 0 { parts.append("\(refused) refused") }
        if suspended > 0 { parts.append("\(suspended) suspended") }
        if left > 0 { parts.append("\(left) left as \(left == 1 ? "it is" : "they are")") }
        parts += PlanCounts.pending(plan)
        if conflict > 0 { parts.append("\(conflict) in conflict") }
        if unknown > 0 { parts.append("\(unknown) unknown") }
        if parts.isEmpty, !plan.deferred.isEmpty { parts.append("Nothing to do now") }
        if !plan.deferred.isEmpty { parts.append("\(plan.deferred.count) deferred") }
        if plan.leftOut > 0 {
            let others = "\(counted(plan.leftOut, "change")) of other resources left out"
            parts = parts.isEmpty ? ["No changes in what was asked for", others] : parts + [others]
        }
        if errors > 0 {
            let found = parts.isEmpty ? "" : parts.joined(separator: ", ") + "; "
            return "\(found)\(unchanged) unchanged. Nothing can be applied: \(counted(errors, "error"))."
        }
        if parts.isEmpty {
            return unchanged == 0
                ? "Nothing to do: there is nothing in this stack."
                : "No changes: \(unchanged == 1 ? "the 1 resource is as it should be" : "all \(unchanged) resources are as they should be")."
        }
        return parts.joined(separator: ", ") + "; \(unchanged) unchanged."
    }

    /// What a guest or a network has at its next start.
    static func pending(_ plan: Plan) -> [String] {
        let restarts = plan.pendingRestarts.count { $0.disruption == .restart }
        let boots = plan.pendingRestarts.count - restarts
        return (restarts > 0 ? ["\(restarts) pending a restart"] : [])
            + (boots > 0 ? ["\(boots) pending a next boot"] : [])
    }
}
