import Model

extension TemplateValue {
    /// What stands for the names in a machine's templates.
    init(of source: SeedSource, hostName: String) {
        let machine = source.machine
        let addresses = source.networks.flatMap(\.addresses).map(withoutPrefix)
        self = .record([
            "Name": .string(String(machine.name)),
            "Namespace": .string(String(machine.namespace)),
            "HostName": .string(hostName),
            "SSHPublicKey": source.sshPublicKeys.first.map { .string($0) }
                ?? .absent(
                    "\(machine) has no SSH key, so there is no `.SSHPublicKey`. Its annotation `rigaud.io/ssh-public-keys` gives it "
                        + "some, or the Stack's `sshPublicKeys`."),
            "SSHPublicKeys": .strings(source.sshPublicKeys),
            "Labels": .map(source.labels.mapValues { .string($0) }, noun: "label"),
            "Annotations": .map(source.annotations.mapValues { .string($0) }, noun: "annotation"),
            "Address": addresses.first.map { .string($0) }
                ?? .absent("\(machine) has no static address, so there is no `.Address`."),
            "Addresses": .strings(addresses),
            "Networks": .list(source.networks.map { TemplateValue(of: $0) }),
        ])
    }

    private init(of network: SeedNetwork) {
        let addresses = network.addresses.map(withoutPrefix)
        func missing(_ what: String) -> TemplateValue { .absent("The interface `\(network.item)` has no \(what).") }
        self = .record([
            "Name": .string(network.item),
            "MAC": network.mac.map { .string($0) }
                ?? .absent(
                    "The MAC address of the interface `\(network.item)` is not known before the machine is planned. A template "
                        + "that needs it needs one in the manifest: `macAddress`."),
            "Address": addresses.first.map { .string($0) } ?? missing("static address"),
            "Addresses": .strings(addresses),
            "CIDRs": .strings(network.addresses),
            "Gateway": network.gateways.first.map { .string($0) } ?? missing("gateway"),
            "Gateways": .strings(network.gateways),
            "DNS": .strings(network.nameServers),
            "SearchDomains": .strings(network.searchDomains),
            "MTU": network.mtu.map { .integer($0) } ?? missing("MTU of its own"),
        ])
    }
}

/// An address without the length of its prefix.
private func withoutPrefix(_ address: String) -> String {
    String(address.prefix { $0 != "/" })
}
