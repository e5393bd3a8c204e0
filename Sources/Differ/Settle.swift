package import Model

/// Keeps for what is there what was settled when it was made: a disk goes on with the version of its image that it is built
/// on, though a new disk would start from another one, and a machine with its seed if it is to ignore a new one.
///
/// What is kept stays in the desired graph with all that it needs, so that a former image is not deleted as long as a disk is
/// built on it. Pure.
/// - Parameter gone: Volumes that are not on their hosts any more. Nothing is kept of a disk that is made anyway, nor for the sake of
///   what nobody can bring again.
package func settle(_ desired: DesiredState, recorded: RecordedState, gone: Set<Address> = []) -> DesiredState {
    var result = desired
    var kept: Set<Address> = []
    for index in result.resources.indices where result.resources[index].object.kind == .volume {
        let record = recorded.records[result.resources[index].address]
        guard let image = result.resources[index].keepImage(of: record, gone, &kept) else { continue }
        result.keepers[image, default: []].append(result.resources[index].address.owner)
    }
    result.keepSeeds(recorded, gone, &kept)
    let present = Set(result.resources.lazy.filter { kept.contains($0.address) }.map(\.address))
    let missing = kept.subtracting(present).sorted().compactMap { recorded.records[$0] }
    guard !missing.isEmpty else { return result }
    result.resources = (result.resources + missing.map(Resource.init(keeping:))).sorted { $0.address < $1.address }
    return result
}

/// The recorded volumes that their hosts, which were read, certainly do not have. Pure.
package func goneVolumes(_ recorded: RecordedState, in observed: ObservedState) -> Set<Address> {
    var gone: Set<Address> = []
    for record in recorded.records.values where record.object.kind == .volume {
        guard case .read(let host)? = observed.hosts[record.object.host], let pool = record.object.pool,
            !host.inactivePools.contains(pool), !host.lacksPool(of: record.object), host.find(record.object) == nil
        else { continue }
        gone.insert(record.address)
    }
    return gone
}

extension Resource {
    /// What was made and is to stay as it is.
    package init(keeping record: Record) {
        self.init(
            record.address, record.object, attributes: record.attributes.mapValues { Setting($0) }, needs: record.needs,
            isProtected: record.isProtected, shutdownTimeout: record.shutdownTimeout)
    }

    /// Gives the version of the image that it does not start from.
    fileprivate mutating func keepImage(
        of record: Record?, _ gone: Set<Address>, _ kept: inout Set<Address>
    ) -> Address? {
        guard let image = attributes[.image]?.value, let record, !record.isPartial, record.attributes[.image] == image,
            object.name == record.object.name, object.pool == record.object.pool, object.host == record.object.host
        else { return nil }
        let isOverlay = attributes[.backing] != nil
        let isLost = gone.contains(address) || isOverlay && record.needs.contains { $0.isOfImage && gone.contains($0) }
        if isLost { return nil }
        let base: Attribute = isOverlay ? .backing : .copy
        guard let former = record.attributes[base], former != attributes[base]?.value else { return nil }
        for attribute in isOverlay ? [.backing, .backingFormat] : [.copy] as [Attribute] {
            attributes[attribute] = record.attributes[attribute].map { Setting($0, at: attributes[attribute]?.origin) }
        }
        let version = needs.first(where: \.isOfImage)
        needs.removeAll { $0.isOfImage }
        // A copy needs its image no longer.
        if isOverlay {
            let images = record.needs.filter(\.isOfImage)
            needs += images
            kept.formUnion(images)
        }
        return version
    }
}

extension DesiredState {
    /// A machine that ignores a new seed keeps the drive with the one that it has.
    fileprivate mutating func keepSeeds(
        _ recorded: RecordedState, _ gone: Set<Address>, _ kept: inout Set<Address>
    ) {
        let ignoring = contents.compactMap { address, content -> Address? in
            guard case .seed(let seed) = content, seed.policy == .ignore else { return nil }
            return address
        }
        guard !ignoring.isEmpty else { return }
        let positions = Dictionary(uniqueKeysWithValues: resources.indices.map { (resources[$0].address, $0) })
        var replaced: Set<Address> = []
        for seed in ignoring {
            guard let machine = positions[seed.owner], let record = recorded.records[seed.owner],
                let former = record.needs.first(where: \.isOfSeed), former != seed, !gone.contains(former),
                let source = record.attributes[.diskSource, Seed.drive]
            else { continue }
            resources[machine].attributes[.diskSource, Seed.drive] = Setting(source)
            resources[machine].needs = resources[machine].needs.map { $0 == seed ? former : $0 }
            contents[seed] = nil
            replaced.insert(seed)
            kept.insert(former)
        }
        resources.removeAll { replaced.contains($0.address) }
    }
}
