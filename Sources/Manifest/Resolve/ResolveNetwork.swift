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
        } else if mode == "isolated", let device = record.text("device") {
            reject(
                device.location, document, "An isolated network has no way out, so that `spec.device` contradicts it.")
        }
        for (label, value) in [("bridge", record.text("bridge")), ("device", record.text("device"))] {
            if let value, value.value.utf8.count > 15 {
                reject(
                    value.location, document,
                    "`spec.\(label)` is the name of a network interface, which has at most 15 letters.")
            }
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
        for item in document.record.records("dhcp.hosts") {
            guard let mac = item.text("mac"), let ip = item.text("ip"), let address = IPAddress(ip.value) else {
                continue
            }
            if !macs.insert(mac.value).inserted {
                reject(mac.location, document, "\(mac.value) stands among `spec.dhcp.hosts` twice.")
                continue
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
