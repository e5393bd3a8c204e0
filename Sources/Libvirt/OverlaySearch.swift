import CLibvirt
import Model

/// Finds everything on a host that is built on something else.
///
/// Libvirt knows of those files alone that it saw in its pools when it last looked. So it is made to look: into the
/// directories of all pools, of domains' disks and of what is found to be a base, each as a pool that is there for
/// that long. Nothing is changed in them.
struct OverlaySearch: ~Copyable {
    private let session: HostSession
    private let purpose: Purpose
    private let parser = Parser()
    private let pools: Inventory<PoolKind>
    private(set) var found = OverlayListing()
    /// Directories that are to be looked into, and those that were.
    private var open: [String] = []
    private var looked: Set<String> = []
    /// The pools whose directories they are.
    private var places: [String: Inventory<PoolKind>.Entry] = [:]
    /// The domains whose disks are at these paths.
    private var owners: [String: Overlay.Owner] = [:]

    init(_ session: HostSession, _ purpose: Purpose) throws(HostError) {
        self.session = session
        self.purpose = purpose
        pools = try Inventory(session.connection)
    }

    mutating func run() throws(HostError) {
        let chains = try readDomains()
        try readPools()
        while let directory = open.popLast() {
            if looked.insert(directory).inserted { try look(into: directory) }
        }
        for index in found.overlays.indices { found.overlays[index].owner = owners[found.overlays[index].path] }
        // Last, since their names are paths.
        found.overlays += chains
    }

    // MARK: - Files

    private mutating func readPools() throws(HostError) {
        for entry in pools.entries {
            let pool = pools.listing.handle(at: entry.index)
            if let name = LookName(entry.name) {
                if name.isLeftBehind { _ = virStoragePoolDestroy(pool.pointer) }
                continue
            }
            let text = try ifThere { () throws(HostError) in
                try purpose.text(PoolKind.xmlCall, PoolKind.xml(pool.pointer, 0))
            }
            guard let text, let document = parser.document(text) else { continue }
            let type = document.root["type"] ?? ""
            // What is not mounted is not there to be looked into.
            let isDirectory = type == "dir" || entry.isActive && ["fs", "netfs", "vstorage"].contains(type)
            if isDirectory, !session.isTestDriver, let path = document.root.descendant(["target", "path"])?.text {
                places[path] = entry
                open.append(path)
            } else if entry.isActive {
                try read(pool, of: entry)
            }
        }
    }

    private mutating func look(into directory: String) throws(HostError) {
        let place = places[directory]
        for _ in 0..<3 {
            do throws(HostError) {
                let pool = try pool(of: directory)
                defer { _ = virStoragePoolDestroy(pool.pointer) }
                return try read(pool, of: place, in: directory)
            } catch {
                guard error.reason != .unreachable else { throw error }
            }
        }
        // Better what libvirt saw in it at some time than nothing.
        if let place, place.isActive { try read(pools.listing.handle(at: place.index), of: place) }
    }

    /// Libvirt refuses a directory that is a pool's already, be it of another one who looks, under the very same name:
    /// `/./.` is another.
    private func pool(of directory: String) throws(HostError) -> PoolHandle {
        let path = directory + String(repeating: "/.", count: .random(in: 1...200))
        let xml = """
            <pool type='dir'><name>\(LookName.new)</name>\
            <target><path>\(escaped(path))</path></target></pool>
            """
        return try PoolHandle(
            purpose.object("virStoragePoolCreateXML", virStoragePoolCreateXML(session.connection.pointer, xml, 0)))
    }

    private mutating func read(
        _ pool: borrowing PoolHandle, of place: Inventory<PoolKind>.Entry?, in directory: String? = nil
    ) throws(HostError) {
        let volumes = try VolumeReader(session: session, pool: place?.name ?? directory ?? "").list(pool)
        for index in 0..<volumes.count {
            let volume = volumes.handle(at: index)
            guard let text = try textIfThere(of: volume), let document = parser.document(text),
                let base = VolumeFace(document.root.child("backingStore"))
            else { continue }
            let root = document.root
            let name = root.child("name")?.text ?? ""
            let path = directory.map { "\($0)/\(name)" } ?? VolumeFace(root.child("target"))?.path ?? name
            let overlay = Overlay(name: place.map { "\($0.name)/\(name)" } ?? path, path: path, bases: base.spelledOut)
            found.overlays.append(overlay)
            if !session.isTestDriver { open += overlay.bases.compactMap { parent(of: $0.path) } }
        }
    }

    /// Nil where it has gone meanwhile, or is just being made.
    private func textIfThere(of volume: borrowing VolumeHandle) throws(HostError) -> CText? {
        do throws(HostError) {
            return try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(volume.pointer, 0))
        } catch {
            guard error.reason != .unreachable else { throw error }
            return nil
        }
    }

    // MARK: - Domains

    /// Notes whose the disks are, and where; gives what running domains lie on, which libvirt keeps of them.
    private mutating func readDomains() throws(HostError) -> [Overlay] {
        var chains: [Overlay] = []
        let domains = try Inventory<DomainKind>(session.connection)
        for entry in domains.entries {
            let domain = domains.listing.handle(at: entry.index)
            for flag in entry.isActive ? [0, DomainKind.inactiveXMLFlag] : [0] {
                let text = try ifThere { () throws(HostError) in
                    try purpose.text(DomainKind.xmlCall, DomainKind.xml(domain.pointer, flag))
                }
                guard let text, let document = parser.document(text) else { continue }
                let owner = Overlay.Owner(domain: entry.name, stamp: readStamp(document.root))
                for disk in document.root.child("devices")?.children("disk") ?? [] {
                    // A raw disk is built on nothing.
                    if disk.child("driver")?.has("type", "raw") == true { continue }
                    let files = chain(of: disk)
                    for file in files { owners[file] = owner }
                    if !session.isTestDriver { open += files.compactMap { parent(of: $0) } }
                    if !entry.isActive || flag != 0 { continue }
                    chains += zip(files, files.dropFirst()).map { file, base in
                        Overlay(name: file, path: file, bases: [VolumeFace(path: base)], owner: owner)
                    }
                }
            }
        }
        return chains
    }

    /// The files of a disk, from that which is written to down to the last that it is built on, as far as libvirt says.
    private func chain(of disk: Element) -> [String] {
        var files: [String] = []
        var next: Element? = disk
        while let element = next, let source = element.child("source"), let file = source["file"] ?? source["dev"] {
            files.append(file)
            next = element.child("backingStore")
        }
        return files
    }

    /// The directory of a file; nil for a device, and for what is no path.
    private func parent(of path: String) -> String? {
        guard path.hasPrefix("/"), !path.hasPrefix("/dev/"), let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? nil : String(path[..<slash])
    }
}
