import Model

/// A volume's properties in libvirt's XML: https://libvirt.org/formatstorage.html
let volumeLenses = LensTable([
    Lens(.capacity) { root in
        root.guestCapacity.map { .integer($0) }
    } write: { root, value, _ in
        guard let bytes = value.number else { return }
        let capacity = root.ensure("capacity")
        capacity.set("unit", "bytes")
        capacity.set(text: String(bytes))
    },
    .word(.volumeFormat, ["target", "format"], "type"),
    Lens(.backing) { root in
        root.descendant(["backingStore", "path"]).map { .string($0.text) }
    } write: { root, value, surroundings throws(HostError) in
        guard let text = value.text else {
            root.removeChildren("backingStore")
            return
        }
        let path = if let reference = VolumeReference(text) { try surroundings.volume(reference).path } else { text }
        root.ensure(["backingStore", "path"]).set(text: path)
    },
    .word(.backingFormat, ["backingStore", "format"], "type"),
])

/// A volume's XML.
extension Element {
    /// Bytes that a guest sees of the volume. Of a raw file these are all of it: libvirt takes off the header of an encryption
    /// (LUKS) that somebody has set up on it.
    var guestCapacity: Int64? {
        let format = descendant(["target", "format"])
        let isRaw = format?.has("type", "raw") == true || format?.has("type", "iso") == true
        return (isRaw ? child("physical")?.integer : nil) ?? child("capacity")?.integer
    }

    /// Has it be of what was made raw: whatever libvirt takes the file for by now is what a guest has written on its disk.
    func takeAsRaw() {
        guard let format = descendant(["target", "format"]) else { return }
        format.set("type", "raw")
        removeChildren("backingStore")
    }
}
