package import Model

/// What a plan takes to be so of the objects that it touches. Everything else may change between plan and apply.
package struct Preconditions: Hashable, Sendable {
    /// What was found of an object on its host.
    package enum Sighting: Hashable, Sendable {
        case absent
        /// It is not there, and something else has its name.
        case taken
        /// It is in a pool that is not active, or elsewhere than it was made.
        case hidden
        /// What is defined and, where it runs, what runs.
        case found(Attributes, running: Attributes?, Stamp?)
    }

    package struct Object: Hashable, Sendable {
        package let address: Address
        package let object: ObjectReference
        package let sighting: Sighting

        package init(_ address: Address, _ object: ObjectReference, _ sighting: Sighting) {
            self.address = address
            self.object = object
            self.sighting = sighting
        }
    }

    /// The digest of each record that the plan's steps change or rest on; nil where nothing was recorded.
    package var records: [Address: String?]
    /// In the order of their addresses; each object once.
    package var objects: [Object]
    /// See `Plan.users(in:)`.
    package var users: [Address: Set<Address>]
    /// See `Plan.recordedHosts(in:)`.
    package var hosts: [Address: String?]
    /// See `Plan.base(in:)`.
    package var restsOn: Set<Address>

    package init(
        records: [Address: String?] = [:], objects: [Object] = [], users: [Address: Set<Address>] = [:],
        hosts: [Address: String?] = [:], restsOn: Set<Address> = []
    ) {
        self.records = records
        self.objects = objects
        self.users = users
        self.hosts = hosts
        self.restsOn = restsOn
    }

    /// - Parameter recorded: With what was found out of unfinished steps.
    package init(of plan: Plan, recorded: RecordedState, observed: ObservedState) {
        self.init(
            users: plan.users(in: recorded), hosts: plan.recordedHosts(in: recorded), restsOn: plan.base(in: recorded))
        let known = Dictionary(
            recorded.records.values.map { ($0.object, $0.address) }, uniquingKeysWith: { first, _ in first })
        for address in plan.touchedAddresses { records[address] = .some(recorded.records[address].map(digest(of:))) }
        objects = plan.touchedObjects.compactMap { object, address in
            guard case .read(let host)? = observed.hosts[object.host] else { return nil }
            return Object(known[object] ?? address, object, sighting(of: object, on: host))
        }
        objects.sort { ($0.address, $0.object.host, $0.object.name) < ($1.address, $1.object.host, $1.object.name) }
    }
}

/// What a record is recognized by: SHA-256 of how it is written.
func digest(of record: Record) -> String {
    var writer = RecordWriter()
    writer.write(record)
    return sha256([writer.json.bytes])
}

func sighting(of object: ObjectReference, on host: ObservedHost) -> Preconditions.Sighting {
    if let pool = object.pool {
        if host.hides(pool) { return .hidden }
        return Preconditions.Sighting(host.volumes[VolumeReference(pool: pool, name: object.name)]) ?? .absent
    }
    if let found = Preconditions.Sighting(object.id.flatMap { host.objects[$0] }) { return found }
    let owner = host.names[object.kind]?[object.name]
    return owner == nil || owner == object.id ? .absent : .taken
}

extension Preconditions.Sighting {
    fileprivate init?(_ found: ObservedObject?) {
        guard let found else { return nil }
        self = .found(found.attributes, running: found.running, found.stamp)
    }
}

extension Plan {
    /// Whose records the steps change, or that are recorded or forgotten without one.
    var touchedAddresses: Set<Address> {
        Set(steps.map(\.operation.address) + unrecorded.map(\.address) + forgotten)
    }

    /// The objects that the steps are done to, or that are recorded without one, each with an address that it is known by.
    package var touchedObjects: [ObjectReference: Address] {
        let touched =
            steps.map { ($0.operation.object, $0.operation.address) } + unrecorded.map { ($0.object, $0.address) }
        return Dictionary(touched, uniquingKeysWith: { first, _ in first })
    }
}
