import Model

extension ChangeSet {
    /// Says of each network and pool that a change wants, and that is neither on its host nor made by the desired graph,
    /// that the change cannot be made; on a simulated host, that it could not be made on a real one. A bridge cannot be looked for.
    mutating func findMissingPlaces(_ desired: DesiredState, in observed: ObservedState) {
        var missing: [MissingPlace] = []
        var positions: [Place: Int] = [:]
        var down: [Place: Address] = [:]
        for change in changes {
            guard let resource = change.desired, case .read(let host)? = observed.hosts[resource.object.host] else {
                continue
            }
            let places = change.places(of: resource, on: host)
            for (place, _) in places where place.kind == .network && host.features.contains(.connect) {
                if host.inactiveNetworks.contains(place.name), down[place] == nil { down[place] = resource.address }
            }
            for (place, path) in places
            where host.names[place.kind].map({ $0[place.name] == nil }) ?? false {
                if let position = positions[place] {
                    missing[position].more += missing[position].user == resource.address ? 0 : 1
                } else {
                    positions[place] = missing.count
                    let origin = desired.origin(of: resource, path)
                    missing.append(MissingPlace(place: place, user: resource.address, origin: origin))
                }
            }
        }
        if missing.isEmpty && down.isEmpty { return }
        let makers = desired.makers
        diagnostics += down.filter { !makers.contains($0.key.key(in: desired)) }.sorted { $0.value < $1.value }
            .map { place, user in
                .networkDown(place.name, of: user, on: desired.hosts.first { $0.address == place.host })
            }
        diagnostics += missing.filter { !makers.contains($0.place.key(in: desired)) }.map { missing in
            var names = Set(makers.lazy.filter { $0.kind == missing.place.kind }.map(\.name))
            var isFatal = true
            if case .read(let host)? = observed.hosts[missing.place.host] {
                names.formUnion(host.names[missing.place.kind, default: [:]].keys)
                isFatal = missing.place.kind == .pool || host.features.contains(.connect)
            }
            return missing.diagnostic(isFatal ? .error : .warning, names: names.sorted())
        }
    }
}

extension Diagnostic {
    fileprivate static func networkDown(_ name: String, of user: Address, on host: Host?) -> Diagnostic {
        Diagnostic(
            .warning, "network-down", "A network is not active",
            """
            \(user) is to be on the network `\(name)`, which is not active on its host and of which there is no manifest, so that nothing \
            here starts it. What needs it will fail until it is started.
            """, command: "virsh\(host.map { " -c '\($0.uri)'" } ?? "") net-start \(shellWord(name))", address: user)
    }
}

extension Place {
    /// The same for all Providers of one host.
    fileprivate func key(in desired: DesiredState) -> Maker {
        Maker(uri: desired.hosts.first { $0.address == host }?.uri ?? host.text, kind: kind, name: name)
    }
}

/// What the desired graph makes, and where.
private struct Maker: Hashable {
    let uri: String
    let kind: ResourceKind
    let name: String
}

private struct MissingPlace {
    let place: Place
    let user: Address
    let origin: SourceLocation?
    /// Other resources that want it too.
    var more = 0

    func diagnostic(_ severity: Diagnostic.Severity, names: [String]) -> Diagnostic {
        let users = more == 0 ? "\(user) is" : "\(user) and \(more) more are"
        let advice =
            nearest(to: place.name, in: names).map { "Did you mean `\($0)`?" }
            ?? (names.isEmpty
                ? "There is none." : "There is \(names.prefix(5).map { "`\($0)`" }.joined(separator: ", ")).")
        let isNetwork = place.kind == .network
        return Diagnostic(
            severity, isNetwork ? "network-missing" : "pool-missing",
            isNetwork ? "A network is not on its host" : "A pool is not on its host",
            """
            \(users) to be \(isNetwork ? "on the network" : "in the pool") `\(place.name)`, which is neither on the host of \
            \(place.host) nor among the manifests. \(advice) Correct the name, or add a \
            \(isNetwork ? "Network" : "StoragePool") of it to the manifests.\
            \(isNetwork ? " An interface without `networkRef` and `bridge` is on the network of its own name." : "")
            """, address: user, at: origin)
    }
}

extension Change {
    /// The networks and pools that this change cannot be made without, each with the attribute that names it.
    fileprivate func places(of resource: Resource, on host: ObservedHost) -> [(Place, AttributePath)] {
        switch object.kind {
        case .domain:
            let isStarted = !isRunning && fields.contains { $0.path.attribute == .power && $0.after == "On" }
            let sources =
                isStarted ? resource.attributes.map { ($0.path, $0.value.value) } : fields.map { ($0.path, $0.after) }
            return sources.compactMap { path, value in
                guard path.attribute == .nicSource else { return nil }
                return Place(value, of: path.attribute, on: resource.object.host).map { ($0, path) }
            }
        case .volume where action != .update:
            var pools = [(resource.object.pool, AttributePath(.diskSource))]
            // A simulated host has whatever disks start from.
            for base in [Attribute.backing, .copy] where host.features.contains(.upload) && resource.patience == 0 {
                let text = resource.attributes[base]?.value.text
                pools.append((text.flatMap(VolumeReference.init)?.pool, AttributePath(base)))
            }
            return pools.compactMap { pool, path in
                pool.map { (Place(resource.object.host, .pool, $0), path) }
            }
        default: return []
        }
    }
}

extension DesiredState {
    /// Where a manifest names a place. A disk's pool is named where its machine has the disk.
    fileprivate func origin(of resource: Resource, _ path: AttributePath) -> SourceLocation? {
        if let setting = resource.attributes[path] { return setting.origin ?? resource.origin }
        let disk = resource.address.text.split(separator: "/").last.map(String.init) ?? ""
        return self.resource(resource.address.owner)?.attributes[path.attribute, disk]?.origin ?? resource.origin
    }

    fileprivate var makers: Set<Maker> {
        let uris = Dictionary(hosts.map { ($0.address, $0.uri) }, uniquingKeysWith: { first, _ in first })
        return Set(
            resources.lazy.map(\.object).filter { $0.kind == .network || $0.kind == .pool }
                .map { Maker(uri: uris[$0.host] ?? $0.host.text, kind: $0.kind, name: $0.name) })
    }
}
