import Model

/// What a guest is started from, in order: https://libvirt.org/formatdomain.html#bios-bootloader
func readBootDevices(_ root: Element) -> Value? {
    let devices = (root.child("os")?.children("boot") ?? []).compactMap { $0["dev"] }
    return devices.isEmpty ? nil : .list(devices.map { .string($0) })
}

/// Nothing said is the first hard disk, as libvirt has it.
func writeBootDevices(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    let os = root.ensure("os")
    os.removeChildren("boot")
    for device in value.items ?? [] { if let name = device.text { os.add("boot", [("dev", name)]) } }
}
