package import Model

/// Opens connections to hosts. `Libvirt` implements it, and the tests' host with faults.
package protocol Hypervisor: Sendable {
    /// A connection that has no way of writing.
    func reader(for host: Host) async throws(HostError) -> any HostReading
    func writer(for host: Host) async throws(HostError) -> any HostWriting
}

/// A host that can be looked at.
package protocol HostReading: Sendable {
    /// Reads everything asked for, in bulk. An object that is not there is absent from the answer; any failure to find
    /// out is an error, since unknown is not gone.
    func observe(_ interest: Interest) async throws(HostError) -> ObservedHost
    /// The live facts of domains, for `status`.
    func status(of domains: [ObjectReference]) async throws(HostError) -> [DomainStatus]
}

/// A host that can be changed too.
package protocol HostWriting: HostReading {
    /// Does one operation and returns when its effect is there. Safe to call from many tasks at once.
    func perform(_ operation: Operation) async throws(HostError)
    /// Does an operation that waits for a guest.
    /// - Parameter progress: Called after every look, with what is waited for and what was seen; from any thread.
    func wait(
        _ operation: Operation, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError)
    /// Does an operation that creates a volume, and fills it with an image; of another format than the operation sets, the
    /// host converts it. Nothing uses a volume that was not filled to its end, and none is taken for whole.
    /// - Parameter progress: Called with the bytes of the image that have been sent, of its length; from any thread.
    func fill(
        _ operation: Operation, with image: LocalImage, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(HostError)
}

/// What a read is to bring back beyond the lists of names.
package struct Interest: Sendable {
    /// Domains, networks and pools whose XML is wanted.
    package var objects: Set<ObjectID>
    /// The volumes whose XML is wanted, by pool.
    package var volumes: [String: Set<String>]
    /// Those of them that are not known to be whole, by pool: a mark beside one says that it is being filled.
    package var doubtful: [String: Set<String>] = [:]
    /// Those that were made raw, by pool: what libvirt takes them for is what guests have written on them.
    package var raw: [String: Set<String>] = [:]
    /// The pools whose volumes' paths and target are wanted.
    package var pools: Set<String>
    /// Paths of volumes whose XML is wanted, in whichever active pool they are.
    package var paths: Set<String>
    /// All domains, networks and pools of the stack, on whichever host: what else is met is somebody else's.
    package var ours: Set<ObjectID> = []

    package init(
        objects: Set<ObjectID> = [], volumes: [String: Set<String>] = [:], pools: Set<String> = [],
        paths: Set<String> = []
    ) {
        self.objects = objects
        self.volumes = volumes
        self.pools = pools
        self.paths = paths
    }
}

/// How a domain is doing now.
package struct DomainStatus: Hashable, Sendable {
    package enum Power: String, Hashable, Sendable { case on, off, paused, crashed, suspended }

    package struct Disk: Hashable, Sendable {
        package let target: String
        package let source: String
        /// Bytes as the guest sees them; nil where the driver does not say.
        package let capacity: Int64?

        package init(target: String, source: String, capacity: Int64?) {
            self.target = target
            self.source = source
            self.capacity = capacity
        }
    }

    package let object: ObjectReference
    package var power: Power
    /// Without loopback and link-local ones, in order.
    package var addresses: [String]
    package var vcpus: Int
    /// Nanoseconds of processor time since it was started.
    package var cpuTime: Int64
    /// Bytes that it has now, and may have at most.
    package var memory: Int64
    package var maximumMemory: Int64
    package var disks: [Disk]
    package var snapshots: Int

    package init(
        _ object: ObjectReference, power: Power, addresses: [String] = [], vcpus: Int = 0, cpuTime: Int64 = 0,
        memory: Int64 = 0, maximumMemory: Int64 = 0, disks: [Disk] = [], snapshots: Int = 0
    ) {
        self.object = object
        self.power = power
        self.addresses = addresses
        self.vcpus = vcpus
        self.cpuTime = cpuTime
        self.memory = memory
        self.maximumMemory = maximumMemory
        self.disks = disks
        self.snapshots = snapshots
    }
}
