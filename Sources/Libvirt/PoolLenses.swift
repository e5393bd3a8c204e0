import Model

/// A storage pool's properties in libvirt's XML: https://libvirt.org/formatstorage.html
let poolLenses = LensTable([
    .word(.poolType, [], "type"),
    .text(.poolTarget, ["target", "path"]),
    .text(.poolSource, ["source", "name"]),
])
