import Model

extension Resolver {
    mutating func addInterfaces(to parts: inout MachineParts) {
        for interface in parts.interfaces {
            let (name, item) = (interface.name, interface.record)
            guard let (source, model) = attachment(of: item, name, parts.document) else { continue }
            parts.set(.nicSource, name.value, source)
            if let mac = item.text("macAddress") { parts.set(.nicMAC, name.value, mac.setting) }
            parts.set(.nicModel, name.value, model ?? parts.machineClass.nicModel)
            addAddresses(of: item, name, to: &parts)
            if let text = source.value.text, text.hasPrefix("network/"),
                let need = network(String(text.dropFirst("network/".count)), on: parts.host),
                !parts.needs.contains(need)
            {
                parts.needs.append(need)
            }
        }
    }

    /// What an interface is attached to, and its model where the attachment says it: by an attachment, else a bridge, else
    /// by its name alone, as VirtRigaud's documentation maps them.
    private mutating func attachment(
        of item: Record, _ name: Found<String>, _ document: Document
    ) -> (source: Setting, model: Setting?)? {
        let bridge = item.text("bridge")
        if let reference = item.reference("networkRef") {
            guard let target = find(reference, Kind.networkAttachment, from: document) else { return nil }
            guard let source = source(of: target) else {
                problems.add(
                    .missingReference, at: reference.location, address: document.address,
                    "\(target.address) names neither a libvirt network nor a bridge. Give `spec.network.libvirt.networkName` or "
                        + "`spec.network.libvirt.bridge.name` at \(target.location).")
                return nil
            }
            if let bridge, source.value.text != "bridge/\(bridge.value)" {
                problems.add(
                    .conflictingSpellings, at: bridge.location, address: document.address,
                    "`bridge: \(bridge.value)` says something else than \(target.address). Keep one of them.")
            }
            return (source, target.record.text("network.libvirt.model")?.setting)
        }
        if let bridge { return (bridge.setting { .string("bridge/\($0)") }, nil) }
        let network =
            switch name.value {
            case "nat": "default"
            case "bridge": "br0"
            default: name.value
            }
        return (Setting(.string("network/\(network)"), at: name.location), nil)
    }

    private func source(of attachment: Document) -> Setting? {
        if let bridge = attachment.record.text("network.libvirt.bridge.name") {
            return bridge.setting { .string("bridge/\($0)") }
        }
        return attachment.record.text("network.libvirt.networkName")?.setting { .string("network/\($0)") }
    }
}
