import Model

/// A volume's properties in libvirt's XML: https://libvirt.org/formatstorage.html
let volumeLenses = LensTable([
    Lens(.capacity) { root in
        root.child("capacity")?.integer.map { .integer($0) }
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
