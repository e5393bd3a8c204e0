import Differ
import Executor
import Hypervisor
import Model
import Reports
import StateFile

/// What the last look at the hosts found.
struct LastLook {
    /// What is not as it was applied.
    var leftovers: [Diagnostic] = []
    /// Objects that could not be seen before, since their pool was not active or strayed, and are as they should be.
    var revealed: Set<Address> = []
}

extension ApplyRun {
    /// Reads the touched objects again: what was done must be there, and no field may be left that a step should have set.
    ///
    /// What should be there is what is recorded by now, whether the plan came from manifests or from a file.
    func verify(
        after report: ApplyReport, of plan: Plan, _ recorded: RecordedState, _ hypervisor: any Hypervisor
    ) async -> LastLook {
        let unfinished = Set(
            (report.failed.map(\.step) + report.skipped.map(\.step) + report.remaining).map(\.operation.address))
        let refused = Set(plan.changes.filter { $0.refusal != nil }.map(\.change.address))
        let settled = Set(report.done.map(\.operation.address)).subtracting(unfinished).subtracting(refused)
        var touched = recorded
        let isPoolStarted = report.done.contains { $0.operation.object.kind == .pool && $0.operation.verb != .delete }
        let hidden = isPoolStarted ? Set(plan.hidden) : []
        touched.records = recorded.records.filter { settled.contains($0.key) || hidden.contains($0.key) }
        let wanted = DesiredState(
            stack: StackSettings(name: plan.stack), hosts: plan.hosts.map(\.host),
            resources: touched.records.values.map(Resource.init(keeping:)).sorted { $0.address < $1.address })
        // What was deleted is recorded no longer, and wanted by nobody: it must be gone.
        for change in plan.changes.lazy.map(\.change) where change.action == .delete && settled.contains(change.address)
        {
            touched.records[change.address] = change.record
            touched.records[change.address]?.isPartial = false
        }
        guard !touched.records.isEmpty else { return LastLook() }
        let interests = interests(desired: wanted, recorded: touched, intents: [])
        let hosts = hosts(desired: wanted, recorded: touched, interests: interests)
        let observed = await workspace.timings.measure("observe") {
            await observe(hosts, interests: interests, within: workspace.options.timeout?.duration, through: hypervisor)
        }
        let found = workspace.timings.measure("diff and plan") {
            diff(
                desired: wanted, recorded: touched,
                observed: hideStrayedPools(in: observed, recorded: recorded, desired: wanted))
        }
        let (concealed, open) = (
            found.changes.filter { hidden.contains($0.address) }, found.changes.filter { !hidden.contains($0.address) }
        )
        let revealed = hidden.intersection(touched.records.keys).subtracting(found.unknown)
            .subtracting(concealed.map(\.address))
        return LastLook(leftovers: leftovers(open, of: plan) + concealed.map(seenLate), revealed: revealed)
    }

    private func leftovers(_ changes: [Change], of plan: Plan) -> [Diagnostic] {
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
                command: workspace.command("plan"), address: change.address)
        }
    }

    private func seenLate(_ change: Change) -> Diagnostic {
        Diagnostic(
            .warning, "seen-late", "An object could be seen only after its pool was started",
            "It is not as it should be. Nothing was done about it yet: the next apply does it, and its plan says what.",
            command: workspace.command("plan"), address: change.address)
    }
}
