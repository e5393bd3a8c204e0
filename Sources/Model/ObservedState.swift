/// What an object of ours says of itself in a domain's metadata.
package struct Stamp: Hashable, Sendable {
    package let lineage: ObjectID
    package let address: Address

    package init(lineage: ObjectID, address: Address) {
        self.lineage = lineage
        self.address = address
    }
}

/// An object as it was found on a host.
package struct ObservedObject: Hashable, Sendable {
    package let object: ObjectReference
    /// From the persistent definition: what holds from the next start on.
    package var attributes: Attributes
    /// From the running one; nil where it does not run, and for volumes and pools.
    package var running: Attributes?
    package var stamp: Stamp?
    /// A domain that is off and goes on where it was saved when it is started (`virsh managedsave`), whatever its definition
    /// says by then.
    package var hasSavedState = false
    /// The interfaces of running guests, of whomever, that are cut off when a network stops. Not known of a simulated one.
    package var connections = 0

    package init(
        _ object: ObjectReference, attributes: Attributes, running: Attributes? = nil, stamp: Stamp? = nil
    ) {
        self.object = object
        self.attributes = attributes
        self.running = running
        self.stamp = stamp
    }
}

/// What a host's driver can do beyond the least that libvirt promises.
package enum HostFeature: String, Hashable, Sendable {
    /// Devices can be attached to and detached from a running domain.
    case hotplug
    /// A volume or a running domain's disk can be resized.
    case resize
    /// A volume can be filled. Elsewhere, as on a simulated host, volumes are taken to have what they should.
    case upload
    /// A guest starts only on networks that are there. A simulated one starts on any.
    case connect
}

/// Everything that was read from one host.
package struct ObservedHost: Sendable {
    package var features: Set<HostFeature>
    /// By UUID: networks, pools and domains that were asked for.
    package var objects: [ObjectID: ObservedObject]
    /// The volumes that were asked for, by pool and name.
    package var volumes: [VolumeReference: ObservedObject]
    /// The UUID of everything on the host, ours or not, by kind and name.
    package var names: [ResourceKind: [String: ObjectID]]
    /// The path of every volume in the pools that were asked for.
    package var volumePaths: [VolumeReference: String]
    /// The directories of the directory pools that were asked for.
    package var poolTargets: [String: String]
    /// The volumes that disks start from, by their paths.
    package var bases: [String: VolumeReference]
    /// Pools that were asked for and are not active: what is in them cannot be seen, which is not gone.
    package var inactivePools: Set<String>
    /// Pools that look elsewhere than where they were made: what is in them cannot be seen either.
    package var strayedPools: Set<String> = []
    /// Networks of the host, ours or not, that are not active: nobody is connected to them.
    package var inactiveNetworks: Set<String> = []

    package init(
        features: Set<HostFeature> = [], objects: [ObjectID: ObservedObject] = [:],
        volumes: [VolumeReference: ObservedObject] = [:], names: [ResourceKind: [String: ObjectID]] = [:],
        volumePaths: [VolumeReference: String] = [:], poolTargets: [String: String] = [:],
        bases: [String: VolumeReference] = [:], inactivePools: Set<String> = []
    ) {
        self.features = features
        self.objects = objects
        self.volumes = volumes
        self.names = names
        self.volumePaths = volumePaths
        self.poolTargets = poolTargets
        self.bases = bases
        self.inactivePools = inactivePools
    }

    /// Whether what is in a pool is out of sight.
    package func hides(_ pool: String) -> Bool { inactivePools.contains(pool) || strayedPools.contains(pool) }

    /// By its UUID; a volume by its pool and name.
    package func find(_ object: ObjectReference) -> ObservedObject? {
        if object.kind == .volume { return volumes[VolumeReference(pool: object.pool ?? "", name: object.name)] }
        return object.id.flatMap { objects[$0] }
    }

    /// Whether something that is not whole yet, or is never going to be, is there of a volume.
    package func hasMark(of object: ObjectReference) -> Bool {
        volumePaths[VolumeReference(pool: object.pool ?? "", name: object.name).mark] != nil
    }

    /// The path that a volume has, or would have, on this host: of `pool/volume` or of a path itself.
    package func path(ofVolume text: String) -> String? {
        guard let reference = VolumeReference(text) else { return text }
        return reference.spellings.lazy.compactMap { self.volumePaths[$0] }.first
            ?? poolTargets[reference.pool].map { "\($0)/\(reference.name)" }
    }

    /// An observed value as manifests have it: a volume's path is `pool/volume`, where it is in a pool that was asked for.
    package func asInManifests(_ path: Value, for attribute: Attribute) -> Value {
        guard case .volume = attribute.row.comparison, let text = path.text, let slash = text.lastIndex(of: "/"),
            slash != text.startIndex
        else { return path }
        let (folder, name) = (text[..<slash], text[text.index(after: slash)...])
        let pool = poolTargets.filter { $0.value == folder }.map(\.key).min()
        return pool.map { .string("\($0)/\(name)") } ?? path
    }

    /// The bytes that a guest sees of a volume that was read: of `pool/volume` or of a path.
    package func capacity(ofVolume text: String) -> Int64? { value(of: .capacity, ofVolume: text)?.number }

    /// What a volume that was read has of an attribute: one named by `pool/volume` or by a path.
    package func value(of attribute: Attribute, ofVolume text: String) -> Value? {
        let references = VolumeReference(text).map(\.spellings) ?? bases[text].map { [$0] } ?? []
        return references.lazy.compactMap { self.volumes[$0]?.attributes[attribute] }.first
    }
}

/// A volume by its pool and name, written `pool/volume`. A path starts with a slash and is none.
package struct VolumeReference: Hashable, Sendable, CustomStringConvertible {
    package let pool: String
    package let name: String

    package init(pool: String, name: String) {
        self.pool = pool
        self.name = name
    }

    package init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/"), slash != text.startIndex else { return nil }
        pool = String(text[..<slash])
        name = String(text[text.index(after: slash)...])
    }

    package var description: String { "\(pool)/\(name)" }

    /// What lies beside a volume that is being made of another one, until that is done: where it is, the volume is not whole.
    package var mark: VolumeReference { VolumeReference(pool: pool, name: name + VolumeReference.markSuffix) }
    package static let markSuffix = ".upload"

    /// What may be meant: people leave out the end that tells a format.
    package var spellings: [VolumeReference] {
        [self] + ["qcow2", "raw", "img"].map { VolumeReference(pool: pool, name: "\(name).\($0)") }
    }
}

/// A host that was read, or why it could not be: then everything on it is unknown, which is not gone.
package enum Observation: Sendable {
    case read(ObservedHost)
    case unknown(HostError)
}

package struct ObservedState: Sendable {
    package var hosts: [Address: Observation]

    package init(hosts: [Address: Observation] = [:]) { self.hosts = hosts }
}
