import Model

extension Resolver {
    mutating func resolveNetwork(_ document: Document) {
        guard let host = host(of: document) else { return }
        let record = document.record
        let mode = record.text("mode")
        var settings: [(path: AttributePath, value: Setting)] = [
            (AttributePath(.active), Setting(true)),
            (AttributePath(.autostart), record.flag("autostart")?.setting ?? Setting(true)),
            (
                AttributePath(.forwardMode),
                mode?.setting { .string($0 == "isolated" ? "none" : $0) } ?? Setting("nat")
            ),
        ]
        if let device = record.text("device") { settings.append((AttributePath(.forwardDevice), device.setting)) }
        if let bridge = record.text("bridge") { settings.append((AttributePath(.bridge), bridge.setting)) }
        if let domain = record.text("domain") { settings.append((AttributePath(.dnsDomain), domain.setting)) }
        checkMode(mode?.value ?? "nat", of: document)
        var subnets: [CIDR] = []
        for item in record.records("addresses") {
            guard let subnet = addAddress(item, document, to: &settings) else { continue }
            if subnets.contains(where: { $0.address == subnet.address }) {
                reject(item.location, document, "The address \(subnet.address.text) stands in the list twice.")
            }
            subnets.append(subnet)
        }
        addHosts(of: document, in: subnets, to: &settings)
        checkServed(of: document, subnets)
        add(
            Resource(
                document.address,
                ObjectReference(
                    .network, host: hosts[host].host.address, name: record.text("name")?.value ?? document.name),
                attributes: AttributeMap(settings), isProtected: isProtected(document), origin: document.location))
    }

    /// The address of a manifest's network; nil where no manifest has it, and it must be on the host already.
    func network(_ name: String, on host: Int) -> Address? {
        objects[ObjectKey(kind: .network, host: hosts[host].group, pool: nil, name: name)]
    }

    private mutating func checkMode(_ mode: String, of document: Document) {
        let record = document.record
        if mode == "bridge" {
            checkBridged(document)
            if record.text("bridge") == nil, record.text("device") == nil {
                reject(
                    record.location, document,
                    "In the mode `bridge` guests are on a bridge of the host: name it in `spec.bridge`.")
            }
            for item in record.records("addresses") {
                reject(
                    item.location, document,
                    "In the mode `bridge` the host's bridge has the addresses and libvirt gives none out; leave out `spec.addresses`."
                )
            }
        } else if mode == "isolated" || mode == "open", let device = record.text("device") {
            reject(
                device.location, document,
                mode == "open"
                    ? "In the mode `open` libvirt leaves it to the host where traffic goes; leave out `spec.device`, or say `mode: route`."
                    : "An isolated network has no way out, so that `spec.device` contradicts it.")
        }
        if ["nat", "route", "open"].contains(mode), record.records("addresses").isEmpty,
            !record.isRejected("addresses")
        {
            reject(
                record.text("mode")?.location ?? record.location, document,
                "In the mode `\(mode)` the host leads guests out, and has an address in the network for that: give it in "
                    + "`spec.addresses`, such as `[{address: 192.0.2.1/24}]`, or say `mode: isolated`.")
        }
        for (label, value) in [("bridge", record.text("bridge")), ("device", record.text("device"))] {
            if let value, value.value.utf8.count > 15 {
                reject(
                    value.location, document,
                    "`spec.\(label)` is the name of a network interface, which has at most 15 letters.")
            }
        }
    }

    /// What libvirt does for guests on a network that it makes itself, and not for those on a bridge of the host's.
    private mutating func checkBridged(_ document: Document) {
        let record = document.record
        if let device = record.text("device"), record.text("bridge") != nil {
            reject(
                device.location, document,
                "In the mode `bridge` guests are on a bridge (`spec.bridge`) or on an interface (`spec.device`) of the host. Keep one of "
                    + "them.")
        }
        let places = [
            ("domain", record.text("domain")?.location), ("dns.hosts", record.records("dns.hosts").first?.location),
        ]
        for case (let field, let place?) in places {
            reject(
                place, document,
                "In the mode `bridge` guests ask the name servers of the world that the bridge is in, and not libvirt's; leave out "
                    + "`spec.\(field)`.")
        }
    }

