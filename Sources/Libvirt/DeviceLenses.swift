import Model

/// Disks by their names in the manifest, which an alias of the user's carries; one without by its target.
let diskLenses = ListLens(
    key: .diskSource,
    elements: { $0.child("devices")?.children("disk") ?? [] },
    name: { disk in itemName(disk, prefix: "ua-disk-") ?? disk.child("target")?["dev"] },
    make: { root, name in
        let disk = root.ensure("devices").add("disk", [("type", "file"), ("device", "disk")])
        disk.add("driver", [("name", "qemu")])
        disk.add("alias", [("name", "ua-disk-\(name)")])
        return disk
    },
    fields: [
        Lens(.diskSource, read: readDiskSource, write: writeDiskSource),
        Lens(.diskDevice) { disk in
            .string(disk["device"] ?? "disk")
        } write: { disk, value, _ in
            disk.set("device", value.text ?? "disk")
            if value.text != "cdrom" { disk.removeChildren("readonly") }
        },
        .word(.diskFormat, ["driver"], "type"),
        Lens(.diskBus) { disk in
            disk.child("target")?["bus"].map { .string($0) }
        } write: { disk, value, _ in
            let target = disk.ensure("target")
            guard target["bus"] != value.text else { return }
            target.set("bus", value.text)
            // The name and the address belong to the bus; both are chosen anew.
            target.set("dev", nil)
            disk.removeChildren("address")
        },
        .word(.diskCache, ["driver"], "cache"),
        .word(.diskIO, ["driver"], "io"),
    ])

/// Network interfaces by their names in the manifest, which an alias carries; one without by its MAC.
let interfaceLenses = ListLens(
    key: .nicSource,
    elements: { $0.child("devices")?.children("interface") ?? [] },
    name: { interface in
        itemName(interface, prefix: "ua-nic-") ?? interface.child("mac")?["address"]?.lowercased()
    },
    make: { root, name in
        let interface = root.ensure("devices").add("interface", [("type", "user")])
        interface.add("alias", [("name", "ua-nic-\(name)")])
        return interface
    },
    fields: [
        Lens(.nicSource, read: readInterfaceSource, write: writeInterfaceSource),
        Lens(.nicMAC) { interface in
            interface.child("mac")?["address"].map { .string($0.lowercased()) }
        } write: { interface, value, _ in
            if let mac = value.text {
                interface.ensure("mac").set("address", mac)
            } else {
                interface.removeChildren("mac")
            }
        },
        .word(.nicModel, ["model"], "type"),
    ])

private func itemName(_ device: Element, prefix: String) -> String? {
    guard let alias = device.child("alias")?["name"], alias.hasPrefix(prefix) else { return nil }
    return String(alias.dropFirst(prefix.count))
}

private func readDiskSource(_ disk: Element) -> Value? {
    guard let source = disk.child("source") else { return nil }
    if let path = source["file"] ?? source["dev"] ?? source["dir"] { return .string(path) }
    if let pool = source["pool"], let volume = source["volume"] { return .string("\(pool)/\(volume)") }
    guard let protocolName = source["protocol"] else { return nil }
    return .string("\(protocolName):\(source["name"] ?? "")")
}

private func writeDiskSource(
    _ disk: Element, _ value: Value, _ surroundings: borrowing Surroundings
) throws(HostError) {
    guard let text = value.text else { return }
    var place = (path: text, isBlock: text.hasPrefix("/dev/"))
    if let reference = VolumeReference(text) { place = try surroundings.volume(reference) }
    disk.removeChildren("source")
    disk.removeChildren("backingStore")
    disk.set("type", place.isBlock ? "block" : "file")
    disk.add("source").set(place.isBlock ? "dev" : "file", place.path)
}

private func readInterfaceSource(_ interface: Element) -> Value? {
    let source = interface.child("source")
    // A running guest's interface shows what its network came to (a bridge, say), and still names the network.
    if let network = source?["network"] { return .string("network/\(network)") }
    switch interface["type"] {
    case "network": return nil
    case "bridge": return source?["bridge"].map { .string("bridge/\($0)") }
    case let type?: return .string(type)
    case nil: return nil
    }
}

private func writeInterfaceSource(
    _ interface: Element, _ value: Value, _ surroundings: borrowing Surroundings
) throws(HostError) {
    let parts = (value.text ?? "").split(separator: "/", maxSplits: 1).map(String.init)
    interface.removeChildren("source")
    interface.set("type", parts.first)
    switch (parts.first, parts.last) {
    case ("network", let name?) where parts.count == 2: interface.add("source", [("network", name)])
    case ("bridge", let name?) where parts.count == 2: interface.add("source", [("bridge", name)])
    case ("user", _) where parts.count == 1: break
    default:
        throw surroundings.purpose.error(
            .unsupported,
            "An interface cannot be connected to “\(value.text ?? "")”: it must be network/NAME, bridge/NAME or user.")
    }
}

/// Gives every disk without a target the first free name of its bus: `root` before all others, since libvirt puts disks in
/// the order of their targets, and a guest starts from the first.
func nameDiskTargets(_ root: Element) {
    let disks = diskLenses.elements(root)
    let unnamed = disks.filter { $0.child("target")?["dev"] == nil }
    guard !unnamed.isEmpty else { return }
    var taken = Set(disks.compactMap { $0.child("target")?["dev"] })
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
