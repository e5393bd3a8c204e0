/// Makes a network configuration of a user's what the NoCloud data source takes, whatever renders it in the guest.
///
/// `gateway4` and `gateway6` are out of use, and `to: default` makes cloud-init's own renderers fail: all become routes.
struct UserNetwork {
    /// Keys of version 2 that hold devices with addresses.
    private static let deviceKinds: Set<String> = ["ethernets", "bonds", "bridges", "vlans", "wifis", "tunnels"]

    static func normalised(_ value: YAMLValue) throws(Trouble) -> YAMLValue {
        guard var entries = value.entries else {
            throw Trouble(
                .invalidNetwork, plain: "`network` holds a mapping with `version: 2`, and here it is something else.")
        }
        // As a file of netplan's or the data source's own begins, which people copy as a whole.
        if let inner = value["network"], entries.count == 1 { return try normalised(inner) }
        if value["version"] == nil, value["config"] == nil {
            entries.insert(YAMLValue.Entry("version", .plain("2")), at: 0)
        }
        let version = YAMLValue.map(entries)["version"]?.text
        guard version == nil || version == "1" || version == "2" else {
            throw Trouble(.invalidNetwork, plain: "The version of `network` is 1 or 2, and here it is something else.")
        }
        guard version == "2" else { return addressesAsText(.map(entries)) }
        for index in entries.indices where deviceKinds.contains(entries[index].key.text ?? "") {
            guard var devices = entries[index].value.entries else { continue }
            for device in devices.indices { devices[device].value = self.device(devices[device].value) }
            entries[index].value = .map(devices)
        }
        return .map(entries)
    }

    private static func device(_ value: YAMLValue) -> YAMLValue {
        guard var entries = value.entries else { return value }
        for index in entries.indices {
            if entries[index].key.text == "macaddress" { entries[index].value = asText(entries[index].value) }
            if entries[index].key.text == "match", var match = entries[index].value.entries {
                for index in match.indices { match[index].value = asText(match[index].value) }
                entries[index].value = .map(match)
            }
        }
        var routes = value["routes"]?.items ?? []
        routes = routes.map(route)
        for key in ["gateway4", "gateway6"] {
            guard let gateway = value[key]?.text else { continue }
            routes.append(
                .map([
                    YAMLValue.Entry("to", .string(defaultDestination(via: gateway))),
                    YAMLValue.Entry("via", .string(gateway)),
                ]))
            entries.removeAll { $0.key.text == key }
        }
        guard !routes.isEmpty else { return .map(entries) }
        if let index = entries.firstIndex(where: { $0.key.text == "routes" }) {
            entries[index].value = .list(routes)
        } else {
            entries.append(YAMLValue.Entry("routes", .list(routes)))
        }
        return .map(entries)
    }

    /// Version 1 has the addresses of its devices wherever these are.
    private static func addressesAsText(_ value: YAMLValue) -> YAMLValue {
        switch value {
        case .list(let items): .list(items.map(addressesAsText))
        case .map(let entries):
            .map(
                entries.map { entry in
                    let value = entry.key.text == "mac_address" ? asText(entry.value) : addressesAsText(entry.value)
                    return YAMLValue.Entry(entry.key, value)
                })
        case .string, .plain: value
        }
    }

    /// Without quotes `52:54:00:12:34:56` is a number of base sixty in YAML 1.1, which cloud-init reads.
    private static func asText(_ value: YAMLValue) -> YAMLValue { value.text.map { .string($0) } ?? value }

    private static func route(_ value: YAMLValue) -> YAMLValue {
        guard var entries = value.entries, let via = value["via"]?.text else { return value }
        for index in entries.indices where entries[index].key.text == "to" && entries[index].value.text == "default" {
            entries[index].value = .string(defaultDestination(via: via))
        }
        return .map(entries)
    }
}

/// Everything, in the family of a gateway.
func defaultDestination(via gateway: String) -> String {
    gateway.contains(":") ? "::/0" : "0.0.0.0/0"
}
