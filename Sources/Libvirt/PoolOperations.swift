import CLibvirt
import Model

extension HostSession {
    func performOnPool(_ operation: Operation) throws(HostError) {
        let object = operation.object
        memory.forgetPool(object.name)
        switch operation.verb {
        case .create: try createPool(operation, purpose("create the pool", object.name))
        case .update, .updateLive: try updatePool(operation, purpose("change the pool", object.name))
        case .start, .stop:
            let isStart = operation.verb == .start
            let purpose = purpose(isStart ? "start the pool" : "stop the pool", object.name)
            guard let pool = try findPool(object, purpose) else {
                guard !isStart else { throw gone(purpose) }
                return
            }
            try setPoolActive(isStart, pool, purpose)
            try store?.save(pool, object.name, isActive: isStart, autostart: nil, purpose)
        case .wait: break
        case .delete:
            let purpose = purpose("delete the pool", object.name)
            if let pool = try findPool(object, purpose) {
                // Its content stays: only libvirt's knowledge of it goes.
                try setPoolActive(false, pool, purpose)
                try purpose.check("virStoragePoolUndefine", virStoragePoolUndefine(pool.pointer))
            }
            try store?.forget(.pool, object.name, purpose)
        }
    }

    func findPool(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) -> PoolHandle? {
        try ifThere { () throws(HostError) in
            if let id = object.id {
                return try PoolHandle(
                    purpose.object(
                        "virStoragePoolLookupByUUID", virStoragePoolLookupByUUID(connection.pointer, id.bytes)))
            }
            return try PoolHandle(
                purpose.object(
                    "virStoragePoolLookupByName", virStoragePoolLookupByName(connection.pointer, object.name)))
        }
    }

    private func gone(_ purpose: Purpose) -> HostError {
        purpose.error(
            .missing, "It is not there any more. Run the plan again to see what is.",
            command: "virsh -c '\(host.uri)' pool-list --all")
    }

    private func createPool(_ operation: Operation, _ purpose: Purpose) throws(HostError) {
        let object = operation.object
        let isNew = try findPool(object, purpose) == nil
        do throws(HostError) {
            try makePool(operation, isNew: isNew, purpose)
        } catch {
            // What cannot be started is not left behind. Of a directory that was made nothing is taken away.
            if isNew, error.reason != .unreachable, let pool = try? findPool(object, purpose) {
                _ = try? purpose.check("virStoragePoolUndefine", virStoragePoolUndefine(pool.pointer))
            }
            throw error
        }
    }

    private func makePool(_ operation: Operation, isNew: Bool, _ purpose: Purpose) throws(HostError) {
        let object = operation.object
        if isNew {
            guard let document = Parser().document(Skeleton.pool(object)) else { throw purpose.unreadable() }
            try poolLenses.write(operation.set, into: document.root, surroundings(purpose))
            _ = try PoolHandle(
                purpose.object(
                    "virStoragePoolDefineXML", virStoragePoolDefineXML(connection.pointer, document.xml, 0)))
        }
        guard let pool = try findPool(object, purpose) else { throw gone(purpose) }
        let isActive = try isActive(pool, purpose)
        if !isActive, (operation.set[.poolType]?.text ?? "dir") == "dir" {
            // Makes the directory where there is none, and leaves one that is there as it is.
            try purpose.check("virStoragePoolBuild", virStoragePoolBuild(pool.pointer, 0))
        }
        try settle(pool, operation, isActive: operation.set[.active]?.flag ?? true, purpose)
    }

    private func updatePool(_ operation: Operation, _ purpose: Purpose) throws(HostError) {
        guard let pool = try findPool(operation.object, purpose) else { throw gone(purpose) }
        if let path = operation.set.first(where: { ![.active, .autostart].contains($0.path.attribute) })?.path {
            throw purpose.error(.unsupported, "“\(path)” of a pool cannot be changed: it would be another pool.")
        }
        try settle(pool, operation, isActive: operation.set[.active]?.flag, purpose)
    }

    private func settle(
        _ pool: borrowing PoolHandle, _ operation: Operation, isActive: Bool?, _ purpose: Purpose
    ) throws(HostError) {
        if let isActive { try setPoolActive(isActive, pool, purpose) }
        let autostart = operation.set[.autostart]?.flag
        if let autostart {
            try purpose.check("virStoragePoolSetAutostart", virStoragePoolSetAutostart(pool.pointer, autostart ? 1 : 0))
        }
        try store?.save(pool, operation.object.name, isActive: isActive, autostart: autostart, purpose)
    }

    private func isActive(_ pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) -> Bool {
        try purpose.check("virStoragePoolIsActive", virStoragePoolIsActive(pool.pointer)) == 1
    }

    private func setPoolActive(_ on: Bool, _ pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) {
        guard try isActive(pool, purpose) != on else { return }
        if on {
            try purpose.check("virStoragePoolCreate", virStoragePoolCreate(pool.pointer, 0))
        } else {
            try purpose.check("virStoragePoolDestroy", virStoragePoolDestroy(pool.pointer))
        }
    }
}
