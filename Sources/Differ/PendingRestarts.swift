import Model

extension ChangeSet {
    /// What a domain or network was started with and its definition no longer says. What changes anyway is in its change.
    mutating func noteRestart(
        of resource: Resource, keeping kept: AttributeMap<Cause>, beside changing: [FieldChange],
        found: ObservedObject, on host: ObservedHost
    ) {
        guard let running = found.running, running != found.attributes else { return }
        let changing = Set(changing.map(\.path))
        var fields: [FieldChange] = []
        for path in Set(running.map(\.path)).union(found.attributes.map(\.path)).sorted()
        where found.isFixed(path, in: running, of: resource, on: host)
            && (resource.speaks(of: path) || kept[path] != nil) && !changing.contains(path)
        {
            // Room above a value that was found to do, whoever made it.
            if path.attribute.row.ceiling != nil, let wanted = resource.attributes[path]?.value,
                !areSame(found.attributes[path], wanted, for: path.attribute, on: host)
            {
                continue
            }
            // What belongs to a device that is plugged in or taken out comes and goes with it.
            if let list = path.attribute.row.list, changing.contains(AttributePath(list, path.item)) { continue }
            let before = host.asInManifests(running[path] ?? .null, for: path.attribute)
            let after = host.asInManifests(found.attributes[path] ?? .null, for: path.attribute)
            if !areSame(before, after, for: path.attribute, on: host) {
                let origin = resource.attributes[path]?.origin
                fields.append(FieldChange(path, before: before, after: after, origin: origin))
            }
        }
        if !fields.isEmpty {
            pendingRestarts.append(
                PendingRestart(
                    resource.address, object: resource.object, fields: fields,
                    disruption: fields.contains { !isNextBoot($0.path, of: resource) } ? .restart : .nextBoot,
                    shutdownTimeout: resource.shutdownTimeout))
        }
    }
}

/// Whether nothing is wrong with a guest that has the former value until it next starts.
private func isNextBoot(_ path: AttributePath, of resource: Resource) -> Bool {
    if case .nextBoot = path.attribute.row.cost { return true }
    return resource.isInDrive(path)
}

extension ObservedObject {
    /// Whether what runs keeps its value until it is started again: always, or as long as it has another maximum.
    fileprivate func isFixed(
        _ path: AttributePath, in running: Attributes, of resource: Resource, on host: ObservedHost
    ) -> Bool {
        switch path.attribute.row.cost {
        // A balloon is moved below what the guest was started with.
        case .restart where path.attribute == .maximumMemory: !hasRoom(for: path, in: running)
        case .restart, .nextBoot: true
        case .live, .hotplug: !isGivenLive(path, of: resource, self, on: host)
        case .liveUpTo where path.attribute.row.moves: !hasRoom(for: path, in: running)
        case .liveUpTo(let maximum): running[maximum] != attributes[maximum]
        case .none, .replace, .growOnly, .power, .memory: false
        }
    }

    /// Whether a running guest was started with as much memory as is defined by now.
    private func hasRoom(for path: AttributePath, in running: Attributes) -> Bool {
        guard let limit = running[.maximumMemory]?.number, let defined = attributes[path]?.number else { return true }
        return defined <= limit
    }
}

extension Resource {
    /// Whether it is managed, or was and went back to its default or stays; a device that somebody else added is neither.
    fileprivate func speaks(of path: AttributePath) -> Bool {
        if attributes[path] != nil { return true }
        let row = path.attribute.row
        // The machine type stays when it leaves the manifest, and libvirt makes no other of it in a running guest.
        guard row.fallback != nil || path.attribute == .machine else { return false }
        guard let list = row.list else { return true }
        if list == .addressPrefix, path.attribute == list { return hasAllAddresses }
        return list == .timer || list != path.attribute && attributes[list, path.item] != nil
    }
}
