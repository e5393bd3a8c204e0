import Model

/// A domain's properties in libvirt's XML: https://libvirt.org/formatdomain.html
let domainLenses = LensTable(
    [
        .text(.description, ["description"]),
        Lens(.vcpus, read: { root in currentVCPUs(root).map { .integer($0) } }, write: writeVCPUs),
        Lens(
            .maximumVCPUs, read: { root in root.child("vcpu")?.integer.map { .integer($0) } }, write: writeMaximumVCPUs),
        Lens(.memory, read: { root in currentMemory(root).map { .integer($0) } }, write: writeMemory),
        Lens(
            .maximumMemory, read: { root in root.child("memory").flatMap(bytes).map { .integer($0) } },
            write: writeMaximumMemory),
        Lens(
            .machine, read: { root in root.descendant(["os", "type"])?["machine"].map { .string($0) } },
            write: writeMachine),
        Lens(.cpuMode, read: { root in root.child("cpu")?["mode"].map { .string($0) } }, write: writeCPUMode),
        .number(.cpuSockets, ["cpu", "topology"], "sockets"),
        .number(.cpuCores, ["cpu", "topology"], "cores"),
        .number(.cpuThreads, ["cpu", "topology"], "threads"),
        .presence(.acpi, ["features", "acpi"]),
        .presence(.apic, ["features", "apic"]),
        .presence(.pae, ["features", "pae"]),
        Lens(.ignition, read: readIgnition, write: writeIgnition),
        Lens(.bootDevices, read: readBootDevices, write: writeBootDevices),
        .clockOffset,
        .videoModel,
        .order(.diskOrder, of: diskLenses),
        .order(.nicOrder, of: interfaceLenses),
    ],
    lists: [timerLenses, diskLenses, interfaceLenses],
    finish: { root, surroundings in
        completeTopology(root)
        nameDiskTargets(root, besides: surroundings.takenTargets)
        settleDrives(root)
    })

private let timerLenses = ListLens(
    key: .timer,
    elements: { $0.child("clock")?.children("timer") ?? [] },
    name: { $0["name"] },
    make: { root, name in
        let timer = root.ensure("clock").add("timer")
        timer.set("name", name)
        return timer
    },
    fields: [
        Lens(.timer) { timer in
            if let policy = timer["tickpolicy"] { return .string(policy) }
            return .bool(!timer.has("present", "no"))
        } write: { timer, value, _ in
            timer.set("tickpolicy", value.text)
            timer.set("present", value.flag.map { $0 ? "yes" : "no" })
        }
    ])

// MARK: Processors

private func currentVCPUs(_ root: Element) -> Int64? {
    root.child("vcpu").flatMap { $0.integer("current") ?? $0.integer }
}

/// The maximum rises with the number where it must, and never falls by itself.
private func writeVCPUs(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    guard let number = value.number else { return }
    let maximum = max(root.child("vcpu")?.integer ?? number, number)
    setVCPUs(root, number, maximum: maximum)
}

private func writeMaximumVCPUs(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    guard let maximum = value.number else { return }
    setVCPUs(root, min(currentVCPUs(root) ?? maximum, maximum), maximum: maximum)
}

private func setVCPUs(_ root: Element, _ number: Int64, maximum: Int64) {
    let element = root.ensure("vcpu")
    element.set(text: String(maximum))
    element.set("current", number < maximum ? String(number) : nil)
}

/// Libvirt keeps the CPU that another mode stood for beside the mode: it goes with it.
private func writeCPUMode(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    guard let mode = value.text else {
        root.child("cpu")?.remove()
        return
    }
    let cpu = root.ensure("cpu")
    guard !cpu.has("mode", "") && cpu["mode"] != mode else { return }
    for attribute in ["match", "check", "migratable"] as [StaticString] { cpu.set(attribute, nil) }
    for child in ["model", "vendor", "feature"] as [StaticString] { cpu.removeChildren(child) }
    cpu.set("mode", mode)
}

/// Whether a running guest has the CPU that libvirt gives to one whose definition says nothing of it: QEMU's own, which has no maker.
func hasDefaultCPU(_ root: Element) -> Bool {
    guard let cpu = root.child("cpu"), cpu.child("vendor") == nil else { return false }
    return cpu.child("model")?.text.hasPrefix("qemu") == true
}

/// Libvirt wants all of a topology or none of it.
private func completeTopology(_ root: Element) {
    guard let topology = root.descendant(["cpu", "topology"]) else { return }
    let names: [StaticString] = ["sockets", "cores", "threads"]
    if names.allSatisfy({ topology[$0] == nil }) {
        topology.remove()
    } else {
        for name in names where topology[name] == nil { topology.set(name, "1") }
    }
}

// MARK: Memory

/// Bytes: libvirt writes KiB, people may have written any other unit.
private func bytes(_ element: Element) -> Int64? {
    guard let number = element.integer, let unit = unitSize(element["unit"]) else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : bytes
}

private func unitSize(_ name: String?) -> Int64? {
    switch name {
    case nil, "KiB", "k": 1 << 10
    case "b", "bytes": 1
    case "KB": 1000
    case "MB": 1_000_000
    case "M", "MiB": 1 << 20
    case "GB": 1_000_000_000
    case "G", "GiB": 1 << 30
    case "TB": 1_000_000_000_000
    case "T", "TiB": 1 << 40
    default: nil
    }
}

/// Bytes that a domain has now, or is to have when it starts.
func currentMemory(_ root: Element) -> Int64? {
    (root.child("currentMemory") ?? root.child("memory")).flatMap(bytes)
}

private func writeMemory(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    guard let number = value.number else { return }
    setMemory(root, number, maximum: max(root.child("memory").flatMap(bytes) ?? number, number))
}

private func writeMaximumMemory(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) {
    guard let maximum = value.number else { return }
    setMemory(root, min(currentMemory(root) ?? maximum, maximum), maximum: maximum)
}

private func setMemory(_ root: Element, _ number: Int64, maximum: Int64) {
    for (name, bytes) in [("memory", maximum), ("currentMemory", number)] as [(StaticString, Int64)] {
        let element = root.ensure(name)
        element.set("unit", "KiB")
        element.set(text: String(bytes / 1024 + (bytes % 1024 == 0 ? 0 : 1)))
    }
}
