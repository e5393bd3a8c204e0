import Model

/// The firmware's entry that Ignition looks for: https://coreos.github.io/ignition/supported-platforms/
private let entryName = "opt/com.coreos/config"

private func entry(_ root: Element) -> Element? {
    for sysinfo in root.children("sysinfo") where sysinfo.has("type", "fwcfg") {
        if let entry = sysinfo.children("entry").first(where: { $0["name"] == entryName }) { return entry }
    }
    return nil
}

func readIgnition(_ root: Element) -> Value? { entry(root)?["file"].map { .string($0) } }

/// Other entries, and the tables of a BIOS, stay.
func writeIgnition(_ root: Element, _ value: Value, _ surroundings: borrowing Surroundings) throws(HostError) {
    guard let text = value.text else {
        guard let entry = entry(root), let sysinfo = entry.parent else { return }
        entry.remove()
        if !sysinfo.hasChildElements { sysinfo.remove() }
        return
    }
    let path = if let reference = VolumeReference(text) { try surroundings.volume(reference).path } else { text }
    let file =
        entry(root)
        ?? (root.children("sysinfo").first { $0.has("type", "fwcfg") } ?? root.add("sysinfo", [("type", "fwcfg")]))
        .add("entry", [("name", entryName)])
    file.set(text: "")
    file.set("file", path)
}
