import Model

/// Version 2 of cloud-init's network configuration for the interfaces whose MAC is known; nil where there are none.
///
/// Written for all renderers that cloud-init has, not for netplan alone: with `set-name`, since the others take an entry's key for the
/// interface's name; with routes to `0.0.0.0/0` and `::/0`, since they do not know `default`; without `gateway4`, which netplan has given up.
/// (Before 23.1 cloud-init itself makes `::/64` of `::/0` in all renderers but netplan's, its pull request 1973.)
/// It is there for DHCP too: left to itself, cloud-init would configure one interface only.
func generatedNetworkConfig(of seed: Seed) -> Secret? {
    var entries: [YAMLValue.Entry] = []
    for (index, network) in seed.networks.enumerated() {
        guard let mac = network.mac else { continue }
        entries.append(YAMLValue.Entry("eth\(index)", device(network, mac: mac, name: "eth\(index)")))
    }
    guard !entries.isEmpty else { return nil }
    let config = [YAMLValue.Entry("version", .plain("2")), YAMLValue.Entry("ethernets", .map(entries))]
    return Secret(YAMLWriter.write(.map(config)))
}

private func device(_ network: SeedNetwork, mac: String, name: String) -> YAMLValue {
    var entries = [
        YAMLValue.Entry("match", .map([YAMLValue.Entry("macaddress", .string(mac.lowercased()))])),
        YAMLValue.Entry("set-name", .string(name)),
    ]
    if network.isUnconfigured {
        // Nobody waits at boot for an interface that will not get an address.
        for key in ["dhcp4", "dhcp6"] { entries.append(YAMLValue.Entry(key, .plain("false"))) }
        entries.append(YAMLValue.Entry("optional", .plain("true")))
    } else if network.addresses.isEmpty {
        entries.append(YAMLValue.Entry("dhcp4", .plain("true")))
    } else {
        entries.append(YAMLValue.Entry("dhcp4", .plain("false")))
        entries.append(YAMLValue.Entry("addresses", .strings(network.addresses)))
    }
    let routes = routes(of: network)
    if !routes.isEmpty { entries.append(YAMLValue.Entry("routes", .list(routes))) }
    var nameServers: [YAMLValue.Entry] = []
    if !network.nameServers.isEmpty { nameServers.append(YAMLValue.Entry("addresses", .strings(network.nameServers))) }
    if !network.searchDomains.isEmpty { nameServers.append(YAMLValue.Entry("search", .strings(network.searchDomains))) }
    if !nameServers.isEmpty { entries.append(YAMLValue.Entry("nameservers", .map(nameServers))) }
    if let mtu = network.mtu { entries.append(YAMLValue.Entry("mtu", .plain(String(mtu)))) }
    return .map(entries)
}

private func routes(of network: SeedNetwork) -> [YAMLValue] {
    let defaults = network.gateways.map { SeedNetwork.Route(to: defaultDestination(via: $0), via: $0) }
    return (defaults + network.routes).map { route in
        // A manifest may say `default`; not every renderer knows the word.
        let destination = route.to == "default" ? defaultDestination(via: route.via) : route.to
        var entries = [YAMLValue.Entry("to", .string(destination)), YAMLValue.Entry("via", .string(route.via))]
        if let metric = route.metric { entries.append(YAMLValue.Entry("metric", .plain(String(metric)))) }
        return .map(entries)
    }
}
