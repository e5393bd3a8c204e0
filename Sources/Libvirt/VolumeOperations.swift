import CLibvirt
import Model

extension HostSession {
    func performOnVolume(_ operation: Operation) throws(HostError) {
        let object = operation.object
        let poolName = object.pool ?? ""
        let action =
            switch operation.verb {
            case .create: "create the volume"
            case .delete: "delete the volume"
            default: "change the volume"
            }
        let purpose = purpose(action, "\(poolName)/\(object.name)")
        guard let pool = try ifThere({ () throws(HostError) in try self.pool(poolName, purpose) }) else {
            guard operation.verb != .delete else { return }
            throw purpose.error(
                .missing, "There is no pool “\(poolName)” on the host. Define one, or name another.",
                command: "virsh -c '\(host.uri)' pool-list --all")
        }
        switch operation.verb {
        case .create:
            try create(operation, in: pool.handle, purpose)
        case .update, .updateLive:
            guard let volume = try findVolume(object, in: pool.handle, purpose) else {
                throw purpose.error(
                    .missing, "It is not there any more. Run the plan again to see what is.",
                    command: "virsh -c '\(host.uri)' vol-list \(poolName)")
            }
            try update(operation, volume, in: pool.handle, purpose)
        case .delete:
            memory.note(path: nil, of: VolumeReference(pool: poolName, name: object.name))
            if let volume = try findVolume(object, in: pool.handle, purpose) {
                try purpose.check("virStorageVolDelete", virStorageVolDelete(volume.pointer, 0))
            }
            try store?.forgetVolume(object.name, pool: poolName, purpose)
        case .start, .stop: break
        }
    }

    private func findVolume(
        _ object: ObjectReference, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) -> VolumeHandle? {
        do throws(HostError) {
            return try VolumeHandle(
                purpose.object("virStorageVolLookupByName", virStorageVolLookupByName(pool.pointer, object.name)))
        } catch {
            guard error.reason == .missing else { throw error }
            return nil
        }
    }

    /// Libvirt itself refuses a name that is taken: only then is there something to look at.
    private func create(
        _ operation: Operation, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        let parser = Parser()
        guard let document = parser.document(Skeleton.volume(operation.object)) else { throw purpose.unreadable() }
        try volumeLenses.write(operation.set, into: document.root, surroundings(purpose))
        do throws(HostError) {
            let volume = try VolumeHandle(
                purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, document.xml, 0)))
            try remember(volume, operation.object, purpose)
        } catch {
            guard error.reason == .exists, let existing = try findVolume(operation.object, in: pool, purpose) else {
                throw error
            }
            try takeUp(existing, operation.object, wanted: document.root, purpose)
        }
    }

    private func remember(
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
    private func takeUp(
        _ existing: borrowing VolumeHandle, _ object: ObjectReference, wanted: Element, _ purpose: Purpose
    ) throws(HostError) {
        let text = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(existing.pointer, 0))
        guard let found = Parser().document(text) else { throw purpose.unreadable() }
        var info = virStorageVolInfo()
        try purpose.check("virStorageVolGetInfo", virStorageVolGetInfo(existing.pointer, &info))
        // The tables of an empty qcow2 file of some TiB are smaller than that.
        guard agree(wanted, found.root), info.allocation <= 1 << 20 else {
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

    private func update(
        _ operation: Operation, _ volume: consuming VolumeHandle, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        if let path = operation.set.first(where: { $0.path.attribute != .capacity })?.path {
            throw purpose.error(.unsupported, "“\(path)” of a volume cannot be changed: it would be another volume.")
        }
        guard let bytes = operation.set[.capacity]?.number else { return }
        var info = virStorageVolInfo()
        try purpose.check("virStorageVolGetInfo", virStorageVolGetInfo(volume.pointer, &info))
        guard try grows(from: info.capacity, to: bytes, purpose) else { return }
        guard let store else {
            try purpose.check("virStorageVolResize", virStorageVolResize(volume.pointer, UInt64(bytes), 0))
            return
        }
        // Libvirt's test driver cannot resize. Nothing is in its volumes, so that a new one is the same.
        let text = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(volume.pointer, 0))
        guard let document = Parser().document(text) else { throw purpose.unreadable() }
        try volumeLenses.write(operation.set, into: document.root, surroundings(purpose))
        try purpose.check("virStorageVolDelete", virStorageVolDelete(volume.pointer, 0))
        let larger = try VolumeHandle(
            purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, document.xml, 0)))
        try store.save(larger, operation.object, purpose)
    }
}
