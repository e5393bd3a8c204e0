import CLibvirt
import Model

/// Makes an observed object of a list's entry and its XML.
struct ObjectReader<Kind: ListedKind>: Sendable {
    let session: HostSession
    let listing: Listing<Kind>
    var attachments: Attachments?

    func read(_ entry: Inventory<Kind>.Entry, _ parser: borrowing Parser) throws(HostError) -> ObservedObject {
        let handle = listing.handle(at: entry.index)
        let purpose = session.purpose("read a \(Kind.kind)", entry.name)
        let reference = ObjectReference(Kind.kind, host: session.host.address, name: entry.name, id: entry.id)
        let text = try purpose.text(Kind.xmlCall, Kind.xml(handle.pointer, session.definitionFlag(of: Kind.self)))
        guard let document = parser.document(text) else { throw purpose.unreadable() }
        var object = ObservedObject(reference, attributes: attributes(of: document.root, entry))
        if Kind.kind == .domain { object.stamp = readStamp(document.root) }
        object.hasSavedState = entry.hasSavedState
        if entry.isActive, Kind.kind == .domain || Kind.kind == .network && !session.isTestDriver {
            let text = try purpose.text(Kind.xmlCall, Kind.xml(handle.pointer, 0))
            guard let live = parser.document(text) else { throw purpose.unreadable() }
            if Kind.kind == .domain { domainLenses.recognise(document.root, in: live.root) }
            attachments?.note(of: entry.id, live.root)
            if Kind.kind == .network, makesBridge(forwardMode(live.root)) {
                object.connections = Int(clamping: live.root.integer("connections") ?? 0)
            }
            let running = withoutExpansion(of: live.root, attributes(of: live.root, entry), object.attributes)
            // Nearly always the same: then one array serves for both.
            object.running = running == object.attributes ? object.attributes : running
        }
        return object
    }

    private func attributes(of root: Element, _ entry: Inventory<Kind>.Entry) -> Attributes {
        var entries: [Attributes.Element] = []
        entries.reserveCapacity(32)
        let path = { (attribute: Attribute) in AttributePath(attribute) }
        if entry.isTransient { entries.append((path(.persistent), false)) }
        switch Kind.kind {
        case .domain:
            entries.append((path(.power), entry.isPaused ? "Paused" : entry.isActive ? "On" : "Off"))
            entries.append((path(.autostart), .bool(entry.startsWithHost)))
            domainLenses.read(root, into: &entries)
        case .network:
            entries.append((path(.autostart), .bool(entry.startsWithHost)))
            entries.append((path(.active), .bool(entry.isActive)))
            networkLenses.read(root, into: &entries)
        default:
            entries.append((path(.autostart), .bool(entry.startsWithHost)))
            entries.append((path(.active), .bool(entry.isActive)))
            poolLenses.read(root, into: &entries)
        }
        return Attributes(entries)
    }

    /// What the running domain's XML shows otherwise than its definition and is the same nevertheless.
    private func withoutExpansion(of root: Element, _ running: Attributes, _ defined: Attributes) -> Attributes {
        // The CPU that the host's model came to; not the one of a guest that was started without any said.
        guard defined[.cpuMode] == "host-model", running[.cpuMode] == "custom", !hasDefaultCPU(root) else {
            return running
        }
        var running = running
        running[.cpuMode] = "host-model"
        return running
    }
}

/// Reads a pool's list of volumes, and their XML.
struct VolumeReader: Sendable {
    let session: HostSession
    let pool: String
    /// Names of those that were made raw.
    var raw: Set<String> = []

    func list(_ handle: borrowing PoolHandle) throws(HostError) -> Listing<VolumeKind> {
        var array: UnsafeMutablePointer<OpaquePointer?>?
        let count = try session.purpose("list a pool's volumes", pool).check(
            "virStoragePoolListAllVolumes", virStoragePoolListAllVolumes(handle.pointer, &array, 0))
        return Listing(array, count: count)
    }

    func read(_ handle: borrowing VolumeHandle, _ parser: borrowing Parser) throws(HostError) -> ObservedObject {
        let name = virStorageVolGetName(handle.pointer).map { String(cString: $0) } ?? ""
        let purpose = session.purpose("read a volume", "\(pool)/\(name)")
        let text = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(handle.pointer, 0))
        guard let document = parser.document(text) else { throw purpose.unreadable() }
        if raw.contains(name) { document.root.takeAsRaw() }
        var entries: [Attributes.Element] = []
        volumeLenses.read(document.root, into: &entries)
        let reference = ObjectReference(.volume, host: session.host.address, name: name, pool: pool)
        return ObservedObject(reference, attributes: Attributes(entries))
    }
}

extension Purpose {
    func unreadable() -> HostError {
        error(.failed, "Its XML cannot be read. Look at it by hand; a newer libvirt may have written it.")
    }
}
