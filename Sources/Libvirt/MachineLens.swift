import Model

/// A machine of another chipset has other buses: what libvirt chose for the old ones, it chooses anew.
func writeMachine(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    guard let machine = value.text else { return }
    let type = root.ensure(["os", "type"])
    let before = type["machine"]
    type.set("machine", machine)
    guard let before, hasPCIExpress(before) != hasPCIExpress(machine), let devices = root.child("devices") else {
        return
    }
    for controller in devices.children("controller") {
        if ["pci", "ide", "sata", "usb"].contains(controller["type"]) { controller.remove() }
    }
    for device in devices.elements {
        for address in device.children("address") where address.has("type", "pci") { address.remove() }
    }
    if hasPCIExpress(machine) { addSparePorts(root) }
}

/// A q35 takes a device while it runs only at a free port, and libvirt makes no more of them than a definition needs:
/// https://libvirt.org/pci-hotplug.html#x86-64-q35-machine-type
///
/// Makes enough for the devices that there are and a few more.
func addSparePorts(_ root: Element) {
    guard let machine = root.descendant(["os", "type"])?["machine"], hasPCIExpress(machine),
        let devices = root.child("devices")
    else { return }
    let builtIn = 4
    let spare = 4
    let controllers = devices.children("controller")
    let count =
        devices.children("disk").count + devices.children("interface").count
        + controllers.count { $0.has("type", "scsi") } + builtIn + spare
    let present = controllers.count { $0.has("model", "pcie-root-port") }
    if !controllers.contains(where: { $0.has("model", "pcie-root") }) {
        // Once libvirt sees one controller it wants to see the one that all others hang on.
        devices.add("controller", [("type", "pci"), ("index", "0"), ("model", "pcie-root")])
    }
    for _ in 0..<max(0, min(count, 64) - present) {
        devices.add("controller", [("type", "pci"), ("model", "pcie-root-port")])
    }
}

private func hasPCIExpress(_ machine: String) -> Bool { machine.contains("q35") }