    /// Libvirt gives out addresses in one network of each family.
    private mutating func checkServed(of document: Document, _ subnets: [CIDR]) {
        let ranges = document.record.records("addresses").compactMap { item -> (CIDR, SourceLocation)? in
            guard let first = item.records("dhcp.ranges").first, let address = item.text("address") else { return nil }
            return CIDR(address.value).map { ($0, first.location) }
        }
        let hosts = document.record.records("dhcp.hosts").compactMap { item -> (CIDR, SourceLocation)? in
            guard let ip = item.text("ip"), let address = IPAddress(ip.value) else { return nil }
            return subnets.first { $0.contains(address) }.map { ($0, ip.location) }
        }
        var served: [CIDR] = []
        for (subnet, location) in ranges + hosts where !served.contains(subnet) {
            if let other = served.first(where: { $0.address.isV4 == subnet.address.isV4 }) {
                reject(
                    location, document,
                    "Libvirt gives out addresses of \(other.text), and of one network of each kind alone; \(subnet.text) is another. Make "
                        + "it a Network of its own, or leave out its `dhcp`.")
            }
            served.append(subnet)
        }
    }

    private mutating func addAddress(
        _ item: Record, _ document: Document, to settings: inout [(path: AttributePath, value: Setting)]
    ) -> CIDR? {
        guard let text = item.text("address"), let subnet = CIDR(text.value) else { return nil }
        settings.append(
            (
                AttributePath(.addressPrefix, subnet.address.text),
                Setting(.integer(Int64(subnet.prefix)), at: text.location)
            ))
        var ranges: [Value] = []
        let items = item.records("dhcp.ranges")
        for range in items {
            guard let start = range.text("start").flatMap({ IPAddress($0.value) }),
                let end = range.text("end").flatMap({ IPAddress($0.value) })
            else { continue }
            if !subnet.contains(start) || !subnet.contains(end) || end < start {
                reject(
                    range.location, document,
                    "The range from \(start.text) to \(end.text) is not one within \(subnet.text), from the lower to the higher address."
                )
            }
            ranges.append(.string("\(start.text)-\(end.text)"))
        }
        if let first = items.first {
            settings.append(
                (AttributePath(.dhcpRanges, subnet.address.text), Setting(.list(ranges), at: first.location)))
        }
        return subnet
    }

    private mutating func addHosts(
        of document: Document, in subnets: [CIDR], to settings: inout [(path: AttributePath, value: Setting)]
    ) {
        var macs: Set<String> = []
        var given: Set<IPAddress> = []
        for item in document.record.records("dhcp.hosts") {
            guard let mac = item.text("mac"), let ip = item.text("ip"), let address = IPAddress(ip.value) else {
                continue
            }
            if !macs.insert(mac.value).inserted {
                reject(mac.location, document, "\(mac.value) stands among `spec.dhcp.hosts` twice.")
                continue
            }
            if !address.isV4 {
                reject(
                    ip.location, document,
                    "Guests are not known by their MAC to DHCP for IPv6, so that \(mac.value) cannot be given \(ip.value). Give the address "
                        + "to the guest itself, as `ipAddress` of the VirtualMachine's interface.")
                continue
            }
            if !given.insert(address).inserted {
                reject(
                    ip.location, document,
                    "\(ip.value) is given to two of `spec.dhcp.hosts`. Only one guest can have it at a time.")
            }
            if !subnets.contains(where: { $0.contains(address) }) {
                reject(ip.location, document, "\(ip.value) is not in any network of `spec.addresses`.")
            }
            var members: [String: Value] = ["ip": .string(ip.value)]
            if let name = item.text("name") { members["name"] = .string(name.value) }
            settings.append((AttributePath(.dhcpHost, mac.value), Setting(.map(members), at: item.location)))
        }
        var addresses: Set<String> = []
        for item in document.record.records("dns.hosts") {
            guard let ip = item.text("ip") else { continue }
            guard addresses.insert(ip.value).inserted else {
                reject(
                    ip.location, document,
                    "\(ip.value) stands among `spec.dns.hosts` twice; give it all its names at once.")
                continue
            }
            let names = item.texts("names")?.value ?? []
            if names.isEmpty {
                reject(item.location, document, "A host of `spec.dns.hosts` has at least one of `names`.")
            }
            settings.append(
                (AttributePath(.dnsHost, ip.value), Setting(.list(names.map(Value.string)), at: item.location)))
        }
    }

    private mutating func reject(_ location: SourceLocation, _ document: Document, _ detail: String) {
        problems.add(.invalidNetwork, at: location, address: document.address, detail)
    }
}
