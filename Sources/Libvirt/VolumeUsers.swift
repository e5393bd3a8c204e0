import CLibvirt
import Model

/// Who lies on a volume.
extension HostSession {
    /// Fails where anything on the host is an overlay on this volume: without it, that would be lost. Of a stack's own disks none is left
    /// when its image goes; this is about those that others made. All volumes are read, so it is asked for images alone.
    func expectNothing(on name: String, in pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) {
        guard let volume = try findVolume(name, in: pool, purpose) else { return }
        let path = try purpose.text("virStorageVolGetPath", virStorageVolGetPath(volume.pointer)).string
        let pools = try Inventory<PoolKind>(connection)
        let parser = Parser()
        for entry in pools.entries where entry.isActive {
            let reader = VolumeReader(session: self, pool: entry.name)
            let listed = try ifThere { () throws(HostError) in try reader.list(pools.listing.handle(at: entry.index)) }
            guard let volumes = listed else { continue }
            for index in 0..<volumes.count {
                let found = try ifThere { () throws(HostError) in try reader.read(volumes.handle(at: index), parser) }
                guard let found, found.attributes[.backing]?.text == path else { continue }
                throw purpose.error(
                    .inUse,
                    "\(entry.name)/\(found.object.name) lies on it, which is not this stack's, and would be lost. Delete that first, or have "
                        + "it stand alone; or leave the image: it is yours then.",
                    command: "virsh -c '\(host.uri)' vol-dumpxml \(found.object.name) --pool \(entry.name)")
            }
        }
    }
}
