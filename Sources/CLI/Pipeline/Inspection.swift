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
}

/// Reads the hosts and compares: the one way in which `plan`, `apply`, `destroy` and `drift` come to their plan.
func inspect(
    _ desired: DesiredState, recorded: RecordedState, intents: [OpenIntent], key: SensitiveKey?, policy: Policy,
    through hypervisor: any Hypervisor, timings: Timings
) async -> Inspection {
    let start = ContinuousClock.now
    let identified = settle(
        identify(desired, lineage: recorded.lineage, recorded: recorded, key: key), recorded: recorded)
    let interests = interests(desired: identified, recorded: recorded, intents: intents)
    let hosts = hosts(desired: identified, recorded: recorded, interests: interests)
    timings.add("identify", start.duration(to: .now))
    let observed = await timings.measure("observe") {
        await observe(hosts, interests: interests, through: hypervisor)
    }
    return timings.measure("diff and plan") {
        let recovery = recover(recorded: recorded, intents: intents, observed: observed)
        let changes = diff(desired: identified, recorded: recovery.recorded, observed: observed)
        let statuses = hosts.map { host in
            guard case .unknown(let error)? = observed.hosts[host.address] else { return HostStatus(host) }
            return HostStatus(host, error: error)
        }
        var policy = policy
        policy.allowed.formUnion(identified.stack.allowed)
        var plan = Planner.plan(
            changes, desired: identified, recorded: recovery.recorded, hosts: statuses, policy: policy)
        plan.diagnostics += hosts.compactMap { moved($0, from: recorded.hosts[$0.address]) }
        return Inspection(
            hosts: hosts, recovery: recovery, plan: plan, contents: identified.contents,
            objects: objects(desired: identified, recorded: recovery.recorded))
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

/// A host that is reached at another place than before may be another machine, on which nothing of ours is.
private func moved(_ host: Host, from former: String?) -> Diagnostic? {
    guard let former, former != host.uri else { return nil }
    return Diagnostic(
        .warning, "host-moved", "A host is reached at another place than before",
        """
        What is recorded on \(host.address) was applied at \(former), and this run looks at \(host.uri). If that is another \
        machine, what is on the former one stays there, and is made anew here.
        """, address: host.address, at: host.origin)
}

extension Workspace {
    /// Manifests, state and hosts as they are now, for the verbs that only look. No lock, no writing.
    func look(_ options: PolicyOptions) async throws(Failure) -> (
        inspection: Inspection, notices: [Diagnostic], source: RunReport.Source
    ) {
        let (desired, notices, source) = try await load()
        let state = try readState()
        let policy = Policy(options)
        try check(policy, desired: desired, recorded: state.recorded)
        let inspection = await inspect(
            desired, recorded: state.recorded, intents: state.intents, key: try readKey(), policy: policy,
            through: hypervisor, timings: timings)
        tell(of: inspection.recovery)
        record?.note(inspection, notices, source)
        return (inspection, notices, source)
    }
}

/// An address that was asked for and that nothing has is a mistake, not a wish for nothing.
func check(_ policy: Policy, desired: DesiredState, recorded: RecordedState) throws(Failure) {
    let asked = policy.targets + policy.excludes
    if asked.isEmpty { return }
    let known = Set(desired.resources.map(\.address)).union(recorded.records.keys)
    let missing = asked.filter { address in !known.contains { $0.isWithin(address) } }
    guard let address = missing.first else { return }
    let sameKind = known.filter { $0.kind == address.kind && !$0.isPart }.sorted().prefix(5)
    let examples = sameKind.isEmpty ? "" : " There is \(sameKind.map(\.description).joined(separator: ", "))."
    throw Failure(
        "unknown-address", "There is no such resource",
        "\(address) is neither in the manifests nor in the state.\(examples)", command: "rigaud graph --as mermaid")
}
