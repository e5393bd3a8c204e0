import Model

extension Plan {
    /// Who is recorded to use what the steps delete, be it to make it anew, and is not touched by them: nobody else may have come
    /// to when the plan is applied.
    func users(in recorded: RecordedState) -> [Address: Set<Address>] {
        let deleted = steps.map(\.operation).filter { $0.verb == .delete && $0.object.kind != .domain }
        if deleted.isEmpty { return [:] }
        let places = Dictionary(
            deleted.map { (Place($0.object), $0.address) }, uniquingKeysWith: { first, _ in first })
        let gone = Set(places.values)
        let touched = touchedAddresses
        var users: [Address: Set<Address>] = [:]
        for record in recorded.records.values where !touched.contains(record.address) {
            for address in record.needs.filter(gone.contains) + record.places.compactMap({ places[$0] }) {
                users[address, default: []].insert(record.address)
            }
        }
        return users
    }

    /// What is recorded, is not touched by the steps, and is needed by what they make: it must be there still when the plan is applied.
    func base(in recorded: RecordedState) -> Set<Address> {
        let touched = touchedAddresses
        var base: Set<Address> = []
        for step in steps {
            guard case .put(let record) = step.effect else { continue }
            for need in record.needs where recorded.records[need] != nil && !touched.contains(need) {
                base.insert(need)
            }
        }
        return base
    }

    /// Where the hosts of what is touched are recorded to be; nil of one that nothing is recorded on.
    func recordedHosts(in recorded: RecordedState) -> [Address: String?] {
        var hosts: [Address: String?] = [:]
        for object in touchedObjects.keys { hosts[object.host] = .some(recorded.hosts[object.host]) }
        return hosts
    }
}
