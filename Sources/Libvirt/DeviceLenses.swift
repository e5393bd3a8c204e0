import Model

/// Disks by their names in the manifest, which an alias of the user's carries; one without by its target.
let diskLenses = ListLens(
    key: .diskSource,
    elements: { $0.child("devices")?.children("disk") ?? [] },
    name: { disk in DeviceAlias.disk.name(of: disk) ?? disk.child("target")?["dev"] },
    make: { root, name in
        let disk = root.ensure("devices").add("disk", [("type", "file"), ("device", "disk")])
        disk.add("driver", [("name", "qemu")])
        DeviceAlias.disk.set(name, of: disk)
        return disk
    },
    recognition: DeviceAlias.disk.recognition(by: .diskSource),
    fields: [
        Lens(.diskSource, read: readDiskSource, write: writeDiskSource),
        Lens(.diskDevice) { disk in
            .string(isVirtioDrive(disk) ? "cdrom" : disk["device"] ?? "disk")
        } write: { disk, value, _ in
            disk.set("device", value.text ?? "disk")
            if value.text != "cdrom" { disk.removeChildren("readonly") }
        },
        .word(.diskFormat, ["driver"], "type"),
        .diskBus,
        .word(.diskCache, ["driver"], "cache"),
        .word(.diskIO, ["driver"], "io"),
    ])

/// Network interfaces by their names in the manifest, which an alias carries; one without by its MAC.
let interfaceLenses = ListLens(
    key: .nicSource,
    elements: { $0.child("devices")?.children("interface") ?? [] },
    name: { interface in
        DeviceAlias.interface.name(of: interface) ?? interface.child("mac")?["address"]?.lowercased()
    },
    make: { root, name in
        let interface = root.ensure("devices").add("interface", [("type", "user")])
        DeviceAlias.interface.set(name, of: interface)
        return interface
    },
    recognition: DeviceAlias.interface.recognition(by: .nicMAC),
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
        .nicModel,
    ])

extension Lens {
    /// Makes a list's new items in an order of their own, before their attributes are written in that of their names. What
    /// is there stays where it is.
    static func order(_ attribute: Attribute, of list: ListLens) -> Lens {
        Lens(attribute) { _ in
            nil
        } write: { root, value, _ in
            for name in (value.items ?? []).compactMap(\.text) where list.element(named: name, in: root) == nil {
                _ = list.make(root, name)
            }
        }
    }
}

func readDiskSource(_ disk: Element) -> Value? {
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
