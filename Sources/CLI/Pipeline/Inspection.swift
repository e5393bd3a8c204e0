import Differ
import Hypervisor
import Model
import Planner
import Reports
import StateFile

/// Everything that a plan rests on, and the plan.
struct Inspection {
    let hosts: [Host]
    let recovery: Recovery
    let plan: Plan
    /// What the volumes of the plan's steps are made with.
    let contents: [Address: VolumeContent]
    /// All objects of the stack, and what was of it, in the order of their addresses.
    let objects: [StackObject]
    let observed: ObservedState
    /// On the hosts of the stack, and not in its state nor its manifests.
    /// Nil where nobody looked for them.
    let unmanaged: [UnmanagedObject]?
}

/// Reads the hosts and compares: the one way in which `plan`, `apply`, `destroy` and `drift` come to their plan.
func inspect(
    _ desired: DesiredState, recorded: RecordedState, intents: [OpenIntent], key: SensitiveKey?, policy: Policy,
    through hypervisor: any Hypervisor, in workspace: Workspace
) async throws(Failure) -> Inspection {
    let timings = workspace.timings
    let start = ContinuousClock.now
    let desired = policy.heal == nil ? desired : lastApplied(recorded, beside: desired)
    let named = identify(desired, lineage: recorded.lineage, recorded: recorded, key: key)
    var identified = settle(named, recorded: recorded)
    let interests = interests(desired: identified, recorded: recorded, intents: intents)
    let hosts = hosts(desired: identified, recorded: recorded, interests: interests)
    timings.add("identify", start.duration(to: .now))
    let found = try await workspace.observe(hosts, interests, through: hypervisor)
    return timings.measure("diff and plan") {
        var observed = hideStrayedPools(in: found, recorded: recorded, desired: identified)
        let moved = movedHosts(among: hosts, recorded: recorded, intents: intents, observed: observed)
        for host in moved { observed.hosts[host.address] = .unknown(.moved) }
        let recovery = recover(recorded: recorded, intents: intents, observed: observed)
        let statuses = hosts.map { host in
            guard case .unknown(let error)? = observed.hosts[host.address] else { return HostStatus(host) }
            return HostStatus(host, error: error)
        }
        var policy = policy
        if policy.heal == nil { policy.allowed.formUnion(identified.stack.allowed) }
        func planned() -> Plan {
            identified = linkPaths(identified, recorded: recovery.recorded, observed: observed)
            let changes = diff(desired: identified, recorded: recovery.recorded, observed: observed)
            return Planner.plan(
                changes, desired: identified, recorded: recovery.recorded, hosts: statuses, policy: policy)
        }
        var gone = goneVolumes(recovery.recorded, in: observed)
        if !gone.isEmpty { identified = settle(named, recorded: recovery.recorded, gone: gone) }
        var plan = planned()
        // A disk that is made anew for another reason starts from what a new one does.
        let remade = identified.keepers.isEmpty ? [] : plan.remadeDisks
        if !remade.isEmpty {
            gone.formUnion(remade)
            identified = settle(named, recorded: recovery.recorded, gone: gone)
            plan = planned()
        }
        plan.diagnostics += moved.map { .hostMoved($0, from: recorded.hosts[$0.address] ?? "") }
        return Inspection(
            hosts: hosts, recovery: recovery, plan: plan, contents: identified.contents,
            objects: objects(desired: identified, recorded: recovery.recorded), observed: observed,
            unmanaged: unmanaged(on: hosts, observed, desired: identified, recorded: recovery.recorded))
    }
}

private func objects(desired: DesiredState, recorded: RecordedState) -> [StackObject] {
    let wanted = Set(desired.resources.map(\.address))
    let former = recorded.records.values.filter { !wanted.contains($0.address) }
    let objects =
        desired.resources.map { StackObject($0.address, $0.object.kind, host: $0.object.host, needs: $0.needs) }
        + former.map { StackObject($0.address, $0.object.kind, host: $0.object.host, needs: $0.needs) }
    return objects.sorted { $0.address < $1.address }
}

/// What is on the hosts beside what is ours or is to be; a host that two Providers name counts once.
private func unmanaged(
    on hosts: [Host], _ observed: ObservedState, desired: DesiredState, recorded: RecordedState
) -> [UnmanagedObject] {
    var ours = Set(desired.resources.compactMap(\.object.id))
    ours.formUnion(recorded.records.values.compactMap(\.object.id))
    var seen: Set<String> = []
    return hosts.flatMap { host -> [UnmanagedObject] in
        guard case .read(let found)? = observed.hosts[host.address], seen.insert(host.uri).inserted else { return [] }
        return ResourceKind.allCases.flatMap { kind in
            (found.names[kind] ?? [:]).filter { !ours.contains($0.value) }.keys.sorted()
                .map { UnmanagedObject(host: host.address, kind: kind, name: $0) }
        }
    }
}

