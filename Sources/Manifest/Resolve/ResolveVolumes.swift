import Model

extension Resolver {
    mutating func resolveVolumes() {
        for document in catalog.documents where document.kind === Kind.volume { resolveVolume(document) }
    }

    /// Volumes may start from each other, in any order, from a machine's disk and from an image that is brought: once
    /// all are there, what they need is looked up.
    mutating func resolveBases() {
        let volumes = resources.indices.filter { resources[$0].address.kind == Kind.volume.name }
        for index in volumes {
            let volume = resources[index]
            guard let backing = volume.attributes[.backing]?.value.text, let host = hostIndices[volume.object.host],
                let need = self.volume(backing, on: host)
            else { continue }
            resources[index].needs.append(need)
        }
        if !volumes.isEmpty { findCycles(among: resources.indices.filter { resources[$0].object.kind == .volume }) }
    }

    private mutating func resolveVolume(_ document: Document) {
        guard let host = host(of: document) else { return }
        let record = document.record
        let pool = record.text("pool")?.setting ?? hosts[host].defaultPool
        let poolName = pool.value.text ?? "default"
        var settings: [(path: AttributePath, value: Setting)] = []
        if let size = record.integer("size") {
            settings.append((AttributePath(.capacity), capacity(size.setting, in: poolName, on: host)))
        }
        let format = record.text("format")?.setting ?? Setting(isLogical(poolName, on: host) ? "raw" : "qcow2")
        settings.append((AttributePath(.volumeFormat), format))
        if let backing = record.text("backing") {
            settings.append((AttributePath(.backing), backing.setting))
            settings.append((AttributePath(.backingFormat), record.text("backingFormat")?.setting ?? Setting("qcow2")))
            if format.value.text == "raw" {
                problems.add(
                    .conflict, at: backing.location, address: document.address,
                    "A raw volume cannot start from another one: it has nowhere to say so. Use the format `qcow2`.")
            }
        }
        add(
            Resource(
                document.address,
                ObjectReference(
                    .volume, host: hosts[host].host.address, name: record.text("name")?.value ?? document.name,
                    pool: poolName),
                attributes: AttributeMap(settings), needs: self.pool(poolName, on: host).map { [$0] } ?? [],
                isProtected: isProtected(document), origin: document.location))
    }

    /// The address of a manifest's volume, written `pool/volume`; nil for a path and for what no manifest has.
    func volume(_ text: String, on host: Int) -> Address? {
        guard let reference = VolumeReference(text) else { return nil }
        return objects[ObjectKey(kind: .volume, host: hosts[host].group, pool: reference.pool, name: reference.name)]
    }

    private mutating func findCycles(among volumes: [Int]) {
        let addresses = Set(volumes.map { resources[$0].address })
        var graph = DependencyGraph()
        for index in volumes {
            let origin = resources[index].attributes[.backing]?.origin ?? resources[index].origin
            graph.edges[resources[index].address] =
                resources[index].needs.filter(addresses.contains).map { ($0, origin) }
        }
        for circle in graph.circles() {
            let names = (circle.addresses + circle.addresses.prefix(1)).map(\.description)
            problems.add(
                .cycle, at: circle.location, address: circle.addresses.first,
                "Volumes start from each other in a circle, so that none can be made first: \(names.joined(separator: " -> "))."
            )
        }
    }
}
