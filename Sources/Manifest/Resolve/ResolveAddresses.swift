import Model

extension Resolver {
    /// What a guest's cloud-init is told of an interface: what the machine says of it, then what its attachment says.
    mutating func addAddresses(of item: Record, _ name: Found<String>, to parts: inout MachineParts) {
        let document = parts.document
        let attachment = item.reference("networkRef").flatMap { reference in
            catalog[
                Address(
                    kind: Kind.networkAttachment.name, namespace: reference.value.namespace ?? document.namespace,
                    name: reference.value.name)]?.record
        }
        var network = SeedNetwork(item: name.value, mac: item.text("macAddress")?.value)
        let own = item.text("ipAddress").flatMap { $0.value.isEmpty ? nil : $0 }
        let policy = item.text("ipPolicy") ?? attachment?.text("ipAllocation.type")
        if let own {
            guard let address = address(own, of: item, document) else { return }
            network.addresses = [address.text]
            checkGateway(item.text("gateway"), address, document)
        } else if let shared = attachment?.text("ipAllocation.staticConfig.address"), policy?.value != "DHCP" {
            network.addresses = [shared.value]
        }
        network.isUnconfigured = policy?.value == "None"
        if let policy, let said = contradiction(policy.value, network) {
            problems.add(.conflict, at: policy.location, address: document.address, said)
        }
        let gateway = item.text("gateway") ?? attachment?.text("ipAllocation.staticConfig.gateway")
        if let gateway, !network.addresses.isEmpty {
            network.gateways = [gateway.value]
        } else if let gateway = item.text("gateway") {
            problems.add(
                .conflict, .warning, at: gateway.location, address: document.address,
                "`\(network.item)` has a gateway and no fixed address, so that all comes by DHCP and the gateway is not used. Give "
                    + "`ipAddress` and `prefix`, or take the gateway out.")
        }
        network.nameServers =
            (item.texts("dns") ?? attachment?.texts("ipAllocation.dnsConfig.servers"))?.value ?? []
        network.searchDomains = attachment?.texts("ipAllocation.dnsConfig.searchDomains")?.value ?? []
        network.routes = (attachment?.records("ipAllocation.staticConfig.routes") ?? []).compactMap { route in
            guard let to = route.text("destination"), let via = route.text("gateway") else { return nil }
            return SeedNetwork.Route(
                to: to.value, via: via.value, metric: route.integer("metric").map { Int($0.value) })
        }
        parts.networks.append(network)
    }

    private func contradiction(_ policy: String, _ network: SeedNetwork) -> String? {
        switch policy {
        case "Pool": "rigaud does not give addresses from pools. Give the machine one (`ipAddress`), or use DHCP."
        case "Static" where network.addresses.isEmpty:
            "The addresses of `\(network.item)` are static, and none is given. Give `ipAddress` and `prefix`, or `staticIP`."
        case "DHCP" where !network.addresses.isEmpty, "None" where !network.addresses.isEmpty:
            "`\(network.item)` has the address \(network.addresses[0]), and its addresses come by `\(policy)`. Keep one of the two."
        default: nil
        }
    }

    private mutating func address(_ own: Found<String>, of item: Record, _ document: Document) -> CIDR? {
        guard let prefix = item.integer("prefix") else {
            problems.add(
                .missingField, at: own.location, address: document.address,
                "The address \(own.value) needs the length of its prefix: `prefix: 24`, or `staticIP: {address: \(own.value)/24}`."
            )
            return nil
        }
        if let address = CIDR("\(own.value)/\(prefix.value)") { return address }
        problems.add(
            .invalidValue, at: prefix.location, address: document.address,
            "An IPv4 address has a prefix of at most 32; here it is \(prefix.value).")
        return nil
    }

    private mutating func checkGateway(_ gateway: Found<String>?, _ address: CIDR, _ document: Document) {
        guard let gateway, let router = IPAddress(gateway.value), !address.contains(router),
            !router.isOfLink || address.address.isV4
        else { return }
        problems.add(
            .invalidNetwork, .warning, at: gateway.location, address: document.address,
            "The gateway \(gateway.value) is not in the network of \(address.text), so that a guest cannot reach it directly."
        )
    }
}
