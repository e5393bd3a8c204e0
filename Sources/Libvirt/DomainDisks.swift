import CLibvirt
import Model

/// A domain as it is told to people whose volume it has.
struct DiskOwner: Sendable {
    let id: ObjectID
    let name: String
    let stamp: Stamp?

    var words: String {
        stamp.map { "the domain `\(name)`, which is \($0.address) of a stack" }
            ?? "the domain `\(name)`, which is not known to this state"
    }
}

/// A disk of a domain, as it runs or as it is defined.
struct DomainDisk: Sendable {
    let owner: DiskOwner
    /// From that which is written to down to the last that it is built on; libvirt knows more than the first of running
    /// domains alone.
    let files: [String]
    let isRunning: Bool
    let isRaw: Bool
}

extension HostSession {
    /// The disks of all domains of the host. One XML a domain, two of one that runs.
    func disksOfDomains(_ purpose: Purpose) throws(HostError) -> [DomainDisk] {
        let parser = Parser()
        var disks: [DomainDisk] = []
        let domains = try Inventory<DomainKind>(connection)
        for entry in domains.entries {
            let domain = domains.listing.handle(at: entry.index)
            for flag in entry.isActive ? [0, DomainKind.inactiveXMLFlag] : [0] {
                let text = try ifThere { () throws(HostError) in
                    try purpose.text(DomainKind.xmlCall, DomainKind.xml(domain.pointer, flag))
                }
                guard let text, let document = parser.document(text) else { continue }
                let owner = DiskOwner(id: entry.id, name: entry.name, stamp: readStamp(document.root))
                for disk in document.root.child("devices")?.children("disk") ?? [] {
                    let files = try chain(of: disk, of: owner, purpose)
                    guard !files.isEmpty else { continue }
                    disks.append(
                        DomainDisk(
                            owner: owner, files: files, isRunning: entry.isActive && flag == 0,
                            isRaw: disk.child("driver")?.has("type", "raw") == true))
                }
            }
        }
        return disks
    }

    /// The files of a disk, as far as libvirt says.
    private func chain(of disk: Element, of owner: DiskOwner, _ purpose: Purpose) throws(HostError) -> [String] {
        var files: [String] = []
        var next: Element? = disk
        while let element = next, let source = element.child("source"),
            let file = try file(of: source, of: owner, purpose)
        {
            files.append(file)
            // What is raw is built on nothing.
            if disk.child("driver")?.has("type", "raw") == true { break }
            next = element.child("backingStore")
        }
        return files
    }

    private func file(of source: Element, of owner: DiskOwner, _ purpose: Purpose) throws(HostError) -> String? {
        if let file = source["file"] { return file.withoutDots }
        let found: VolumeHandle?
        if let device = source["dev"] {
            // A device has many names, and libvirt knows which is that of its volume. Ours have that.
            found =
                isTestDriver || memory.isOurs(owner.id)
                ? nil : try volumeIfSeen { () throws(HostError) in try volume(at: device, purpose) }
            if found == nil { return device.withoutDots }
        } else if let pool = source["pool"], let volume = source["volume"] {
            let reference = VolumeReference(pool: pool, name: volume)
            found = try volumeIfSeen { () throws(HostError) in
                try findVolume(reference.name, in: self.pool(reference.pool, purpose).handle, purpose)
            }
        } else {
            return nil
        }
        guard let found else { return nil }
        return try purpose.text("virStorageVolGetPath", virStorageVolGetPath(found.pointer)).string
    }

    /// Nil where libvirt does not see it, as in a pool that is not active.
    private func volumeIfSeen(_ look: () throws(HostError) -> VolumeHandle?) throws(HostError) -> VolumeHandle? {
        do throws(HostError) {
            return try look()
        } catch {
            guard error.reason != .unreachable else { throw error }
            return nil
        }
    }
}
