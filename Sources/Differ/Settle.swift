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
    let bases = Bases(desired, recorded, gone)
    for index in result.resources.indices where result.resources[index].object.kind == .volume {
        result.resources[index].keepBase(of: recorded.records[result.resources[index].address], gone)
        guard let base = result.resources[index].needBase(among: bases), base.isFormer else { continue }
        kept.insert(base.address)
        guard let newer = base.newer else { continue }
        result.keepers[newer, default: []].append(result.resources[index].address.owner)
    }
    result.keepSeeds(recorded, gone, &kept)
    let present = Set(result.resources.lazy.filter { kept.contains($0.address) }.map(\.address))
    let missing = kept.subtracting(present).sorted().compactMap { recorded.records[$0] }
    guard !missing.isEmpty else { return result }
    result.resources = (result.resources + missing.map(Resource.init(keeping:))).sorted { $0.address < $1.address }
    return result
}

/// The recorded volumes that their hosts, which were read, certainly do not have, and those that disks lie on,
/// recorded or not. Pure.
package func goneVolumes(_ recorded: RecordedState, in observed: ObservedState) -> Set<Address> {
    var gone: Set<Address> = []
    for record in recorded.records.values where record.object.kind == .volume {
        guard case .read(let host)? = observed.hosts[record.object.host], let pool = record.object.pool,
            !host.hides(pool), !host.lacksPool(of: record.object)
        else { continue }
        if host.find(record.object) == nil { gone.insert(record.address) }
        if let base = record.attributes[.backing]?.text, host.lacks(base) {
            gone.formUnion(record.needs.filter(\.isOfImage))
        }
    }
    return gone
}

/// The volumes that others may lie on: those of the manifests, and former versions of their images.
private struct Bases {
    private struct Series: Hashable {
        let host: Address
        let pool: String?
        let image: Address
    }

    private var wanted: [Place: Address] = [:]
    private var former: [Place: Address] = [:]
    private var versions: [Series: Address] = [:]

    init(_ desired: DesiredState, _ recorded: RecordedState, _ gone: Set<Address>) {
        for resource in desired.resources where resource.address.isOfImage || resource.address.kind == "Volume" {
            let object = resource.object
            wanted[Place(object)] = resource.address
            guard resource.address.isOfImage else { continue }
            versions[Series(host: object.host, pool: object.pool, image: resource.address.owner)] = resource.address
        }
        for record in recorded.records.values where record.address.isOfImage && !gone.contains(record.address) {
            former[Place(record.object)] = record.address
        }
    }

    func find(_ volume: VolumeReference, on host: Address) -> (address: Address, isFormer: Bool)? {
        let place = Place(host, .volume, volume.name, pool: volume.pool)
        return wanted[place].map { ($0, false) } ?? former[place].map { ($0, true) }
    }

    /// The version that an image has by now, beside a former one.
    func newer(than image: Address, in pool: String, on host: Address) -> Address? {
        versions[Series(host: host, pool: pool, image: image.owner)]
    }
}

extension Resource {
    /// What was made and is to stay as it is.
    package init(keeping record: Record) {
        self.init(
            record.address, record.object, attributes: record.attributes.mapValues { Setting($0) }, needs: record.needs,
            isProtected: record.isProtected, shutdownTimeout: record.shutdownTimeout)
    }

    /// What it was made of stays: another version of the same image is for new disks, and an overlay whose manifest
    /// has no image any more lies on that image nevertheless.
    fileprivate mutating func keepBase(of record: Record?, _ gone: Set<Address>) {
        guard let record, !record.isPartial, !gone.contains(address), object.name == record.object.name,
            object.pool == record.object.pool, object.host == record.object.host,
            attributes[.volumeFormat]?.value == record.attributes[.volumeFormat]
        else { return }
        let image = attributes[.image]?.value
        let isOverlay = attributes[.backing] != nil || attributes[.copy] == nil && record.attributes[.backing] != nil
        let isUnsaid = isOverlay && attributes[.backing] == nil
        guard isUnsaid || image != nil && record.attributes[.image] == image else { return }
        if isOverlay, record.needs.contains(where: { $0.isOfImage && gone.contains($0) }) { return }
        let base: Attribute = isOverlay ? .backing : .copy
        guard let former = record.attributes[base], former != attributes[base]?.value else { return }
        for attribute in isOverlay ? [.backing, .backingFormat, .image] : [.copy] as [Attribute] {
            attributes[attribute] = record.attributes[attribute].map { Setting($0, at: attributes[attribute]?.origin) }
        }
        // A copy needs its image no longer.
        needs.removeAll { $0.isOfImage }
    }

    /// Has an overlay need what it lies on; gives that, and the version of an image that there is beside a former one.
    fileprivate mutating func needBase(
        among bases: Bases
    ) -> (address: Address, isFormer: Bool, newer: Address?)? {
        guard let volume = attributes[.backing]?.value.text.flatMap(VolumeReference.init),
            let base = bases.find(volume, on: object.host)
        else { return nil }
        if !needs.contains(base.address) { needs.append(base.address) }
        return (base.address, base.isFormer, bases.newer(than: base.address, in: volume.pool, on: object.host))
    }
}

extension DesiredState {
    /// A machine that ignores a new seed, or that it is to have none any more, keeps the drive with the one that it
    /// has.
    fileprivate mutating func keepSeeds(
        _ recorded: RecordedState, _ gone: Set<Address>, _ kept: inout Set<Address>
    ) {
        var replaced: Set<Address> = []
        for machine in resources.indices where resources[machine].keepsSeed {
            guard let record = recorded.records[resources[machine].address],
                record.object.host == resources[machine].object.host,
                let former = record.needs.first(where: \.isOfSeed), !gone.contains(former)
            else { continue }
            let new = resources[machine].needs.first(where: \.isOfSeed)
            guard new != former else { continue }
            for (path, value) in record.attributes where path.item == Seed.drive && path.attribute.isOfDrive {
                if new == nil || path.attribute == .diskSource {
                    resources[machine].attributes[path] = Setting(value)
                }
            }
            resources[machine].needs.removeAll { $0 == new }
            resources[machine].needs.append(former)
            kept.insert(former)
            guard let new else { continue }
            contents[new] = nil
            replaced.insert(new)
        }
        resources.removeAll { replaced.contains($0.address) }
    }
}

extension Attribute {
    fileprivate var isOfDrive: Bool { row.list == .diskSource }
}
