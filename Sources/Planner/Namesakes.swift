import Model

/// Machines that are to be made with the MAC of one that is to go: a machine that was renamed, most likely. Two that run at once would
/// disturb each other.
struct Namesakes {
    private struct NIC: Hashable {
        let host: Address
        let mac: Value
    }

    private var made: [NIC: [Address]] = [:]

    init(among changes: [Change]) {
        guard changes.contains(where: { $0.action == .delete && $0.object.kind == .domain }) else { return }
        for change in changes where change.action == .create {
            for (path, setting) in change.desired?.attributes ?? .init() where path.attribute == .nicMAC {
                made[NIC(host: change.object.host, mac: setting.value), default: []].append(change.address)
            }
        }
    }

    /// Those that have a MAC of a machine that is deleted.
    func of(_ change: Change) -> [Address] {
        guard change.action == .delete, change.object.kind == .domain, !made.isEmpty else { return [] }
        let macs = change.record?.attributes.filter { $0.path.attribute == .nicMAC }.map(\.value) ?? []
        return macs.flatMap { made[NIC(host: change.object.host, mac: $0)] ?? [] }
    }
}
