import CLibvirt
import Model

extension HostSession {
    func performOnVolume(_ operation: Operation) throws(HostError) {
        let object = operation.object
        let reference = VolumeReference(pool: object.pool ?? "", name: object.name)
        let action =
            switch operation.verb {
            case .create: "create the volume"
            case .delete: "delete the volume"
            default: "change the volume"
            }
        let purpose = purpose(action, reference.description)
        guard let pool = try ifThere({ () throws(HostError) in try self.pool(reference.pool, purpose) }) else {
            guard operation.verb != .delete else { return }
            throw noPool(reference.pool, purpose)
        }
        switch operation.verb {
        case .create:
            try create(operation, in: pool.handle, purpose)
        case .update, .updateLive:
            guard let volume = try findVolume(object.name, in: pool.handle, purpose) else {
                throw purpose.error(
                    .missing, "It is not there any more. Run the plan again to see what is.",
                    command: "virsh -c '\(host.uri)' vol-list \(reference.pool)")
            }
            memory.forgetOrigin(reference)
            try update(operation, volume, in: pool.handle, purpose)
        case .delete:
            try expectNoUser(
                of: object.name, in: pool.handle, mayBeBase: operation.address.mayBeBase, purpose)
            memory.note(path: nil, of: reference)
            memory.forgetOrigin(reference)
            // First, so that what an interrupted deletion leaves is the volume itself.
            if !isTestDriver { try removeVolume(unfinishedMark(of: object.name), in: pool.handle, purpose) }
            try removeVolume(object.name, in: pool.handle, purpose)
            try store?.forgetVolume(object.name, pool: reference.pool, purpose)
        case .start, .stop, .wait: break
        }
    }

    func noPool(_ name: String, _ purpose: Purpose) -> HostError {
        purpose.error(
            .missing, "There is no pool “\(name)” on the host. Define one, or name another.",
            command: "virsh -c '\(host.uri)' pool-list --all")
    }

    /// Libvirt itself refuses a name that is taken: only then is there something to look at.
    private func create(
        _ operation: Operation, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        if let source = operation.set[.copy]?.text { return try copy(source, by: operation, in: pool, purpose) }
        // An overlay smaller than what it lies on would cut it off.
        let least = try operation.set[.backing]?.text.flatMap { text throws(HostError) in
            try origin(text, as: operation.set[.backingFormat]?.text, purpose)?.capacity
        }
        let document = try definition(of: operation, in: pool, atLeast: least ?? 0, purpose)
        // Of a file that libvirt does not know nobody tells the size: an overlay without one is as large as that, and grown then.
        let isGrown = operation.set[.backing] != nil && least == nil && !isTestDriver
        if isGrown { document.root.removeChildren("capacity") }
        let flags = allocationFlags(of: operation)
        func make(_ pool: borrowing PoolHandle) throws(HostError) {
            let volume = try VolumeHandle(
                purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, document.xml, flags)))
            if isGrown { try grow(volume, of: operation, purpose) }
            try remember(volume, operation.object, purpose)
        }
        do throws(HostError) {
            do throws(HostError) {
                try make(pool)
            } catch {
                // A pool lists a file that was deleted beside it until it looks again.
                guard error.reason == .missing || error.reason == .exists, !isTestDriver else { throw error }
                try purpose.check("virStoragePoolRefresh", virStoragePoolRefresh(pool.pointer, 0))
                try make(pool)
            }
        } catch {
            guard error.reason == .exists,
                let existing = try findVolume(operation.object.name, in: pool, purpose)
            else { throw error }
            try takeUp(existing, operation.object, wanted: document.root, purpose)
            if isGrown { try grow(existing, of: operation, purpose) }
        }
    }

    private func update(
        _ operation: Operation, _ volume: consuming VolumeHandle, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        // How its space was allocated when it was made is past, and its format stands beside a new size.
        let possible = [Attribute.capacity, .allocation, .volumeFormat]
        if let path = operation.set.first(where: { !possible.contains($0.path.attribute) })?.path {
            throw purpose.error(.unsupported, "“\(path)” of a volume cannot be changed: it would be another volume.")
        }
        guard let bytes = operation.set[.capacity]?.number else { return }
        guard let store else {
            return try resize(volume, to: bytes, isRaw: operation.set[.volumeFormat] == "raw", purpose)
        }
        // Libvirt's test driver cannot resize. Nothing is in its volumes, so that a new one is the same.
        let document = try read(volume, purpose)
        guard try grows(from: document.root.guestCapacity ?? 0, to: bytes, purpose) else { return }
        try volumeLenses.write(operation.set, into: document.root, surroundings(purpose))
        try purpose.check("virStorageVolDelete", virStorageVolDelete(volume.pointer, 0))
        let larger = try VolumeHandle(
            purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, document.xml, 0)))
        try store.save(larger, operation.object, purpose)
    }
}

extension Address {
    /// Whether disks may be built on it: on all but what a guest is told by.
    fileprivate var mayBeBase: Bool { !isOfSeed && !isOfIgnition }
}
