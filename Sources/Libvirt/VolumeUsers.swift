import CLibvirt
import Model

/// Who uses a volume.
extension HostSession {
    /// Fails where a domain of somebody else's has this volume as a disk, or anything on the host is an overlay on it: without it,
    /// that would be lost. The domains of the stack have been seen to by its plan, and of their disks none is left when what they
    /// lie on goes.
    /// - Parameter mayBeBase: Whether overlays on it are looked for, in all directories.
    func expectNoUser(
        of name: String, in pool: borrowing PoolHandle, mayBeBase: Bool, _ purpose: Purpose
    ) throws(HostError) {
        guard let volume = try findVolume(name, in: pool, purpose) else { return }
        let document = try read(volume, purpose)
        guard let face = VolumeFace(document.root.child("target")) else { return }
        let user = try memory.user(of: face, mayBeBase: mayBeBase) { () throws(HostError) in
            var search = UserSearch(self, purpose)
            try search.run(intoDirectories: mayBeBase)
            return search.found
        }
        switch user {
        case .overlay(let overlay):
            throw purpose.error(
                .inUse,
                "\(overlay.name) lies on it and would be lost: \(overlay.whose). Delete that first, or have it stand alone, "
                    + "and run the apply again.",
                command: overlay.owner.map(disksCommand)
                    ?? "qemu-img info --force-share \(shellWord(overlay.path))")
        case .domain(let owner):
            throw purpose.error(
                .inUse,
                "It is a disk of \(owner.words), and its data would be lost to that. Detach it there, or undefine that domain, "
                    + "and run the apply again.", command: disksCommand(of: owner))
        case nil: break
        }
    }

    private func disksCommand(of owner: DiskOwner) -> String {
        "virsh -c '\(host.uri)' domblklist \(shellWord(owner.name))"
    }
}

enum VolumeUser: Sendable {
    case overlay(Overlay)
    /// Somebody else's domain that has it as a disk.
    case domain(DiskOwner)
}

/// What is built on something else.
struct Overlay: Sendable {
    /// `pool/volume`, or its path where it is in no pool.
    let name: String
    let path: String
    let bases: [VolumeFace]
    /// The domain that it is a disk of.
    var owner: DiskOwner?

    var whose: String { owner.map { "it is a disk of \($0.words)" } ?? "it is not known to this state" }
}

/// Everything on a host that uses a volume, as it was at one look.
struct UserListing: Sendable {
    /// Whether directories were looked into: overlays are known only then.
    var isDeep = false
    var overlays: [Overlay] = []
    /// The first file of each disk of somebody else's domains.
    var disks: [(path: String, owner: DiskOwner)] = []
    /// The files of the directories that were looked into.
    var faces: [String: VolumeFace] = [:]
    private let time = ContinuousClock.now

    /// What others may have made meanwhile is seen by the next look.
    var isFresh: Bool { ContinuousClock.now - time < .seconds(10) }

    func user(of volume: VolumeFace) -> VolumeUser? {
        // As it was at the look, too: who uses it may have written since.
        let seen = [volume] + (faces[volume.path].map { [$0] } ?? [])
        let disk = disks.first { path, _ in
            let face = faces[path] ?? VolumeFace(path: path)
            return seen.contains { face.isSame(as: $0) }
        }
        if let disk { return .domain(disk.owner) }
        let overlay = overlays.first { overlay in
            overlay.bases.contains { base in seen.contains { base.isSame(as: $0) } }
        }
        return overlay.map(VolumeUser.overlay)
    }
}
