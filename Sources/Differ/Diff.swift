package import Model

/// Compares what is wanted, what was last applied and what is there. Pure and total: equal inputs give an equal answer.
///
/// Three ways, because two do not tell a field that left the manifest from one that nobody ever managed, nor somebody's
/// hand on the host from a change in the manifests.
package func diff(desired: DesiredState, recorded: RecordedState, observed: ObservedState) -> ChangeSet {
    var result = ChangeSet()
    var wanted: Set<Address> = []
    wanted.reserveCapacity(desired.resources.count)
    for resource in desired.resources {
        wanted.insert(resource.address)
        result.compare(resource, with: recorded.record(of: resource), in: observed)
    }
    let unwanted = recorded.records.values.filter { !wanted.contains($0.address) }.sorted { $0.address < $1.address }
    for record in unwanted { result.remove(record, in: observed) }
    result.bringAgain(desired.contents)
    result.tellLostSeeds(desired, recorded)
    result.orderDeletions(in: observed)
    result.findUsers(of: unwanted.filter { $0.object.kind == .volume }, recorded, in: observed)
    result.findUsersOfGone(in: observed)
    result.findOtherGuests(recorded, in: observed)
    result.nameOwners(in: recorded, desired)
    result.changes.sort { $0.address < $1.address }
    result.unknown.sort()
    result.hidden.sort()
    result.findStrayedDisks(desired, in: observed)
    result.findMissingPlaces(desired, in: observed)
    result.findMissingBases(desired, in: observed)
    result.findMissingMedia(desired, in: observed)
    result.findUnseenBases(in: observed)
    result.findGonePools(of: unwanted, in: observed)
    result.findStrayedPools(in: recorded, observed)
    return result
}

extension RecordedState {
    /// What was last applied to a resource. A disk that is to be made anew with its seed, and was not before, was started with
    /// the seed that its machine was given, or with none.
    fileprivate func record(of resource: Resource) -> Record? {
        guard var record = records[resource.address] else { return nil }
        if resource.attributes[.seed] != nil, record.attributes[.seed] == nil,
            let machine = records[resource.address.owner]
        {
            let digest = machine.needs.first(where: \.isOfSeed)?.text.split(separator: "/").last
            record.attributes[.seed] = digest.map { .string(String($0)) } ?? .null
        }
        return record
    }
}

extension ChangeSet {
    fileprivate mutating func compare(_ resource: Resource, with record: Record?, in observed: ObservedState) {
        guard let host = look(at: resource.object, of: resource.address, in: observed) else { return }
        if let record, record.isPartial || Place(record.object) != Place(resource.object) {
            replace(record, with: resource, in: observed)
            return
        }
        guard let found = host.find(resource.object) else {
            if record != nil, host.lacksPool(of: resource.object) {
                hide(resource.address)
                return
            }
            create(resource, record: record, on: host)
            return
        }
        if resource.object.kind == .volume, record == nil {
            taken.append(resource)
            return
        }
        if found.object.name != resource.object.name { diagnostics.append(.renamed(found.object, resource)) }
        var fields = changedFields(of: resource, record: record, found: found, on: host)
        // Its image has another name: nothing is done for it.
        if fields.allSatisfy({ $0.path.attribute == .image }) { fields = [] }
        var wanted = Record(of: resource)
        wanted.unfinished = .init(
            (record?.unfinished ?? .init()).filter { isKept($0.path, by: found, of: resource, on: host) })
        if let record, record.isProtected != wanted.isProtected {
            let (before, after) = (Value.bool(record.isProtected), Value.bool(wanted.isProtected))
            fields.append(FieldChange(AttributePath(.protect), before: before, after: after, origin: resource.origin))
            fields.sort { $0.path < $1.path }
            // No step is needed for it.
            if fields.count == 1 { unrecorded.append(wanted) }
        }
        if found.isRunning, resource.object.kind == .domain {
            running[resource.address] = wanted
            if let wait = resource.wait { waits[resource.address] = wait }
        }
        if !found.isRunning, found.hasSavedState { saved[resource.address] = wanted }
        noteRestart(of: resource, keeping: wanted.unfinished, beside: fields, found: found, on: host)
        if fields.isEmpty {
            unchanged += 1
            if record != wanted { unrecorded.append(wanted) }
        } else {
            changes.append(
                Change(
                    .update, resource.address, object: resource.object, cause: Cause(of: fields), fields: fields,
                    desired: resource, record: record, isRunning: found.isRunning,
                    runsAlready: found.runsAlready(fields, on: host),
                    definedAlready: found.definedAlready(fields, on: host),
                    atRestart: Set(fields.lazy.map(\.path).filter { waitsForSubnet($0, of: resource, found) }),
                    resumes: found.hasSavedState && fields.contains { $0.path.attribute == .power },
                    features: host.features, memoryLimit: found.running?[.maximumMemory]?.number))
        }
    }

