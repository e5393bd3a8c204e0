import CLibvirt
import Model

extension HostSession {
    /// Makes disks larger: of a running guest, which is told; of one that is off, their volumes.
    func resizeDisks(
        _ set: Attributes, of domain: borrowing DomainHandle, isRunning: Bool, _ purpose: Purpose
    ) throws(HostError) {
        guard set.contains(where: { $0.path.attribute == .diskCapacity }) else { return }
        let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
        let definedText = try purpose.text(
            "virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, VIR_DOMAIN_XML_INACTIVE.rawValue))
        let parser = Parser()
        guard let document = parser.document(text), let defined = parser.document(definedText) else {
            throw purpose.unreadable()
        }
        domainLenses.recognise(defined.root, in: document.root)
        for (path, value) in set where path.attribute == .diskCapacity {
            guard let bytes = value.number else { continue }
            guard let disk = diskLenses.element(named: path.item, in: document.root),
                let target = disk.child("target")?["dev"]
            else {
                throw purpose.error(
                    .missing, "It has no disk “\(path.item)” to be resized. Run the plan again to see what it has.")
            }
            if isRunning {
                try resize(target, of: domain, to: bytes, purpose)
            } else if let file = disk.child("source")?["file"] ?? disk.child("source")?["dev"] {
                let volume = try VolumeHandle(
                    purpose.object("virStorageVolLookupByPath", virStorageVolLookupByPath(connection.pointer, file)))
                try resize(volume, to: bytes, isRaw: disk.child("driver")?.has("type", "raw") == true, purpose)
            }
        }
    }

    private func resize(
        _ target: String, of domain: borrowing DomainHandle, to bytes: Int64, _ purpose: Purpose
    ) throws(HostError) {
        var info = virDomainBlockInfo()
        try purpose.check("virDomainGetBlockInfo", virDomainGetBlockInfo(domain.pointer, target, &info, 0))
        guard try grows(from: Int64(clamping: info.capacity), to: bytes, purpose) else { return }
        try purpose.check(
            "virDomainBlockResize",
            virDomainBlockResize(domain.pointer, target, UInt64(bytes), VIR_DOMAIN_BLOCK_RESIZE_BYTES.rawValue))
    }

    /// Makes a volume larger.
    /// - Parameter isRaw: It was made raw. Libvirt would resize what it takes the file for, and so write into an image that a
    ///   guest has on its disk, or ask for the secret of one that is encrypted.
    func resize(
        _ volume: borrowing VolumeHandle, to bytes: Int64, isRaw: Bool, _ purpose: Purpose
    ) throws(HostError) {
        let capacity = try capacity(of: volume, isRaw: isRaw, purpose)
        guard try grows(from: capacity, to: bytes, purpose) else { return }
        var info = virStorageVolInfo()
        try purpose.check("virStorageVolGetInfo", virStorageVolGetInfo(volume.pointer, &info))
        if isRaw, info.type == Int32(VIR_STORAGE_VOL_FILE.rawValue) {
            try Upload(self, purpose).lengthen(volume, from: capacity, to: bytes)
        } else {
            try purpose.check("virStorageVolResize", virStorageVolResize(volume.pointer, UInt64(bytes), 0))
        }
    }

    /// Bytes that a guest sees of a volume, which may have been made raw.
    func capacity(
        of volume: borrowing VolumeHandle, isRaw: Bool = false, _ purpose: Purpose
    ) throws(HostError) -> Int64 {
        let document = try read(volume, purpose)
        if isRaw { document.root.takeAsRaw() }
        return document.root.guestCapacity ?? 0
    }

    /// Whether there is anything to do; an error where data would be cut off.
    func grows(from capacity: Int64, to bytes: Int64, _ purpose: Purpose) throws(HostError) -> Bool {
        guard bytes >= capacity else {
            throw purpose.error(
                .unsupported, "It holds \(capacity) bytes and is not made smaller, which would cut off data.")
        }
        return bytes > capacity
    }
}
