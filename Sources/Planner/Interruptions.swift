import Model

/// The running guests that a plan interrupts for the sake of what they use: off while that is away, or connected again.
extension StepGraph {
    /// A network that is started again has none of the guests that were connected to it: libvirt connects them at their
    /// own start alone. To be called when all else is there.
    mutating func reconnectGuests() {
        let networks = Set(
            nodes.values.lazy.flatMap(\.setup).map(\.operation)
                .filter { $0.object.kind == .network && $0.verb == .stop }.map(\.address))
        for (address, record) in running {
            let interrupted = record.needs.filter(networks.contains)
            if interrupted.isEmpty { continue }
            pause(address)
            // A guest that will not stop keeps its network as it is.
            for network in interrupted { nodes[network]?.interrupts.append(address) }
        }
        if !networks.isEmpty { leaveFirst(networks) }
        for (address, record) in running where record.needs.contains(where: { remadeNetworks[$0] != nil }) {
            reconnect(address, record)
        }
    }

    /// Who leaves a network that is restarted has left it before.
    private mutating func leaveFirst(_ networks: Set<Address>) {
        for (address, record) in running.sorted(by: { $0.key < $1.key }) {
            let left = (records[address]?.needs ?? []).filter { networks.contains($0) && !record.needs.contains($0) }
            guard let node = nodes[address], !node.setup.isEmpty, !left.isEmpty else { continue }
            if node.setup.contains(where: { $0.operation.verb == .stop })
                || left.contains(where: { isNeeded($0, for: address) })
            {
                pause(address)
            }
            for network in left { nodes[network]?.interrupts.append(address) }
        }
    }

    /// Whether something waits, by whatever way, until a network has been set up.
    private func isNeeded(_ network: Address, for address: Address) -> Bool {
        var seen: Set<Address> = []
        var open = [address]
        while let next = open.popLast() {
            if next == network { return true }
            if seen.insert(next).inserted { open += nodes[next]?.needs ?? [] }
        }
        return false
    }

    /// Connects a running domain again to networks that are made anew.
    private mutating func reconnect(_ address: Address, _ record: Record) {
        guard !paused.contains(address), nodes[address]?.teardown.isEmpty != false else { return }
        let names = Set(record.needs.compactMap { remadeNetworks[$0] })
        let moved = record.attributes.filter { $0.path.attribute == .nicSource && names.contains($0.value) }
        guard !moved.isEmpty else { return }
        var node = nodes[address] ?? Node()
        node.needs += record.needs
        if !node.setup.contains(where: { $0.operation.verb == .start || $0.operation.verb == .stop }) {
            let set = Attributes(moved)
            node.setup.append(
                Draft(operation: Operation(.updateLive, record.object, of: address, set: set), effect: .none))
            reconnected[address] = moved.map { FieldChange($0.path, before: "disconnected", after: $0.value) }
        }
        nodes[address] = node
    }

    /// Turns a running domain off while something that it uses is away, and on again if it is to run.
    mutating func pause(_ address: Address) {
        guard let record = running[address], nodes[address]?.teardown.isEmpty != false else { return }
        paused.insert(address)
        var node = nodes[address] ?? Node()
        node.needs = record.needs
        node.neededBefore = Set(node.neededBefore + record.needs + (volumesInUse[address] ?? [])).sorted()
        let drafts = restart(record.object, of: address, timeout: record.shutdownTimeout)
        node.teardown.append(drafts[0])
        // It is off by then.
        if let stop = node.setup.firstIndex(where: { $0.operation.verb == .stop }),
            node.setup[stop...].contains(where: { $0.operation.verb == .start })
        {
            node.setup.remove(at: stop)
        }
        let isStarted = node.setup.contains { $0.operation.verb == .start }
        if record.attributes[.power] != "Off", !isStarted { node.setup += drafts.dropFirst() }
        nodes[address] = node
    }
}
