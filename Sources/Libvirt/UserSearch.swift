import CLibvirt
import Model

/// Finds everything on a host that uses a volume: domains that have one as a disk, and what is built on one.
///
/// Libvirt knows of those files alone that it saw in its pools when it last looked. So it is made to look: into the
/// directories of all pools, of domains' disks and of what is found to be a base, each as a pool that is there for
/// that long. Nothing is changed in them.
struct UserSearch: ~Copyable {
    private let session: HostSession
    private let purpose: Purpose
    private let parser = Parser()
    private(set) var found = UserListing()
    /// Directories that are to be looked into, and those that were.
    private var open: [String] = []
    private var looked: Set<String> = []
    /// The pools whose directories they are.
    private var places: [String: Inventory<PoolKind>.Entry] = [:]
    /// Disks that are raw, and so built on nothing, whatever a guest has written on them.
    private var raw: Set<String> = []

    init(_ session: HostSession, _ purpose: Purpose) {
        self.session = session
        self.purpose = purpose
    }

    /// - Parameter isDeep: Directories are looked into, for overlays and for what paths over links lead to.
    mutating func run(intoDirectories isDeep: Bool) throws(HostError) {
        let disks = try session.disksOfDomains(purpose)
        let others = disks.filter { !session.memory.isOurs($0.owner.id) }
        found.disks = others.map { ($0.files[0], $0.owner) }
        found.isDeep = isDeep
        raw = Set(disks.lazy.filter(\.isRaw).map(\.files[0]))
        guard isDeep else { return }
        let pools = try Inventory<PoolKind>(session.connection)
        try readPools(pools)
        if !session.isTestDriver { try readDirectories(of: disks, others, pools) }
        var owners: [String: DiskOwner] = [:]
        for disk in disks { for file in disk.files { owners[file] = disk.owner } }
        for index in found.overlays.indices { found.overlays[index].owner = owners[found.overlays[index].path] }
        // Last, since their names are paths.
        for disk in disks where disk.isRunning {
            found.overlays += zip(disk.files, disk.files.dropFirst()).map { file, base in
                Overlay(name: file, path: file, bases: [VolumeFace(path: base)], owner: disk.owner)
            }
        }
    }

    private mutating func readDirectories(
        of disks: [DomainDisk], _ others: [DomainDisk], _ pools: Inventory<PoolKind>
    ) throws(HostError) {
        open += disks.flatMap(\.files).compactMap { FilePlace($0)?.directory }
        // What a guest writes to is of other times at each look: from before that at all others until after them.
        let written = Set(others.lazy.filter(\.isRunning).map(\.files[0]))
        let first = Set(written.compactMap { FilePlace($0)?.directory }).sorted()
        open += first
        while let directory = open.popLast() {
            if looked.insert(directory).inserted { try look(into: directory, pools) }
        }
        for directory in first { try look(into: directory, pools, for: written) }
    }

    private mutating func readPools(_ pools: Inventory<PoolKind>) throws(HostError) {
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
            if isDirectory, !session.isTestDriver,
                let path = document.root.descendant(["target", "path"])?.text.withoutDots
            {
                places[path] = entry
                open.append(path)
            } else if entry.isActive {
                try read(pool, of: entry)
            }
        }
    }

    /// - Parameter paths: The files that it is about; all, where it is left out.
    private mutating func look(
        into directory: String, _ pools: Inventory<PoolKind>, for paths: Set<String>? = nil
    ) throws(HostError) {
        let place = places[directory]
        for _ in 0..<3 {
            do throws(HostError) {
                return try session.look(into: directory, purpose) { pool throws(HostError) in
                    try read(pool, of: place, in: directory, for: paths)
                }
            } catch {
                guard error.reason != .unreachable else { throw error }
            }
        }
        // Better what libvirt saw in it at some time than nothing.
        if let place, place.isActive { try read(pools.listing.handle(at: place.index), of: place) }
    }

    private mutating func read(
        _ pool: borrowing PoolHandle, of place: Inventory<PoolKind>.Entry?, in directory: String? = nil,
        for paths: Set<String>? = nil
    ) throws(HostError) {
        let volumes = try VolumeReader(session: session, pool: place?.name ?? directory ?? "").list(pool)
        for index in 0..<volumes.count {
            let volume = volumes.handle(at: index)
            let name = virStorageVolGetName(volume.pointer).map { String(cString: $0) } ?? ""
            let path = directory.map { "\($0)/\(name)" }
            if let paths, let path, !paths.contains(path) { continue }
            guard let text = try textIfThere(of: volume), let document = parser.document(text),
                let face = VolumeFace(document.root.child("target"), at: path)
            else { continue }
            found.faces[face.path] = found.faces[face.path]?.until(face) ?? face
            guard !raw.contains(face.path), let base = VolumeFace(document.root.child("backingStore")) else { continue }
            let overlay = Overlay(
                name: place.map { "\($0.name)/\(name)" } ?? face.path, path: face.path, bases: base.spelledOut)
            found.overlays.append(overlay)
            if !session.isTestDriver { open += overlay.bases.compactMap { FilePlace($0.path)?.directory } }
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
}
