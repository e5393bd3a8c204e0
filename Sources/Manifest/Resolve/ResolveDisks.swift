import Model

let rootDisk = "root"
private let defaultImageSize = Setting(.integer(20 * bytesPerGiB))

extension Resolver {
    /// The root disk first, then the others, each with a volume of its own.
    mutating func addDisks(_ image: MachineImage?, to parts: inout MachineParts) {
        let record = parts.document.record
        let root = parts.disks.first { $0.name.value == rootDisk }?.record
        let imported = importedDisk(of: parts.document, &parts)
        let hasImage = record.reference("imageRef") != nil
        if imported {
            if let reference = record.reference("imageRef") {
                problems.add(
                    .conflict, at: reference.location, address: parts.document.address,
                    "`spec.imageRef` and `spec.importedDisk` both say what the root disk is. Keep one of them.")
            }
        } else if hasImage || root != nil || parts.machineClass.hasDiskDefaults {
            let size =
                root?.integer("sizeGiB")?.setting ?? parts.machineClass.diskSize ?? (hasImage ? defaultImageSize : nil)
            addVolume(rootDisk, root, size: size, image: image, to: &parts)
            if let image, image.isMedium { addMedium(image, to: &parts) }
        }
        for disk in parts.disks where disk.name.value != rootDisk {
            addVolume(
                disk.name.value, disk.record, size: disk.record.integer("sizeGiB")?.setting, image: nil, to: &parts)
        }
    }

    /// An existing disk is used where it is, and no volume is made.
    private mutating func importedDisk(of document: Document, _ parts: inout MachineParts) -> Bool {
        let record = document.record
        let format = record.text("importedDisk.format")?.setting ?? Setting("qcow2")
        let path: Setting
        if let given = record.text("importedDisk.path") {
            path = given.setting
        } else if let id = record.text("importedDisk.diskID") {
            path = id.setting { .string("/var/lib/libvirt/images/\($0).\(format.value.text ?? "qcow2")") }
        } else {
            return false
        }
        if let text = format.value.text, text != "qcow2", text != "raw" {
            problems.add(
                .unsupportedImage, at: format.origin, address: document.address,
                "The disk is in the format `\(text)`, and rigaud uses `qcow2` and `raw` alone. Convert it with `qemu-img convert`."
            )
        }
        setDisk(rootDisk, source: path, format: format, in: &parts)
        return true
    }

    private mutating func addVolume(
        _ disk: String, _ record: Record?, size: Setting?, image: MachineImage?, to parts: inout MachineParts
    ) {
        let document = parts.document
        let place = record?.location ?? document.location
        guard let size else {
            problems.add(
                .missingField, at: place, address: document.address,
                "The disk `\(disk)` of \(document.address) needs a size: `sizeGiB: 20` or `size: 20Gi`.")
            return
        }
        let pool = record?.text("storageClass")?.setting ?? parts.machineClass.pool ?? hosts[parts.host].defaultPool
        let poolName = pool.value.text ?? "default"
        let format = parts.machineClass.format ?? Setting(isLogical(poolName, on: parts.host) ? "raw" : "qcow2")
        let formatName = format.value.text ?? "qcow2"
        var settings: [(path: AttributePath, value: Setting)] = [
            (AttributePath(.capacity), capacity(size, in: poolName, on: parts.host)),
            (AttributePath(.volumeFormat), format),
        ]
        var needs = self.pool(poolName, on: parts.host).map { [$0] } ?? []
        let isThick = ["thick", "eagerzeroedthick"].contains(record?.text("type")?.value)
        if let type = record?.text("type"), isThick {
            settings.append((AttributePath(.allocation), type.setting { _ in "thick" }))
        }
        var patience = 0
        if let image, !image.isMedium {
            let (backing, backingFormat, need) = bring(image, to: parts.host)
            settings.append((AttributePath(.image), Setting(.string(image.address.text), at: image.location)))
            if isThick || annotatedFlag("rigaud.io/disk-copy", document)?.value.flag == true {
                settings.append((AttributePath(.copy), backing))
            } else {
                settings.append((AttributePath(.backing), backing))
                settings.append((AttributePath(.backingFormat), backingFormat))
                checkOverlay(format, document, at: place, &parts)
            }
            if let need { needs.append(need) }
            patience = image.patience
        }
        if disk == rootDisk { parts.pool = poolName }
        let address = document.address.part("disk/\(disk)")
        let volume = "\(parts.name)-\(disk).\(formatName)"
        parts.needs.append(address)
        add(
            Resource(
                address,
                ObjectReference(.volume, host: hosts[parts.host].host.address, name: volume, pool: poolName),
                attributes: AttributeMap(settings), needs: needs, isProtected: isProtected(document),
                patience: patience,
                origin: place))
        setDisk(
            disk, source: Setting(.string("\(poolName)/\(volume)"), at: pool.origin ?? place), format: format,
            in: &parts)
    }

    private mutating func checkOverlay(
        _ format: Setting, _ document: Document, at place: SourceLocation, _ parts: inout MachineParts
    ) {
        guard format.value.text == "raw" else { return }
        problems.add(
            .conflict, at: format.origin ?? place, address: document.address,
            "The root disk of \(document.address) starts from an image as an overlay, which needs the format `qcow2`; here it "
                + "is `raw`\(format.origin == nil ? ", as in every logical pool" : ""). For a full copy of the image, annotate the "
                + "machine with `rigaud.io/disk-copy: \"true\"`.")
    }

    /// A drive with an install medium, which is started from as long as the root disk is empty.
    private mutating func addMedium(_ image: MachineImage, to parts: inout MachineParts) {
        let (source, _, need) = bring(image, to: parts.host)
        if let need { parts.needs.append(need) }
        parts.patience = image.patience
        parts.set(.diskSource, "install", source)
        parts.set(.diskDevice, "install", Setting("cdrom"))
        parts.set(.diskFormat, "install", Setting("raw"))
        parts.set(.diskBus, "install", Setting("scsi"))
        parts.set(.bootDevices, Setting(["hd", "cdrom"]))
    }

    private func setDisk(_ disk: String, source: Setting, format: Setting, in parts: inout MachineParts) {
        parts.set(.diskSource, disk, source)
        parts.set(.diskDevice, disk, Setting("disk"))
        parts.set(.diskFormat, disk, format)
        parts.set(.diskBus, disk, parts.machineClass.bus)
        if let cache = parts.machineClass.cache { parts.set(.diskCache, disk, cache) }
        if let io = parts.machineClass.io { parts.set(.diskIO, disk, io) }
    }
}
