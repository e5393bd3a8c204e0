import Differ
import Hypervisor
import Model
import Planner
import StateFile

/// Everything that a plan rests on, and the plan.
struct Inspection {
    let hosts: [Host]
    let recovery: Recovery
    let plan: Plan
}

/// Reads the hosts and compares: the one way in which `plan`, `apply`, `destroy` and `drift` come to their plan.
func inspect(
    _ desired: DesiredState, recorded: RecordedState, intents: [OpenIntent], policy: Policy,
    through hypervisor: any Hypervisor, timings: Timings
) async -> Inspection {
    let identified = identify(desired, lineage: recorded.lineage, recorded: recorded)
    let interests = interests(desired: identified, recorded: recorded, intents: intents)
    let hosts = hosts(desired: identified, recorded: recorded, interests: interests)
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
        let plan = Planner.plan(
            changes, desired: identified, recorded: recovery.recorded, hosts: statuses, policy: policy)
        return Inspection(hosts: hosts, recovery: recovery, plan: plan)
    }
}
