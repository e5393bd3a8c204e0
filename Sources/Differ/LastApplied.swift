package import Model

/// What was last applied, as if it were wanted: whatever differs from it is drift. Of the manifests only the stack's
/// settings are taken, and the hosts that no record knows. Pure.
package func lastApplied(_ recorded: RecordedState, beside desired: DesiredState) -> DesiredState {
    let former = recorded.hosts.map { Host($0.key, uri: $0.value) }
    let others = desired.hosts.filter { recorded.hosts[$0.address] == nil }
    let resources = recorded.records.values.map(Resource.init(keeping:)).sorted { $0.address < $1.address }
    return DesiredState(
        stack: desired.stack, hosts: (former + others).sorted { $0.address < $1.address }, resources: resources,
        digest: desired.digest)
}
