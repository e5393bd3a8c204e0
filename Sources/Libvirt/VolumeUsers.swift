import CLibvirt
import Model

/// Who lies on a volume.
extension HostSession {
    /// Fails where anything on the host is an overlay on this volume: without it, that would be lost. Of a stack's own disks none is left
    /// when what they lie on goes; this is about those that others made.
    func expectNothing(on name: String, in pool: borrowing PoolHandle, _ purpose: Purpose) throws(HostError) {
        guard let volume = try findVolume(name, in: pool, purpose) else { return }
        let text = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(volume.pointer, 0))
        guard let document = Parser().document(text) else { throw purpose.unreadable() }
        guard let base = VolumeFace(document.root.child("target")) else { return }
        let found = try memory.overlay(on: base) { () throws(HostError) in
            var search = try OverlaySearch(self, purpose)
            try search.run()
            return search.found
        }
        guard let found else { return }
        throw purpose.error(
            .inUse,
            "\(found.name) lies on it and would be lost: \(found.whose). Delete that first, or have it stand alone, and run "
                + "the apply again.",
            command: found.owner.map { "virsh -c '\(host.uri)' domblklist \(shellWord($0.domain))" }
                ?? "qemu-img info --force-share \(shellWord(found.path))")
    }
}

/// A volume as it is told apart: by its path, and, since a path may lead over links, by when the file behind it was
/// used.
struct VolumeFace: Hashable, Sendable {
    let path: String
    /// When its content and its inode changed, and when it was read, to the nanosecond where the file system has it
    /// so. Nil where libvirt cannot see the file.
    private let written: String?
    private let read: String?

    init(path: String) {
        self.path = path
        (written, read) = (nil, nil)
    }

    /// Of a volume's `target` or `backingStore`.
    init?(_ element: Element?) {
        guard let element, let path = element.child("path")?.text else { return nil }
        let times = element.child("timestamps")
        self.path = path
        written = times?.child("mtime").flatMap { content in times?.child("ctime").map { "\(content.text) \($0.text)" }
        }
        read = times?.child("atime")?.text
    }

    /// Files that are made at once may have been written at the same moment; these have different names, and are read
    /// one after the other.
    func isSame(as other: VolumeFace) -> Bool {
        path == other.path || written != nil && written == other.written && (name == other.name || read == other.read)
    }

    private var name: Substring { path.split(separator: "/").last ?? "" }

    /// What an overlay names where its path is no plain one (`qemu-img create -b`): libvirt gives that as it stands in
    /// the file.
    var spelledOut: [VolumeFace] {
        if path.hasPrefix("json:"), let value = try? JSONReader.value(of: String(path.dropFirst(5))) {
            return value.fileNames.map { VolumeFace(path: $0) }
        }
        guard path.hasPrefix("file:") else { return [self] }
        let name = path.dropFirst(5)
        return [VolumeFace(path: String(name.hasPrefix("//") ? name.dropFirst(2) : name))]
    }
}

extension Value {
    /// The files of a block device as QEMU has it in JSON: `{"file": {"filename": …}}`, or `{"file.filename": …}`.
    fileprivate var fileNames: [String] {
        guard let members else { return items?.flatMap(\.fileNames) ?? [] }
        return members.sorted { $0.key < $1.key }.flatMap { key, value in
            let isName = key == "filename" || key.hasSuffix(".filename")
            return isName ? value.text.map { [$0] } ?? [] : value.fileNames
        }
    }
}

/// What is built on something else.
struct Overlay: Sendable {
    struct Owner: Sendable {
        let domain: String
        let stamp: Stamp?
    }

    /// `pool/volume`, or its path where it is in no pool.
    let name: String
    let path: String
    let bases: [VolumeFace]
    /// The domain that it is a disk of.
    var owner: Owner?

    var whose: String {
        guard let owner else { return "it is not known to this state" }
        let disk = "it is a disk of the domain `\(owner.domain)`"
        return owner.stamp.map { "\(disk), which is \($0.address) of a stack" }
            ?? "\(disk), which is not known to this state"
    }
}

/// Everything on a host that is built on something else, as it was at one look.
struct OverlayListing: Sendable {
    var overlays: [Overlay] = []
    let time = ContinuousClock.now

    /// What others may have made meanwhile is seen by the next look.
    var isFresh: Bool { ContinuousClock.now - time < .seconds(10) }

    func overlay(on base: VolumeFace) -> Overlay? {
        overlays.first { $0.bases.contains { $0.isSame(as: base) } }
    }
}
