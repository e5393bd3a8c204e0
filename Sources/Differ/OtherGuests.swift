import Model

extension ChangeSet {
    /// The networks that are to stop, or may be, and that more interfaces are connected to than those of the stack's guests.
    ///
    /// A guest that is on a network by its manifest, or was by the last one, is turned off, moved or connected again by the plan.
    mutating func findOtherGuests(_ recorded: RecordedState, in observed: ObservedState) {
        let networks =
            changes.compactMap { change in
                change.object.kind == .network ? (change.address, change.record?.object ?? change.object) : nil
            } + pendingRestarts.filter { $0.object.kind == .network }.map { ($0.address, $0.object) }
        var left: [Address: (connections: Int, source: Value)] = [:]
        for (address, object) in networks {
            guard case .read(let host)? = observed.hosts[object.host], let found = host.find(object),
                found.connections > 0
            else { continue }
            left[address] = (found.connections, .string("network/\(found.object.name)"))
        }
        if left.isEmpty { return }
        var domains = running
        for (address, record) in recorded.records where record.object.kind == .domain {
            domains[address, default: record].needs += record.needs
        }
        for record in domains.values {
            guard case .read(let host)? = observed.hosts[record.object.host],
                let interfaces = host.find(record.object)?.running
            else { continue }
            for need in Set(record.needs) {
                guard let source = left[need]?.source else { continue }
                left[need]?.connections -= interfaces.count { $0.path.attribute == .nicSource && $0.value == source }
            }
        }
        otherGuests = Set(left.lazy.filter { $0.value.connections > 0 }.map(\.key))
    }
}
