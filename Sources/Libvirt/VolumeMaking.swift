import CLibvirt
import Model

/// The pieces that making a volume is put together of, however it gets its content.
extension HostSession {
    func findVolume(
        _ name: String, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) -> VolumeHandle? {
        do throws(HostError) {
            return try VolumeHandle(
                purpose.object("virStorageVolLookupByName", virStorageVolLookupByName(pool.pointer, name)))
        } catch {
            guard error.reason == .missing else { throw error }
            return nil
        }
    }

    /// A volume that must be there, by its name, or by that with the end that people leave out.
    func findVolume(
        meant reference: VolumeReference, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) -> VolumeHandle {
        do throws(HostError) {
            return try VolumeHandle(
                purpose.object("virStorageVolLookupByName", virStorageVolLookupByName(pool.pointer, reference.name)))
        } catch {
            guard error.reason == .missing else { throw error }
            for other in reference.spellings.dropFirst() {
                if let volume = try findVolume(other.name, in: pool, purpose) { return volume }
            }
            throw error
        }
    }

    /// A volume whose file is there. What its pool still lists of one that was deleted beside it is taken away.
    func findPresentVolume(
        _ name: String, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) -> VolumeHandle? {
        guard let volume = try findVolume(name, in: pool, purpose) else { return nil }
        do throws(HostError) {
            var info = virStorageVolInfo()
            try purpose.check("virStorageVolGetInfo", virStorageVolGetInfo(volume.pointer, &info))
            return volume
        } catch {
            guard error.reason == .missing else { throw error }
            try removeVolume(name, in: pool, purpose)
            return nil
        }
    }

    /// A volume's XML, as it is now.
    func read(_ volume: borrowing VolumeHandle, _ purpose: Purpose) throws(HostError) -> Document {
        let text = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(volume.pointer, 0))
        guard let document = Parser().document(text) else { throw purpose.unreadable() }
        return document
    }

    func removeVolume(_ name: String, in pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) {
        guard let volume = try findVolume(name, in: pool, purpose) else { return }
        do throws(HostError) {
            try purpose.check("virStorageVolDelete", virStorageVolDelete(volume.pointer, 0))
        } catch {
            guard error.reason == .missing else { throw error }
        }
    }

    /// The name of a volume's mark (`VolumeReference.mark`).
    ///
    /// Libvirt renames no volume, so that a volume has its name while it is converted or copied, and what is half made
    /// looks whole. Where there is this other one too, it is not; its deletion is what makes it so.
    func unfinishedMark(of name: String) -> String { name + VolumeReference.markSuffix }

    /// Whether a pool's volumes are devices and no files; asked once.
    func isOfDevices(_ pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) -> Bool {
        guard !isTestDriver else { return false }
        let name = virStoragePoolGetName(pool.pointer).map { String(cString: $0) } ?? ""
        let type = try memory.type(ofPool: name) { () throws(HostError) in
            let text = try purpose.text("virStoragePoolGetXMLDesc", virStoragePoolGetXMLDesc(pool.pointer, 0))
            guard let document = Parser().document(text) else { throw purpose.unreadable() }
            return document.root["type"] ?? ""
        }
        return !["dir", "fs", "netfs", "vstorage", "gluster"].contains(type)
    }

    /// The XML of a new volume.
    /// - Parameter size: Bytes that it must have room for.
    func definition(
        of operation: Operation, in pool: borrowing PoolHandle, atLeast size: Int64, _ purpose: Purpose
    ) throws(HostError) -> Document {
        guard let document = Parser().document(Skeleton.volume(operation.object)) else { throw purpose.unreadable() }
        // Of a device that is allocated in part, libvirt makes a snapshot with no room in it.
        if try isOfDevices(pool, purpose) { document.root.removeChildren("allocation") }
        var set = operation.set
        if size > set[.capacity]?.number ?? 0 { set[.capacity] = .integer(size) }
        try volumeLenses.write(set, into: document.root, surroundings(purpose, assuming: true))
        if !isTestDriver, !isRaw(operation) {
            // Libvirt makes the version before by itself, which cannot be resized beside a snapshot.
            document.root.ensure("target").ensure("compat").set(text: "1.1")
        }
        if isThick(operation), isRaw(operation), let capacity = set[.capacity]?.number {
            let allocation = document.root.ensure("allocation")
            allocation.set("unit", "bytes")
            allocation.set(text: String(capacity))
        }
        return document
    }

    /// Of a qcow2 the tables are allocated beforehand, which is all that libvirt offers; beneath an overlay there is
    /// nothing to allocate.
    func allocationFlags(of operation: Operation) -> UInt32 {
        let isPossible = !isTestDriver && operation.set[.backing] == nil && !isRaw(operation)
        return isThick(operation) && isPossible ? VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA.rawValue : 0
    }

    func isThick(_ operation: Operation) -> Bool { operation.set[.allocation]?.text == "thick" }

    func isRaw(_ operation: Operation) -> Bool { operation.set[.volumeFormat]?.text != "qcow2" }

    func remember(
        _ volume: borrowing VolumeHandle, _ object: ObjectReference, _ purpose: Purpose
    ) throws(HostError) {
        try store?.save(volume, object, purpose)
        // A file's key is its path. What is a device or has another key is asked for where it is needed.
        guard let path = virStorageVolGetKey(volume.pointer).map({ String(cString: $0) }), path.hasPrefix("/"),
            !path.hasPrefix("/dev/")
        else { return }
        memory.note(path: path, of: VolumeReference(pool: object.pool ?? "", name: object.name))
    }

    /// A volume that is there already is what an interrupted run left, if it has all that was asked for and nothing has
    /// been written into it; a file that somebody else has in the pool's directory is neither taken over nor lost.
    func takeUp(
        _ existing: borrowing VolumeHandle, _ object: ObjectReference, wanted: Element, _ purpose: Purpose
    ) throws(HostError) {
        let found = try read(existing, purpose)
        var info = virStorageVolInfo()
        try purpose.check("virStorageVolGetInfo", virStorageVolGetInfo(existing.pointer, &info))
        // Into an untouched raw file nothing is written; the tables of an empty qcow2 file of some TiB are smaller than that.
        let most: UInt64 = found.root.descendant(["target", "format"])?["type"] == "qcow2" ? 1 << 20 : 0
        guard agree(wanted, found.root), info.allocation <= most else {
            throw purpose.error(
                .exists,
                "A volume of that name is there already and is another one. Rename one of the two, or delete it if "
                    + "nothing needs it.",
                command: "virsh -c '\(host.uri)' vol-dumpxml \(object.name) \(object.pool ?? "")")
        }
        try store?.save(existing, object, purpose)
    }

    /// Whether a volume that is there has all that was asked for.
    private func agree(_ wanted: Element, _ found: Element) -> Bool {
        volumeLenses.fields.allSatisfy { lens in
            guard let value = lens.read(wanted) else { return true }
            return lens.read(found) == value
        }
    }
}