    /// The host that an object is on, if it was read and shows such objects; the object is unknown otherwise.
    private mutating func look(at object: ObjectReference, of address: Address, in observed: ObservedState)
        -> ObservedHost?
    {
        guard case .read(let host)? = observed.hosts[object.host] else {
            unknown.append(address)
            return nil
        }
        if host.canSee(object) { return host }
        hide(address)
        return nil
    }

    private mutating func hide(_ address: Address) {
        unknown.append(address)
        hidden.append(address)
    }

    private mutating func create(_ resource: Resource, record: Record?, on host: ObservedHost) {
        guard !host.hasAnother(resource.object) else {
            taken.append(resource)
            return
        }
        if let base = resource.missingBase(on: host) {
            diagnostics.append(.baseMissing(base, of: resource, command: host.refreshCommand(for: base)))
        }
        if let found = resource.otherBaseFormat(on: host) { diagnostics.append(.baseFormat(found, of: resource)) }
        changes.append(
            Change(
                .create, resource.address, object: resource.object, cause: record == nil ? .config : .drift,
                fields: resource.newFields(on: host), desired: resource, record: record, features: host.features))
    }

    /// The object was made elsewhere, or was never made whole.
    private mutating func replace(_ record: Record, with resource: Resource, in observed: ObservedState) {
        guard let host = look(at: record.object, of: resource.address, in: observed) else { return }
        if Place(record.object) != Place(resource.object),
            case .read(let home)? = observed.hosts[resource.object.host],
            home.hasAnother(resource.object)
        {
            taken.append(resource)
            return
        }
        let found = host.find(record.object)
        changes.append(
            Change(
                found == nil ? .create : .replace, resource.address, object: resource.object, cause: .config,
                fields: resource.newFields(on: host), desired: resource, record: record,
                isRunning: found?.isRunning ?? false,
                features: host.features))
    }

    fileprivate mutating func remove(_ record: Record, in observed: ObservedState) {
        guard let host = look(at: record.object, of: record.address, in: observed) else { return }
        let found = host.find(record.object)
        if found == nil, host.lacksPool(of: record.object) {
            hide(record.address)
            return
        }
        // What was being filled may have left more than the volume itself.
        let isLeftover = record.isPartial && host.hasMark(of: record.object)
        changes.append(
            Change(
                found == nil && !isLeftover ? .forget : .delete, record.address, object: record.object, cause: .config,
                record: record, isRunning: found?.isRunning ?? false, features: host.features))
    }

    /// The running domains that have been started with these volumes, whatever their definitions say by now, and those that
    /// will go on with what they had when they were saved.
    fileprivate mutating func findUsers(of volumes: [Record], _ recorded: RecordedState, in observed: ObservedState) {
        guard !volumes.isEmpty else { return }
        var users: [Address: [String: LiveUser]] = [:]
        for (address, record) in recorded.records where record.object.kind == .domain {
            guard case .read(let host)? = observed.hosts[record.object.host],
                let running = host.find(record.object)?.running
            else { continue }
            for (path, value) in running where [.diskSource, .ignition].contains(path.attribute) {
                guard let file = value.text.flatMap(host.path(ofVolume:)) else { continue }
                users[record.object.host, default: [:]][file] = LiveUser(address, path)
            }
        }
        for record in volumes {
            if record.address.isPart, saved[record.address.owner] != nil {
                liveUsers[record.address] = LiveUser(record.address.owner, AttributePath(.savedState))
            }
            guard let users = users[record.object.host], let pool = record.object.pool,
                case .read(let host)? = observed.hosts[record.object.host],
                let file = host.path(ofVolume: "\(pool)/\(record.object.name)"), let user = users[file]
            else { continue }
            liveUsers[record.address] = user
        }
    }

