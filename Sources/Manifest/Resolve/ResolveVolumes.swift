import Model

extension Resolver {
    /// Volumes may start from each other, in any order: first all are there, then what they need is looked up.
    mutating func resolveVolumes() {
        let first = resources.count
        for document in catalog.documents where document.kind === Kind.volume { resolveVolume(document) }
        for index in first..<resources.count {
            let volume = resources[index]
            guard let backing = volume.attributes[.backing]?.value.text, let host = hostIndices[volume.object.host],
                let need = self.volume(backing, on: host)
            else { continue }
            resources[index].needs.append(need)
        }
        findCycles(among: first..<resources.count)
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

    private mutating func findCycles(among range: Range<Int>) {
        let indices = Dictionary(uniqueKeysWithValues: range.map { (resources[$0].address, $0) })
        var graph = DependencyGraph()
        for index in range {
            let origin = resources[index].attributes[.backing]?.origin ?? resources[index].origin
            graph.edges[resources[index].address] =
                resources[index].needs.filter { indices[$0] != nil }.map { ($0, origin) }
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
