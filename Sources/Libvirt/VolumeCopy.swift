import CLibvirt
import Model

extension HostSession {
    /// Makes a volume that is a full copy of another one, on the host and in the format that is wanted.
    func copy(
        _ source: String, by operation: Operation, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        if let original = try original(source, purpose) { return try copy(original, by: operation, in: pool, purpose) }
        // On a simulated host an image is taken to be there.
        if isTestDriver { return try copyNothing(operation, in: pool, purpose) }
        let isDevice = source.hasPrefix("/dev/")
        guard let file = FilePlace(source), try isFileOutsidePools(source, purpose) else {
            throw purpose.error(
                .missing,
                "It is to be a copy of \(source), which is "
                    + (isDevice
                        ? "a device in no storage pool, and libvirt copies volumes of pools alone." : "not there."),
                command: listCommand(for: source))
        }
        // Libvirt copies volumes of pools alone.
        try look(into: file.directory, purpose) { place throws(HostError) in
            let reference = VolumeReference(pool: file.directory, name: file.name)
            try copy(findVolume(meant: reference, in: place, purpose), by: operation, in: pool, purpose)
        }
    }

    private func copy(
        _ original: borrowing VolumeHandle, by operation: Operation, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        let document = try definition(of: operation, in: pool, atLeast: capacity(of: original, purpose), purpose)
        let name = operation.object.name
        if let existing = try findPresentVolume(name, in: pool, purpose) {
            guard !isTestDriver, try findVolume(unfinishedMark(of: name), in: pool, purpose) != nil else {
                return try takeUp(existing, operation.object, wanted: document.root, purpose)
            }
            try removeVolume(name, in: pool, purpose)
        }
        guard !isTestDriver else {
            let copy = try VolumeHandle(
                purpose.object(
                    "virStorageVolCreateXMLFrom",
                    virStorageVolCreateXMLFrom(pool.pointer, document.xml, original.pointer, 0)))
            return try remember(copy, operation.object, purpose)
        }
        try mark(name, in: pool, purpose)
        do throws(HostError) {
            let copy = try VolumeHandle(
                purpose.object(
                    "virStorageVolCreateXMLFrom",
                    virStorageVolCreateXMLFrom(
                        pool.pointer, document.xml, original.pointer, allocationFlags(of: operation))))
            try grow(copy, of: operation, purpose)
            try allocate(copy, of: operation, in: pool, purpose)
            try removeVolume(unfinishedMark(of: name), in: pool, purpose)
            try remember(copy, operation.object, purpose)
        } catch {
            throw abandon(name, in: pool, after: error, purpose)
        }
    }

    private func original(_ source: String, _ purpose: Purpose) throws(HostError) -> VolumeHandle? {
        if let known = try ifThere({ () throws(HostError) in try volume(at: source, purpose) }) ?? nil { return known }
        try refreshPool(of: source, purpose)
        return try ifThere { () throws(HostError) in try volume(at: source, purpose) } ?? nil
    }

    private func copyNothing(
        _ operation: Operation, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        let document = try definition(of: operation, in: pool, atLeast: 0, purpose)
        if document.root.child("capacity") == nil { document.root.add("capacity").set(text: "0") }
        if let existing = try findVolume(operation.object.name, in: pool, purpose) {
            return try takeUp(existing, operation.object, wanted: document.root, purpose)
        }
        let volume = try VolumeHandle(
            purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, document.xml, 0)))
        try remember(volume, operation.object, purpose)
    }

    /// Lays the mark of an unfinished volume beside where it will be.
    func mark(_ name: String, in pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) {
        let mark = unfinishedMark(of: name)
        let allocation = try isOfDevices(pool, purpose) ? "" : "<allocation>0</allocation>"
        // The least that any kind of pool makes; a file takes none of it.
        let xml = "<volume><name>\(escaped(mark))</name><capacity>512</capacity>\(allocation)</volume>"
        do throws(HostError) {
            _ = try VolumeHandle(
                purpose.object("virStorageVolCreateXML", virStorageVolCreateXML(pool.pointer, xml, 0)))
        } catch {
            guard error.reason == .exists, try findVolume(mark, in: pool, purpose) != nil else { throw error }
        }
    }

    /// Has a volume be as large as it is to be at least.
    func grow(_ volume: borrowing VolumeHandle, of operation: Operation, _ purpose: Purpose) throws(HostError) {
        guard let bytes = operation.set[.capacity]?.number,
            try capacity(of: volume, isRaw: isRaw(operation), purpose) < bytes
        else { return }
        try resize(volume, to: bytes, isRaw: isRaw(operation), purpose)
    }

    /// What is converted to raw has holes, however much of it was to be allocated: these are filled, and nothing else
    /// is touched.
    private func allocate(
        _ copy: borrowing VolumeHandle, of operation: Operation, in pool: borrowing PoolHandle, _ purpose: Purpose
    ) throws(HostError) {
        guard isThick(operation), isRaw(operation), try !isOfDevices(pool, purpose) else { return }
        let bytes = UInt64(clamping: try capacity(of: copy, isRaw: true, purpose))
        let flag = VIR_STORAGE_VOL_RESIZE_ALLOCATE.rawValue
        try purpose.check("virStorageVolResize", virStorageVolResize(copy.pointer, bytes, flag))
    }

    /// Takes away what has failed, and gives the error of that. That this fails too is no news: the next run begins with it.
    func abandon(
        _ name: String, in pool: borrowing PoolHandle, after error: HostError, _ purpose: Purpose
    ) -> HostError {
        guard error.reason != .unreachable else { return error }
        var result = error
        do throws(HostError) {
            try removeVolume(name, in: pool, purpose)
            try removeVolume(unfinishedMark(of: name), in: pool, purpose)
            result.isUndone = true
        } catch {}
        return result
    }
}