extension Workspace {
    /// Manifests, state and hosts as they are now, for the verbs that only look. No lock, no writing.
    /// - Parameters:
    ///   - isPlan: It says what an apply would do, and what it would refuse.
    ///   - isKept: The plan is to be applied as it is, later: what an apply would settle is settled now.
    ///   - isExact: Something follows from what is found, so that it must not be of a stack that another run is changing.
    func look(
        _ options: PolicyOptions, isPlan: Bool = false, isKept: Bool = false, isExact: Bool
    ) async throws(Failure) -> (inspection: Inspection, notices: [Diagnostic], source: RunReport.Source) {
        let loaded = try await load()
        let watch = try StateWatch(location)
        let former = try watch.disturbance()
        if isExact { try refuse(former) }
        let (desired, source) = (loaded.desired, loaded.source)
        var notices = loaded.notices
        let state = try readState()
        if isPlan, !options.allowsRewind, let snapshot = loaded.snapshot,
            let why = await rewind(to: snapshot, from: state.header?.source.commit)
        {
            notices.append(.rewind(why))
        }
        let policy = Policy(options)
        try checkStack(desired, recorded: state.recorded, state.header)
        try check(policy, desired: desired, recorded: state.recorded)
        var recorded = state.recorded
        let key = try readKey()
        if isKept {
            // The state that the apply will make has this lineage then.
            if recorded.lineage == nil { recorded.lineage = .random() }
            if key == nil, desired.contents.values.contains(where: \.isNamedByContent) { throw .noKeyYet(location) }
        }
        let inspection = try await inspect(
            desired, recorded: recorded, intents: state.intents, key: key, policy: policy, through: hypervisor, in: self
        )
        let disturbance = try watch.disturbance() ?? former
        if isExact { try refuse(disturbance) }
        if let disturbance {
            notices.insert(
                Diagnostic(.warning, disturbance, "What is shown here may be untrue in a moment."), at: 0)
            record?.isDisturbed = true
        } else {
            tell(of: inspection.recovery)
        }
        record?.note(inspection, notices, source, isPartial: !policy.isWhole)
        return (inspection, notices, source)
    }

    private func refuse(_ disturbance: StateWatch.Disturbance?) throws(Failure) {
        guard let disturbance else { return }
        throw Failure(
            [
                Diagnostic(
                    .error, disturbance,
                    "Nothing was found out, saved or told of. Run the command again when it has ended.")
            ], .locked)
    }
}

extension Failure {
    fileprivate static func noKeyYet(_ location: StateLocation) -> Failure {
        Failure(
            "no-key-yet", "This plan cannot be saved before there is a state",
            """
            Volumes with seeds or Ignition configurations are named by a digest under the key of the state, and there is no key \
            before the first apply. Make an empty state, then save the plan.
            """, command: StateError.command("init", location.path), .refused)
    }
}

/// An address that was asked for and that nothing has is a mistake, not a wish for nothing.
extension Workspace {
    func check(_ policy: Policy, desired: DesiredState, recorded: RecordedState) throws(Failure) {
        let asked = policy.targets + policy.excludes
        if asked.isEmpty { return }
        let known = Set(desired.resources.map(\.address)).union(recorded.records.keys)
        let missing = asked.filter { address in !known.contains { $0.isWithin(address) } }
        guard let address = missing.first else { return }
        let sameKind = known.filter { $0.kind == address.kind && !$0.isPart }.sorted().prefix(5)
        let examples =
            nearest(to: address.description, in: known.map(\.description).sorted()).map { " Did you mean \($0)?" }
            ?? (sameKind.isEmpty ? "" : " There is \(sameKind.map(\.description).joined(separator: ", ")).")
        // What is to be destroyed is looked for in the state alone.
        let isOfState = desired.resources.isEmpty && desired.hosts.isEmpty
        throw Failure(
            "unknown-address", "There is no such resource",
            isOfState
                ? "\(address) is not in the state: nothing of it was made.\(examples)"
                : "\(address) is neither in the manifests nor in the state.\(examples)",
            command: isOfState
                ? StateError.command("list", location.path)
                : commandLine("graph --as mermaid", about: source))
    }
}

extension Plan {
    /// The disks of images that are deleted and made again.
    fileprivate var remadeDisks: [Address] {
        changes.lazy.filter { planned in
            planned.change.action == .replace && planned.refusal == nil
                && planned.change.desired?.attributes[.image] != nil
        }.map(\.change.address)
    }
}
