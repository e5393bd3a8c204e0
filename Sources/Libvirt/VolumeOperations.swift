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
        let pool = try ifThere { () throws(HostError) in
            try PoolHandle(
                purpose.object("virStoragePoolLookupByName", virStoragePoolLookupByName(connection.pointer, poolName)))
        }
        guard let pool else {
            guard operation.verb != .delete else { return }
            throw purpose.error(
                .missing, "There is no pool “\(poolName)” on the host. Define one, or name another.",
                command: "virsh -c '\(host.uri)' pool-list --all")
        }
        let volume = try ifThere { () throws(HostError) in
            try VolumeHandle(
                purpose.object("virStorageVolLookupByName", virStorageVolLookupByName(pool.pointer, object.name)))
        }
        switch operation.verb {
        case .create:
            try create(operation, in: pool, existing: volume, purpose)
        case .update, .updateLive:
            guard let volume else {
                throw purpose.error(
                    .missing, "It is not there any more. Run the plan again to see what is.",
                    command: "virsh -c '\(host.uri)' vol-list \(poolName)")
            }
            try update(operation, volume, in: pool, purpose)
        case .delete:
            if let volume { try purpose.check("virStorageVolDelete", virStorageVolDelete(volume.pointer, 0)) }
            try store?.forgetVolume(object.name, pool: poolName, purpose)
        case .start, .stop: break
        }
    }

    private func create(
        _ operation: Operation, in pool: borrowing PoolHandle, existing: consuming VolumeHandle?, _ purpose: Purpose
    ) throws(HostError) {
        let parser = Parser()
        guard let document = parser.document(Skeleton.volume(operation.object)) else { throw purpose.unreadable() }
        try volumeLenses.write(operation.set, into: document.root, surroundings(purpose))
        if let existing {
            let text = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(existing.pointer, 0))
            guard let found = parser.document(text) else { throw purpose.unreadable() }
            guard agree(document.root, found.root) else {
                throw purpose.error(
                    .exists,
                    "A volume of that name is there already and is another one. Rename one of the two, or delete it if "
                        + "nothing needs it.",
                    command:
                        "virsh -c '\(host.uri)' vol-dumpxml \(operation.object.name) \(operation.object.pool ?? "")")
            }
            try store?.save(existing, operation.object, purpose)
            return
        }
        let volume = try VolumeHandle(
            purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, document.xml, 0)))
        try store?.save(volume, operation.object, purpose)
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
