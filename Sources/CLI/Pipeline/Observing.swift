import Hypervisor
import Model
import StateFile

/// Reads all hosts at once. One that cannot be read is unknown; the others go on.
/// - Parameter limit: How long each may take; one that takes longer is unknown too.
func observe(
    _ hosts: [Host], interests: [Address: Interest], within limit: Duration?, through hypervisor: any Hypervisor
) async -> ObservedState {
    await withTaskGroup(of: (Address, Observation).self) { group in
        for host in hosts {
            let interest = interests[host.address] ?? Interest()
            group.addTask { (host.address, await observation(of: host, interest, within: limit, through: hypervisor)) }
        }
        var state = ObservedState()
        for await (address, observation) in group { state.hosts[address] = observation }
        return state
    }
}

extension Workspace {
    /// The same, measured, until a signal comes.
    func observe(
        _ hosts: [Host], _ interests: [Address: Interest], through hypervisor: any Hypervisor
    ) async throws(Failure) -> ObservedState {
        let limit = options.timeout?.duration
        return try await timings.measure("observe") { () async throws(Failure) in
            try await interrupt.abandonable {
                await CLI.observe(hosts, interests: interests, within: limit, through: hypervisor)
            }
        }
    }
}

private func observation(
    of host: Host, _ interest: Interest, within limit: Duration?, through hypervisor: any Hypervisor
) async -> Observation {
    do throws(HostError) {
        return .read(
            try await within(limit, of: host) { () async throws(HostError) in
                try await hypervisor.reader(for: host).observe(interest)
            })
    } catch {
        (hypervisor as? OpenHosts)?.forget(host.address)
        return .unknown(error)
    }
}

/// What must be read of each host to compare the desired and the recorded with it, and to resolve open intents.
func interests(desired: DesiredState, recorded: RecordedState, intents: [OpenIntent]) -> [Address: Interest] {
    var result: [Address: Interest] = [:]
    var bases: [Address: Set<String>] = [:]
    for resource in desired.resources {
        result[resource.object.host, default: Interest()].add(resource.object)
        if recorded.records[resource.address] == nil { result[resource.object.host]?.doubt(resource.object) }
        for (path, setting) in resource.attributes {
            guard [.backing, .copy, .diskSource, .ignition].contains(path.attribute), let text = setting.value.text
            else { continue }
            let isBase = path.attribute == .backing || path.attribute == .copy
            let isLookedFor = isBase || resource.isInDrive(path)
            if let reference = VolumeReference(text) {
                result[resource.object.host, default: Interest()].pools.insert(reference.pool)
                guard isBase, bases[resource.object.host, default: []].insert(text).inserted else { continue }
                let names = reference.spellings.map(\.name)
                result[resource.object.host, default: Interest()].volumes[reference.pool, default: []].formUnion(names)
                result[resource.object.host]?.doubtful[reference.pool, default: []].formUnion(names)
            } else if isLookedFor, bases[resource.object.host, default: []].insert(text).inserted {
                result[resource.object.host, default: Interest()].paths.insert(text)
            }
        }
    }
    for record in recorded.records.values { result[record.object.host, default: Interest()].add(record.object) }
    for record in recorded.records.values where record.object.kind == .volume {
        result[record.object.host]?.note(record)
        if record.isPartial {
            result[record.object.host]?.doubt(record.object)
        } else {
            result[record.object.host]?.doubtful[record.object.pool ?? ""]?.remove(record.object.name)
        }
    }
    for object in objects(of: intents) {
        result[object.host, default: Interest()].add(object)
        result[object.host]?.doubt(object)
    }
    result.note(ours: desired.resources.compactMap(\.object.id), recorded)
    return result
}

/// What must be read of each host to see some objects, none of which is known to be whole.
func interests(in objects: some Collection<ObjectReference>, recorded: RecordedState) -> [Address: Interest] {
    var result: [Address: Interest] = [:]
    for object in objects {
        result[object.host, default: Interest()].add(object)
        result[object.host]?.doubt(object)
    }
    result.note(ours: objects.compactMap(\.id), recorded)
    for record in recorded.records.values { result[record.object.host]?.note(record) }
    return result
}

extension [Address: Interest] {
    /// Two Providers may lead to one host, so that each is told of all.
    fileprivate mutating func note(ours ids: [ObjectID], _ recorded: RecordedState) {
        let ours = Set(ids).union(recorded.records.values.lazy.compactMap(\.object.id))
        for host in keys { self[host]?.ours = ours }
    }
}

/// The hosts of a stack: those that something is, or was, on.
func hosts(desired: DesiredState, recorded: RecordedState, interests: [Address: Interest]) -> [Host] {
    let declared = desired.hosts.filter { interests[$0.address] != nil }
    let known = Set(declared.map(\.address))
    let former = recorded.hosts.filter { !known.contains($0.key) && interests[$0.key] != nil }
    return (declared + former.map { Host($0.key, uri: $0.value) }).sorted { $0.address < $1.address }
}

extension Interest {
    fileprivate mutating func doubt(_ object: ObjectReference) {
        guard object.kind == .volume, let pool = object.pool else { return }
        doubtful[pool, default: []].insert(object.name)
    }

    /// Guests write on their disks whatever they like. On an image nobody writes: what is something else than it was brought as has been
    /// changed by hand.
    fileprivate mutating func note(_ record: Record) {
        guard let pool = record.object.pool, record.attributes[.volumeFormat] == "raw", !record.isPartial,
            !record.address.isOfImage
        else { return }
        raw[pool, default: []].insert(record.object.name)
    }

    fileprivate mutating func add(_ object: ObjectReference) {
        if let id = object.id { objects.insert(id) }
        if object.kind == .volume, let pool = object.pool {
            volumes[pool, default: []].insert(object.name)
            pools.insert(pool)
        }
    }
}
