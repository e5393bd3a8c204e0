import Differ
import Executor
import Hypervisor
import Model
import Reports
import StateFile

extension ApplyRun {
    /// Reads the touched objects again: what was done must be there, and no field may be left that a step should have set.
    ///
    /// What should be there is what is recorded by now, whether the plan came from manifests or from a file.
    func verify(
        after report: ApplyReport, of plan: Plan, _ recorded: RecordedState, _ hypervisor: any Hypervisor
    ) async -> [Diagnostic] {
        let unfinished = Set(
            (report.failed.map(\.step) + report.skipped.map(\.step) + report.remaining).map(\.operation.address))
        let refused = Set(plan.changes.filter { $0.refusal != nil }.map(\.change.address))
        let settled = Set(report.done.map(\.operation.address)).subtracting(unfinished).subtracting(refused)
        var touched = recorded
        touched.records = recorded.records.filter { settled.contains($0.key) }
        let wanted = DesiredState(
            stack: StackSettings(name: plan.stack), hosts: plan.hosts.map(\.host),
            resources: touched.records.values.map(Resource.init(keeping:)).sorted { $0.address < $1.address })
        // What was deleted is recorded no longer, and wanted by nobody: it must be gone.
        for change in plan.changes.lazy.map(\.change) where change.action == .delete && settled.contains(change.address)
        {
            touched.records[change.address] = change.record
            touched.records[change.address]?.isPartial = false
        }
        guard !touched.records.isEmpty else { return [] }
        let interests = interests(desired: wanted, recorded: touched, intents: [])
        let hosts = hosts(desired: wanted, recorded: touched, interests: interests)
        let observed = await workspace.timings.measure("observe") {
            await observe(hosts, interests: interests, within: workspace.options.timeout?.duration, through: hypervisor)
        }
        let changes = workspace.timings.measure("diff and plan") {
            diff(desired: wanted, recorded: touched, observed: observed).changes
        }
        // Drift that was to be left is there still.
        let left = Dictionary(
            plan.left.map { ($0.change.address, Set($0.change.fields.map(\.path))) }, uniquingKeysWith: { $0.union($1) }
        )
        return changes.compactMap { change in
            let remaining = change.fields.filter { left[change.address]?.contains($0.path) != true }
            if change.action == .forget || (change.action == .update && remaining.isEmpty) { return nil }
            let fields = remaining.map { field in
                let attribute = field.path.attribute
                return
                    "\(field.path.label) is \(text(of: field.before, for: attribute)) and should be \(text(of: field.after, for: attribute))"
            }
            let what =
                switch change.action {
                case .delete: "it should be gone"
                case .update where !fields.isEmpty: fields.joined(separator: "; ")
                default: "it should be there"
                }
            return Diagnostic(
                .error, "still-differs", "An object is not as it was applied",
                "Every step was done, and after it \(what). Somebody else may have changed it, or the host made something else of it.",
                command: "rigaud plan", address: change.address)
        }
    }
}
