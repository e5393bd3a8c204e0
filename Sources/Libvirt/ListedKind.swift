import CLibvirt
import Model

/// A kind of object that a host lists as a whole: one call for all, one for those that are active, one for those that
/// start with the host. Names and UUIDs come with the list and cost no call.
protocol ListedKind: HandleKind, SendableMetatype {
    static var kind: ResourceKind { get }
    static var listCall: String { get }
    static var xmlCall: String { get }
    static var autostartFlag: UInt32 { get }
    static var inactiveXMLFlag: UInt32 { get }

    static func list(
        _ connection: OpaquePointer, _ array: inout UnsafeMutablePointer<OpaquePointer?>?, _ flags: UInt32
    ) -> Int32
    static func name(_ pointer: OpaquePointer) -> UnsafePointer<CChar>?
    static func id(_ pointer: OpaquePointer, _ bytes: inout [UInt8]) -> Int32
    static func xml(_ pointer: OpaquePointer, _ flags: UInt32) -> UnsafeMutablePointer<CChar>?
}

extension DomainKind: ListedKind {
    static let kind = ResourceKind.domain
    static let listCall = "virConnectListAllDomains"
    static let xmlCall = "virDomainGetXMLDesc"
    static let autostartFlag = VIR_CONNECT_LIST_DOMAINS_AUTOSTART.rawValue
    static let inactiveXMLFlag = VIR_DOMAIN_XML_INACTIVE.rawValue

    static func list(
        _ connection: OpaquePointer, _ array: inout UnsafeMutablePointer<OpaquePointer?>?, _ flags: UInt32
    ) -> Int32 { virConnectListAllDomains(connection, &array, flags) }
    static func name(_ pointer: OpaquePointer) -> UnsafePointer<CChar>? { virDomainGetName(pointer) }
    static func id(_ pointer: OpaquePointer, _ bytes: inout [UInt8]) -> Int32 { virDomainGetUUID(pointer, &bytes) }
    static func xml(_ pointer: OpaquePointer, _ flags: UInt32) -> UnsafeMutablePointer<CChar>? {
        virDomainGetXMLDesc(pointer, flags)
    }
}

extension NetworkKind: ListedKind {
    static let kind = ResourceKind.network
    static let listCall = "virConnectListAllNetworks"
    static let xmlCall = "virNetworkGetXMLDesc"
    static let autostartFlag = VIR_CONNECT_LIST_NETWORKS_AUTOSTART.rawValue
    static let inactiveXMLFlag = VIR_NETWORK_XML_INACTIVE.rawValue

    static func list(
        _ connection: OpaquePointer, _ array: inout UnsafeMutablePointer<OpaquePointer?>?, _ flags: UInt32
    ) -> Int32 { virConnectListAllNetworks(connection, &array, flags) }
    static func name(_ pointer: OpaquePointer) -> UnsafePointer<CChar>? { virNetworkGetName(pointer) }
    static func id(_ pointer: OpaquePointer, _ bytes: inout [UInt8]) -> Int32 { virNetworkGetUUID(pointer, &bytes) }
    static func xml(_ pointer: OpaquePointer, _ flags: UInt32) -> UnsafeMutablePointer<CChar>? {
        virNetworkGetXMLDesc(pointer, flags)
    }
}

extension PoolKind: ListedKind {
    static let kind = ResourceKind.pool
    static let listCall = "virConnectListAllStoragePools"
    static let xmlCall = "virStoragePoolGetXMLDesc"
    static let autostartFlag = VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART.rawValue
    static let inactiveXMLFlag = VIR_STORAGE_XML_INACTIVE.rawValue

    static func list(
        _ connection: OpaquePointer, _ array: inout UnsafeMutablePointer<OpaquePointer?>?, _ flags: UInt32
    ) -> Int32 { virConnectListAllStoragePools(connection, &array, flags) }
    static func name(_ pointer: OpaquePointer) -> UnsafePointer<CChar>? { virStoragePoolGetName(pointer) }
    static func id(_ pointer: OpaquePointer, _ bytes: inout [UInt8]) -> Int32 {
        virStoragePoolGetUUID(pointer, &bytes)
    }
    static func xml(_ pointer: OpaquePointer, _ flags: UInt32) -> UnsafeMutablePointer<CChar>? {
        virStoragePoolGetXMLDesc(pointer, flags)
    }
}

/// All objects of a kind on a host, as a few list calls tell.
///
/// The flags of the three kinds have the same numbers where they mean the same: 2 is what is active of networks and pools
/// (VIR_CONNECT_LIST_NETWORKS_ACTIVE), 8 what runs without a definition (VIR_CONNECT_LIST_DOMAINS_TRANSIENT).
struct Inventory<Kind: ListedKind>: Sendable {
    struct Entry: Sendable {
        /// Its place in the listing.
        let index: Int
        let id: ObjectID
        let name: String
        let isActive: Bool
        let startsWithHost: Bool
        let isPaused: Bool
        /// Of a domain that is off: it goes on with the memory that was saved when it is started.
        let hasSavedState: Bool
        /// It runs and has no definition: it is gone when it stops.
        let isTransient: Bool
    }

    let listing: Listing<Kind>
    let entries: [Entry]

    init(_ connection: Connection) throws(HostError) {
        listing = try Inventory.list(connection, 0)
        var active: Set<ObjectID> = []
        var starting: Set<ObjectID> = []
        var paused: Set<ObjectID> = []
        var transient: Set<ObjectID> = []
        var saved: Set<ObjectID> = []
        if listing.count > 0 {
            starting = try Inventory.ids(connection, Kind.autostartFlag)
            // An active domain has a number in the list itself; the other kinds are asked for.
            if Kind.kind == .domain {
                paused = try Inventory.ids(connection, VIR_CONNECT_LIST_DOMAINS_PAUSED.rawValue)
                if listing.map({ virDomainGetID($0) == .max }).contains(true) {
                    saved = try Inventory.ids(connection, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE.rawValue)
                }
            } else {
                active = try Inventory.ids(connection, 2)
            }
            // Libvirt keeps the definition of a pool that is active.
            if Kind.kind != .pool { transient = try Inventory.ids(connection, 8) }
        }
        var index = -1
        entries = listing.map { pointer in
            let id = Inventory.id(pointer)
            index += 1
            return Entry(
                index: index, id: id, name: Kind.name(pointer).map { String(cString: $0) } ?? "",
                isActive: Kind.kind == .domain ? virDomainGetID(pointer) != .max : active.contains(id),
                startsWithHost: starting.contains(id), isPaused: paused.contains(id),
                hasSavedState: saved.contains(id),
                isTransient: transient.contains(id))
        }
    }

    private static func list(_ connection: Connection, _ flags: UInt32) throws(HostError) -> Listing<Kind> {
        var array: UnsafeMutablePointer<OpaquePointer?>?
        let purpose = Purpose("list what is on the host", "all \(Kind.kind)s", on: connection)
        let count = try purpose.check(Kind.listCall, Kind.list(connection.pointer, &array, flags))
        return Listing(array, count: count)
    }

    private static func ids(_ connection: Connection, _ flags: UInt32) throws(HostError) -> Set<ObjectID> {
        Set(try list(connection, flags).map(id))
    }

    private static func id(_ pointer: OpaquePointer) -> ObjectID {
        var bytes = [UInt8](repeating: 0, count: 16)
        _ = Kind.id(pointer, &bytes)
        return ObjectID(bytes: bytes)
    }
}
