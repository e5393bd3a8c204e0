import CLibvirt
import Hypervisor
import Model

/// Looks at a host. It has no function that changes anything.
struct HostReader: HostReading {
    let session: HostSession

    func observe(_ interest: Interest) async throws(HostError) -> ObservedHost {
        let session = session
        session.memory.note(ours: interest.ours)
        let lists = try await session.lanes.map(count: 3) { range throws(HostError) -> [Lists] in
            var answers: [Lists] = []
            for part in range {
                switch part {
                case 0: answers.append(.domains(try Inventory(session.connection)))
                case 1: answers.append(.networks(try Inventory(session.connection)))
                default: answers.append(.pools(try Inventory(session.connection)))
                }
            }
            return answers
        }
        var observed = ObservedHost(features: session.features)
        let attachments = Attachments()
        for list in lists {
            switch list {
            case .domains(let domains):
                session.memory.note(domains: Set(domains.entries.lazy.map(\.id)))
                try await read(domains, interest.objects, attachments, into: &observed)
            case .networks(let networks):
                try await read(networks, interest.objects, into: &observed)
                observed.inactiveNetworks = Set(networks.entries.lazy.filter { !$0.isActive }.map(\.name))
                try await findDisconnected(among: attachments, networks, in: &observed)
            case .pools(let pools):
                let asked = try await interest.pools.union(interest.volumes.keys)
                    .union(poolsHolding(interest.paths))
                let byName = Set(pools.entries.lazy.filter { asked.contains($0.name) }.map(\.id))
                try await read(pools, interest.objects.union(byName), into: &observed)
                // A look of another run's is no pool of anybody's.
                observed.names[.pool] = observed.names[.pool]?.filter { LookName($0.key) == nil }
                try await readVolumes(pools, interest, asked: asked, into: &observed)
            }
        }
        return observed
    }

    func status(of domains: [ObjectReference]) async throws(HostError) -> [DomainStatus] {
        let session = session
        return try await session.lanes.map(count: domains.count) { range throws(HostError) -> [DomainStatus] in
            let parser = Parser()
            var answers: [DomainStatus] = []
            for index in range {
                if let status = try session.status(of: domains[index], parser) { answers.append(status) }
            }
            return answers
        }
    }

    private enum Lists: Sendable {
        case domains(Inventory<DomainKind>)
        case networks(Inventory<NetworkKind>)
        case pools(Inventory<PoolKind>)
    }

    /// Notes the names of all, and reads the XML of those asked for.
    private func read<Kind: ListedKind>(
        _ inventory: Inventory<Kind>, _ wanted: Set<ObjectID>, _ attachments: Attachments? = nil,
        into observed: inout ObservedHost
    ) async throws(HostError) {
        observed.names[Kind.kind] = Dictionary(
            inventory.entries.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
        let entries = inventory.entries.filter { wanted.contains($0.id) }
        let reader = ObjectReader<Kind>(
            session: session, listing: inventory.listing, attachments: attachments)
        let objects = try await session.lanes.map(count: entries.count) { range throws(HostError) -> [ObservedObject] in
            let parser = Parser()
            var answers: [ObservedObject] = []
            answers.reserveCapacity(range.count)
            for index in range {
                if let object = try ifThere({ () throws(HostError) in try reader.read(entries[index], parser) }) {
                    answers.append(object)
                }
            }
            return answers
        }
        observed.objects.reserveCapacity(observed.objects.count + objects.count)
        for object in objects { if let id = object.object.id { observed.objects[id] = object } }
    }

    /// The active pools in whose directories files are, of the volumes that are named by their paths.
    private func poolsHolding(_ paths: Set<String>) async throws(HostError) -> Set<String> {
        // The test driver does not look for pools by their directories.
        let directories = session.isTestDriver ? [] : Set(paths.compactMap { FilePlace($0)?.directory }).sorted()
        let session = session
        let names = try await session.lanes.map(count: directories.count) { range throws(HostError) -> [String] in
            var answers: [String] = []
            for directory in directories[range] {
                let purpose = session.purpose("look for the pool of a directory", directory)
                do throws(HostError) {
                    let pool = try PoolHandle(
                        purpose.object(
                            "virStoragePoolLookupByTargetPath",
                            virStoragePoolLookupByTargetPath(session.connection.pointer, directory)))
                    if let name = virStoragePoolGetName(pool.pointer) { answers.append(String(cString: name)) }
                } catch {
                    // There is none; or libvirt is from before 4.1, or does not let us ask.
                    guard [.missing, .unsupported, .denied].contains(error.reason) else { throw error }
                }
            }
            return answers
        }
        return Set(names)
    }

    /// One list a pool; its members' paths are their keys, which come with the list.
    private func readVolumes(
        _ pools: Inventory<PoolKind>, _ interest: Interest, asked: Set<String>, into observed: inout ObservedHost
    ) async throws(HostError) {
        let session = session
        for entry in pools.entries where asked.contains(entry.name) {
            let target = observed.objects[entry.id]?.attributes[.poolTarget]?.text
            if let target { observed.poolTargets[entry.name] = target }
            let wanted = interest.volumes[entry.name] ?? []
            guard entry.isActive else {
                observed.inactivePools.insert(entry.name)
                continue
            }
            let reader = VolumeReader(session: session, pool: entry.name, raw: interest.raw[entry.name] ?? [])
            let listing = try await session.lanes.run { () throws(HostError) -> Listing<VolumeKind>? in
                try ifThere { () throws(HostError) in try reader.list(pools.listing.handle(at: entry.index)) }
            }
            guard let listing else { continue }
            var places: [Int] = []
            observed.volumePaths.reserveCapacity(observed.volumePaths.count + listing.count)
            let keys = listing.map { pointer in
                (
                    name: virStorageVolGetName(pointer).map { String(cString: $0) },
                    key: virStorageVolGetKey(pointer).map { String(cString: $0) }
                )
            }
            var unfinished: Set<String> = []
            for (index, (name, key)) in keys.enumerated() {
                guard let name else { continue }
                var isBase = false
                if let path = key?.hasPrefix("/") == true ? key : target.map({ "\($0)/\(name)" }) {
                    let reference = VolumeReference(pool: entry.name, name: name)
                    observed.volumePaths[reference] = path
                    isBase = interest.paths.contains(path)
                    if isBase { observed.bases[path] = reference }
                }
                if isBase || wanted.contains(name) { places.append(index) }
                if let other = name.without(suffix: VolumeReference.markSuffix),
                    interest.doubtful[entry.name]?.contains(other) == true || !wanted.contains(other)
                {
                    unfinished.insert(other)
                }
            }
            let volumes = try await session.lanes.map(count: places.count) {
                [places] range throws(HostError) -> [ObservedObject] in
                let parser = Parser()
                var answers: [ObservedObject] = []
                answers.reserveCapacity(range.count)
                for place in places[range] {
                    if let volume = try ifThere({ () throws(HostError) in
                        try reader.read(listing.handle(at: place), parser)
                    }) {
                        answers.append(volume)
                    }
                }
                return answers
            }
            for var volume in volumes {
                // What it says of itself is what it will be.
                if unfinished.contains(volume.object.name) { volume.attributes = .init() }
                observed.volumes[VolumeReference(pool: entry.name, name: volume.object.name)] = volume
            }
        }
    }
}
