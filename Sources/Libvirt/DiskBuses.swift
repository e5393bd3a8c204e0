import Model

/// Whether a disk is what stands for a CD-ROM on virtio, which has no drives: a disk that cannot be written to.
func isVirtioDrive(_ disk: Element) -> Bool {
    disk.has("device", "disk") && disk.child("readonly") != nil && disk.child("target")?.has("bus", "virtio") == true
}

/// Makes CD-ROMs what their bus has, and gives disks on SCSI a controller that cloud kernels have a driver for: of itself
/// libvirt takes an LSI one for a PC.
func settleDrives(_ root: Element) {
    let disks = diskLenses.elements(root)
    for disk in disks where disk.has("device", "cdrom") {
        _ = disk.ensure("readonly")
        if disk.child("target")?.has("bus", "virtio") == true { disk.set("device", "disk") }
    }
    guard disks.contains(where: { $0.child("target")?.has("bus", "scsi") == true }), scsiController(root) == nil else {
        return
    }
    root.ensure("devices").add("controller", [("type", "scsi"), ("index", "0"), ("model", "virtio-scsi")])
}

/// The first of a domain's SCSI controllers.
func scsiController(_ root: Element) -> Element? {
    root.child("devices")?.children("controller").first { $0.has("type", "scsi") }
}

/// Gives every disk without a target the first free name of its bus: `root` before all others, since libvirt puts disks in
/// the order of their targets, and a guest starts from the first.
/// - Parameter others: Names that are taken although no disk here has them.
func nameDiskTargets(_ root: Element, besides others: Set<String> = []) {
    let disks = diskLenses.elements(root)
    let unnamed = disks.filter { $0.child("target")?["dev"] == nil }
    guard !unnamed.isEmpty else { return }
    var taken = others.union(targets(ofDisksIn: root))
    let isRoot = { (disk: Element) in diskLenses.name(disk) == "root" }
    for disk in unnamed.filter(isRoot) + unnamed.filter({ !isRoot($0) }) {
        let target = disk.ensure("target")
        let isQ35 = root.descendant(["os", "type"])?["machine"]?.contains("q35") ?? false
        let bus = target["bus"] ?? (disk.has("device", "cdrom") ? (isQ35 ? "sata" : "ide") : "virtio")
        let prefix =
            switch bus {
            case "virtio": "vd"
            case "ide": "hd"
            case "fdc": "fd"
            default: "sd"
            }
        let name = freeName(prefix, taken: taken)
        taken.insert(name)
        target.set("dev", name)
        target.set("bus", bus)
    }
}

func targets(ofDisksIn root: Element) -> Set<String> {
    Set(diskLenses.elements(root).compactMap { $0.child("target")?["dev"] })
}

/// `vda` to `vdz`, then `vdaa` and on.
private func freeName(_ prefix: String, taken: Set<String>) -> String {
    var number = 0
    while true {
        var letters = ""
        var rest = number
        repeat {
            letters = String(UnicodeScalar(UInt8(97 + rest % 26))) + letters
            rest = rest / 26 - 1
        } while rest >= 0
        if !taken.contains(prefix + letters) { return prefix + letters }
        number += 1
    }
}