    /// Says of each name that is taken who has it: another resource of this state, or somebody else.
    fileprivate mutating func nameOwners(in recorded: RecordedState, _ desired: DesiredState) {
        if taken.isEmpty { return }
        let uris = Dictionary(desired.hosts.map { ($0.address, $0.uri) }, uniquingKeysWith: { first, _ in first })
        var renamed: Set<Address> = []
        for resource in taken {
            let host = resource.object.host
            let former = recorded.hosts.filter { $0.key != host && $0.value == uris[host] && uris[$0.key] == nil }
            if recorded.hosts[host] == nil, let former = former.keys.min() {
                if renamed.insert(host).inserted { diagnostics.append(.hostRenamed(host, from: former)) }
                continue
            }
            // Its own name is somebody else's where an object of ours was made anew by hand.
            let owner = recorded.records.values.filter {
                Place($0.object) == Place(resource.object) && $0.address != resource.address
            }.map(\.address).min()
            diagnostics.append(owner.map { .nameInUse(resource, by: $0) } ?? .nameTaken(resource))
        }
    }
}

extension Resource {
    fileprivate func newFields(on host: ObservedHost) -> [FieldChange] {
        attributes.map { path, setting in
            let isSize = path.attribute == .capacity
            let value = isSize ? leastCapacity(setting.value, found: .null, of: self, on: host) : setting.value
            var field = FieldChange(path, before: .null, after: value, origin: setting.origin)
            field.isLeast = isSize && startsFromUnread(on: host)
            return field
        }
    }
}

extension ObservedHost {
    fileprivate func canSee(_ object: ObjectReference) -> Bool { object.pool.map { !hides($0) } ?? true }

    /// Where libvirt does not know the pool, what was made in it may well be there nevertheless.
    func lacksPool(of object: ObjectReference) -> Bool {
        object.pool.map { names[.pool]?[$0] == nil } ?? false
    }

    /// Whether the name, or the place in a pool, is taken by an object that is not this one.
    fileprivate func hasAnother(_ object: ObjectReference) -> Bool {
        if object.kind == .volume { return find(object) != nil }
        return names[object.kind]?[object.name].map { $0 != object.id } ?? false
    }
}

extension Resource {
    /// Whether it starts from a volume whose size nobody knows yet.
    fileprivate func startsFromUnread(on host: ObservedHost) -> Bool {
        guard host.features.contains(.upload), let text = (attributes[.backing] ?? attributes[.copy])?.value.text else {
            return false
        }
        return host.capacity(ofVolume: text) == nil
    }

    /// The volume that a new one starts from, where a host that can be looked at does not have it, and nobody is going to
    /// bring it: what another resource makes comes by itself, and what is waited for may come.
    fileprivate func missingBase(on host: ObservedHost) -> String? {
        guard patience == 0, let text = (attributes[.backing] ?? attributes[.copy])?.value.text, host.lacks(text),
            !needs.contains(where: \.makesVolumes)
        else { return nil }
        return text
    }
}

extension Resource {
    /// The format of the volume that a new overlay is to lie on, where it is there and of another one than was said.
    fileprivate func otherBaseFormat(on host: ObservedHost) -> String? {
        guard host.features.contains(.upload), let text = attributes[.backing]?.value.text,
            let said = attributes[.backingFormat]?.value.text
        else { return nil }
        let found = host.value(of: .volumeFormat, ofVolume: text)?.text
        return found == said || found == "iso" ? nil : found
    }
}

extension Address {
    fileprivate var makesVolumes: Bool { kind == "VMImage" || kind == "Volume" }
}

extension ObservedObject {
    /// Those fields of which only the definition is not as wanted: what runs has them.
    fileprivate func runsAlready(_ fields: [FieldChange], on host: ObservedHost) -> Set<AttributePath> {
        guard let running else { return [] }
        return Set(
            fields.lazy.map { ($0.path, $0.after) }
                .filter { path, after in
                    areSame(running[path], after, for: path.attribute, on: host) && !path.attribute.row.moves
                        || path.attribute == .cpuMode && isExpanded(running[path], from: after)
                }
                .map(\.0))
    }

    /// Whether the CPU of a guest without a definition may be what a mode came to: it does not say any more.
    private func isExpanded(_ mode: Value?, from wanted: Value) -> Bool {
        attributes[.persistent] == false && mode == "custom" && wanted == "host-model"
    }

    /// Those fields of which only what runs is not as wanted.
    fileprivate func definedAlready(_ fields: [FieldChange], on host: ObservedHost) -> Set<AttributePath> {
        Set(
            fields.lazy.filter { field in
                areSame(attributes[field.path], field.after, for: field.path.attribute, on: host)
            }.map(\.path))
    }

    /// A running or paused domain, an active network or pool.
    fileprivate var isRunning: Bool {
        switch object.kind {
        case .domain: attributes[.power] != "Off"
        case .network, .pool: attributes[.active] == true
        case .volume: false
        }
    }
}
