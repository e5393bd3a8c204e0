import CLibvirt
import Glibc
import Model
import Synchronization

/// An open host: its connection, its lanes, and where it is written down if it is a simulated one.
final class HostSession: Sendable {
    let host: Host
    let connection: Connection
    let lanes: Lanes
    /// For what takes minutes and must not keep the rest waiting: two at a time.
    let transfers = Lanes(count: 2)
    let store: SimulatedHostStore?
    let features: Set<HostFeature>
    let memory = SessionMemory()
    let starts: GuestStarts
    private let guest = Mutex<GuestPlatform?>(nil)

    init(
        _ host: Host, _ connection: Connection, _ lanes: Lanes, store: SimulatedHostStore?,
        starts: GuestStarts = GuestStarts()
    ) {
        self.host = host
        self.connection = connection
        self.lanes = lanes
        self.store = store
        self.starts = starts
        let scheme = host.uri.prefix { $0 != ":" && $0 != "+" }
        features = store != nil ? [.resize] : scheme == "test" ? [] : [.hotplug, .resize, .upload, .connect]
    }

    /// The flag that asks for an object's persistent definition; libvirt's test driver knows it of domains alone.
    func definitionFlag<Kind: ListedKind>(of kind: Kind.Type) -> UInt32 {
        isTestDriver && Kind.kind != .domain ? 0 : Kind.inactiveXMLFlag
    }

    var isTestDriver: Bool { store != nil || host.uri.hasPrefix("test") }

    func purpose(_ action: String, _ name: String) -> Purpose { Purpose(action, name, on: connection) }

    /// What a new guest is made for; asked of the host once.
    func platform() throws(HostError) -> GuestPlatform {
        if let known = guest.withLock({ $0 }) { return known }
        let found = try GuestPlatform(of: self)
        guest.withLock { $0 = found }
        return found
    }

    /// - Parameter assuming: On a simulated host a volume that is not there is taken to be, as an image is that new volumes
    ///   are made of.
    func surroundings(_ purpose: Purpose, assuming: Bool = false) -> Surroundings {
        let isAssumed = assuming && isTestDriver
        return Surroundings(
            volume: { reference throws(HostError) in try self.place(of: reference, isAssumed: isAssumed, purpose) },
            purpose: purpose)
    }

    /// Looked up once.
    func pool(_ name: String, _ purpose: Purpose) throws(HostError) -> SharedHandle<PoolKind> {
        if let known = memory.pool(name) { return known }
        let pool = SharedHandle(
            try PoolHandle(
                purpose.object("virStoragePoolLookupByName", virStoragePoolLookupByName(connection.pointer, name))))
        memory.note(pool, named: name)
        return pool
    }

    /// Where a volume is on the host, and whether it is a block device.
    private func place(
        of reference: VolumeReference, isAssumed: Bool, _ purpose: Purpose
    ) throws(HostError) -> (path: String, isBlock: Bool) {
        if let path = memory.path(of: reference) { return (path, false) }
        let pool = try pool(reference.pool, purpose)
        if isAssumed, try findVolume(reference.name, in: pool.handle, purpose) == nil {
            return ("\(try directory(of: pool.handle, purpose))/\(reference.name)", false)
        }
        let volume = try findVolume(meant: reference, in: pool.handle, purpose)
        let path = try purpose.text("virStorageVolGetPath", virStorageVolGetPath(volume.pointer)).string
        var info = virStorageVolInfo()
        try purpose.check("virStorageVolGetInfo", virStorageVolGetInfo(volume.pointer, &info))
        return (path, info.type == Int32(VIR_STORAGE_VOL_BLOCK.rawValue))
    }

    private func directory(of pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) -> String {
        let text = try purpose.text("virStoragePoolGetXMLDesc", virStoragePoolGetXMLDesc(pool.pointer, 0))
        guard let document = Parser().document(text), let path = document.root.descendant(["target", "path"])?.text
        else {
            throw purpose.unreadable()
        }
        return path
    }
}

/// The kind of machine that a host's new guests are.
struct GuestPlatform: Sendable {
    /// `kvm`, `qemu` (emulated) or `test`.
    let type: String
    let architecture: String

    /// A PC of QEMU's, under KVM or not.
    var isEmulatedPC: Bool { type != "test" && ["x86_64", "i686"].contains(architecture) }

    init(of session: HostSession) throws(HostError) {
        guard !session.isTestDriver else {
            type = "test"
            architecture = "i686"
            return
        }
        let purpose = session.purpose("find out what guests the host can run", session.host.uri)
        var info = virNodeInfo()
        let connection = session.connection.pointer
        try purpose.check("virNodeGetInfo", virNodeGetInfo(connection, &info))
        architecture = withUnsafeBytes(of: info.model) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        session.connection.counter.count("virConnectGetDomainCapabilities")
        if let text = virConnectGetDomainCapabilities(connection, nil, architecture, nil, "kvm", 0) {
            free(text)
            type = "kvm"
        } else {
            type = "qemu"
        }
    }
}
