import Model

/// Where an image is on its host.
struct MachineImage {
    /// A path, or `pool/volume`.
    let backing: Setting
    let format: Setting
}

extension Resolver {
    /// Nil, with a diagnostic, for an image that rigaud cannot use yet.
    mutating func resolveImage(_ document: Document) -> MachineImage? {
        let record = document.record
        let format = record.text("source.libvirt.format")
        if let format, format.value != "qcow2", format.value != "raw" {
            problems.add(
                .unsupportedImage, .warning, at: format.location, address: document.address,
                "\(document.address) is in the format `\(format.value)`, and rigaud uses `qcow2` and `raw` alone. Convert it with "
                    + "`qemu-img convert`.")
            return nil
        }
        let path = record.text("source.libvirt.path")
        let volume = record.text("source.libvirt.volume")
        if let path, let volume {
            problems.add(
                .conflict, at: volume.location, address: document.address,
                "The image is either at the path \(path.value) or a volume of a pool. Keep one of them.")
            return nil
        }
        let formatSetting = format?.setting ?? Setting("qcow2")
        if let path { return MachineImage(backing: path.setting, format: formatSetting) }
        if let volume {
            let pool = record.text("source.libvirt.storagePool")?.value ?? "default"
            return MachineImage(backing: volume.setting { .string("\(pool)/\($0)") }, format: formatSetting)
        }
        if let url = record.text("source.libvirt.url") {
            problems.add(
                .unsupportedImage, .warning, at: url.location, address: document.address,
                "\(document.address) would have to be downloaded, which rigaud does not do yet. Download it, and give its path on "
                    + "the host in `spec.source.libvirt.path`.")
        } else {
            problems.add(
                .unsupportedImage, .warning, at: record.location, address: document.address,
                "\(document.address) says neither its path on the host (`spec.source.libvirt.path`) nor its pool and volume."
            )
        }
        return nil
    }

    /// The image of a machine; nil where it has none, or, with a diagnostic, where it cannot be used.
    mutating func image(of document: Document) -> MachineImage? {
        guard let reference = document.record.reference("imageRef"),
            let image = find(reference, Kind.image, from: document)
        else { return nil }
        if let usable = images[image.address] ?? nil { return usable }
        problems.add(
            .unsupportedImage, at: reference.location, address: document.address,
            "\(document.address) starts from \(image.address), which rigaud cannot use: see what is said of it at \(image.location)."
        )
        return nil
    }
}
