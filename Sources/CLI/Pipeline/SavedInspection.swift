import Differ
import Hypervisor
import Model
import Planner
import Reports
import StateFile

/// Looks whether all that a saved plan touches is as it was, and gives the plan as if it had been made now. One object that
/// moved, and nothing of it is done.
struct SavedInspection {
    let file: PlanFile
    let workspace: Workspace

    private var saved: SavedPlan { file.saved }

    func inspect(
        recorded: RecordedState, intents: [OpenIntent], through hypervisor: any Hypervisor
    ) async throws(Failure) -> Inspection {
        var plan = saved.plan
        try check(against: recorded)
        let touched = Set(plan.touchedObjects.keys.map(\.host))
        let interests = interests(in: plan.touchedObjects.keys + objects(of: intents), recorded: recorded)
        let known = Set(plan.hosts.map(\.host.address))
        let others = recorded.hosts.filter { interests[$0.key] != nil && !known.contains($0.key) }
        let hosts =
            (plan.hosts.map(\.host).filter { interests[$0.address] != nil }
            + others.map { Host($0.key, uri: $0.value) }).sorted { $0.address < $1.address }
        let wanted = plan.unrecorded.filter { $0.object.kind == .pool }.map(Resource.init(keeping:))
        let observed = hideStrayedPools(
            in: try await workspace.observe(hosts, interests, through: hypervisor), recorded: recorded,
            desired: DesiredState(
                stack: StackSettings(name: plan.stack), hosts: hosts,
                resources: wanted.sorted { $0.address < $1.address }))
        let unread = hosts.compactMap { host -> Diagnostic? in
            guard touched.contains(host.address), case .unknown(let error)? = observed.hosts[host.address] else {
                return nil
            }
            return Diagnostic(error, address: host.address)
        }
        if !unread.isEmpty { throw Failure(unread, .unreachable) }
        let recovery = recover(recorded: recorded, intents: intents, observed: observed)
        let moves = saved.preconditions.moves(of: plan, recorded: recovery.recorded, observed: observed)
        if !moves.isEmpty { throw Failure(diagnostics(of: moves, since: plan.serial), .stalePlan) }
        if let stranger = saved.stranger(in: recovery.recorded) {
            throw Failure(
                [
                    Diagnostic(
                        .error, "plan-stranger", "The saved plan is about something that is not ours",
                        "\(file.path) has a step for a \(stranger.object.kind.rawValue) named \(stranger.object.name), which is neither recorded as \(stranger.address) nor made by the plan. No plan of rigaud's has that; nothing was done.",
                        address: stranger.address)
                ])
        }
        let contents = try await contents(of: plan, recorded: recovery.recorded)
        // Nothing is said of what was not looked at again.
        plan.hosts.removeAll { !touched.contains($0.host.address) }
        plan.unknown = []
        return Inspection(
            hosts: hosts, recovery: recovery, plan: plan, contents: contents, objects: [], observed: observed,
            unmanaged: nil
        )
    }

    private func check(against recorded: RecordedState) throws(Failure) {
        guard recorded.lineage == saved.lineage else {
            throw stale(
                "It was made for the state \(saved.lineage), and the state here is \(recorded.lineage?.description ?? "none")."
            )
        }
        guard recorded.lineage != nil && recorded.serial > 0 || saved.plan.serial == 0 else {
            throw stale(
                "It was made at serial \(saved.plan.serial) of a state, and there is none here. Run it where the plan was made, or say where the state is by --state."
            )
        }
        guard recorded.serial >= saved.plan.serial else {
            throw stale(
                "It was made at serial \(saved.plan.serial) of the state, and the state here is at \(recorded.serial): an older one was put in its place."
            )
        }
    }

    /// What the steps fill volumes with, read again from where the plan was made: it is not in the file.
    private func contents(
        of plan: Plan, recorded: RecordedState
    ) async throws(Failure) -> [Address: VolumeContent] {
        let filled = plan.filledVolumes
        if filled.isEmpty { return [:] }
        let loaded = try await workspace.load()
        guard loaded.desired.digest == plan.digest else {
            throw stale(
                "The manifests in \(loaded.source.location) are not those that it was made from, and what its volumes are filled with is read from there."
            )
        }
        let desired = identify(
            loaded.desired, lineage: recorded.lineage, recorded: recorded, key: try workspace.readKey())
        guard let missing = filled.first(where: { desired.contents[$0] == nil }) else { return desired.contents }
        throw stale("What \(missing) is to be filled with is no longer what it was when the plan was made.")
    }

    private func stale(_ why: String) -> Failure {
        Failure(
            "stale-plan", "The saved plan is stale", "\(why) Nothing was done. Make the plan again.",
            command: file.commandToMakeAgain(in: workspace),
            .stalePlan)
    }

    /// One for each object, and no more than can be read.
    private func diagnostics(of moves: [Move], since serial: Int) -> [Diagnostic] {
        let byAddress = Dictionary(grouping: moves, by: \.address).sorted { $0.key < $1.key }
        let shown = 20
        let diagnostics = byAddress.prefix(shown).map { address, moves in
            let words = moves.map { $0.words(since: serial) } + ["Nothing was done. Make the plan again."]
            return Diagnostic(
                .error, "stale-plan", "The saved plan is stale", words.joined(separator: " "),
                command: file.commandToMakeAgain(in: workspace), address: address)
        }
        if byAddress.count <= shown { return diagnostics }
        let rest = Diagnostic(
            .error, "stale-plan", "The saved plan is stale",
            "\(counted(byAddress.count - shown, "more object")) moved since serial \(serial).")
        return diagnostics + [rest]
    }
}

extension Move {
    fileprivate func words(since serial: Int) -> String {
        switch what {
        case .record: "What is recorded of it is not what it was: something was applied after serial \(serial)."
        case .appeared: "It was not there when the plan was made, and is there now."
        case .gone: "It was there when the plan was made, and has gone from its host."
        case .taken: "Its name is taken by something else on its host."
        case .hidden: "Its pool is not active, or not where it was made, so that it cannot be seen."
        case .used(let user): "\(user) uses it by now, and did not when the plan was made."
        case .moved(let uri):
            "It was another host when the plan was made: it is recorded to be \(uri.printable) by now."
        case .deleted: "Something that the plan makes needs it, and it was deleted since."
        case .stamp: "The note in its metadata that says whose it is has changed."
        case .defined(let fields): "It changed on its host since the plan was made: \(Move.list(fields))."
        case .running(let fields) where fields.isEmpty: "It was started or stopped since the plan was made."
        case .running(let fields): "It runs with something else than when the plan was made: \(Move.list(fields))."
        }
    }

    private static func list(_ fields: [FieldChange]) -> String {
        fields.map { field in
            let attribute = field.path.attribute
            return
                "\(field.path.label) was \(text(of: field.before, for: attribute)) and is \(text(of: field.after, for: attribute))"
        }.joined(separator: "; ")
    }
}
