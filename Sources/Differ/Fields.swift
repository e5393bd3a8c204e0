import Model

/// The attributes of an object that are not as they should be, in the order of their paths.
func changedFields(of resource: Resource, record: Record?, found: ObservedObject, on host: ObservedHost)
    -> [FieldChange]
{
    var fields: [FieldChange] = []
    if found.attributes[.persistent] == false {
        fields.append(
            FieldChange(AttributePath(.persistent), before: false, after: true, cause: .drift, origin: resource.origin))
    }
    let isReshaped = isReshaped(resource, found)
    let running = found.running.flatMap { $0 == found.attributes ? nil : $0 }
    for (path, setting) in resource.attributes {
        guard var now = present(path, record, found), !isStoredAsItIs(setting.value, now, path.attribute) else {
            continue
        }
        let wanted = asMade(setting.value, for: path, of: resource, record, found, on: host)
        if areSame(now, wanted, for: path.attribute, on: host) {
            guard let running, isGivenLive(path, of: resource, found, on: host),
                let strayed = strayed(running, path, from: wanted, record, found, on: host)
            else { continue }
            now = strayed
        }
        if let ceiling = path.attribute.row.ceiling, ceiling.value != .vcpus || !isReshaped,
            leavesRoom(ceiling, for: resource, record, found)
        {
            continue
        }
        // Room that was found to do, and was left as it was, is what was applied.
        let wasRoom = path.attribute.row.ceiling.map { hadRoom($0, record, found) } ?? false
        let applied =
            wasRoom
            ? now : record?.attributes[path].map { asMade($0, for: path, of: resource, record, found, on: host) }
        if applied == setting.value, isOutOfSight(setting.value, found: now, for: path.attribute, on: host) { continue }
        let cause: Cause =
            if let cause = record?.unfinished[path] {
                cause
            } else if applied == nil || areSame(applied, now, for: path.attribute, on: host) {
                .config
            } else if areSame(applied, wanted, for: path.attribute, on: host) {
                .drift
            } else {
                .both
            }
        let before = host.asInManifests(now, for: path.attribute)
        let isLost = cause == .config && isLostBase(before, for: path.attribute, on: host)
        fields.append(
            FieldChange(path, before: before, after: wanted, cause: isLost ? .both : cause, origin: setting.origin))
    }
    var removed = strayAddresses(of: resource, record: record, found: found)
    if let record {
        removed += removedFields(of: resource, record: record, found: found, on: host)
        if let running { removed += unfinishedRemovals(of: resource, record, found, running, on: host) }
    }
    return removed.isEmpty ? fields : (fields + removed).sorted { $0.path < $1.path }
}

/// Whether a volume is an install medium that machines start from as a disk: raw, and libvirt tells what is in it.
private func isStoredAsItIs(_ wanted: Value, _ found: Value, _ attribute: Attribute) -> Bool {
    attribute == .volumeFormat && wanted == "raw" && found == "iso"
}

/// What an attribute is now; nil where that cannot be told and need not be.
///
/// What no host keeps is what was last applied. Where that is not recorded either, as of an object made before the attribute
/// was known, and a change would cost the object, it is taken to be as it is wanted.
private func present(_ path: AttributePath, _ record: Record?, _ found: ObservedObject) -> Value? {
    guard case .recorded = path.attribute.row.comparison else { return found.attributes[path] ?? .null }
    if let applied = record?.attributes[path] { return applied }
    // An overlay is no full copy, whatever is recorded.
    if path.attribute == .copy, found.attributes[.backing] != nil { return .null }
    if case .replace = path.attribute.row.cost { return nil }
    return .null
}

/// Whether a running guest or network is given the attribute while it runs, so that another value there is no pending restart.
func isGivenLive(
    _ path: AttributePath, of resource: Resource, _ found: ObservedObject, on host: ObservedHost
) -> Bool {
    switch path.attribute.row.cost {
    case .live: !waitsForSubnet(path, of: resource, found)
    case .liveUpTo: true
    case .hotplug:
        host.features.contains(.hotplug) && !resource.isInDrive(path)
            && (path.attribute.row.list != .diskSource
                || found.isPlugged(path.item) && found.bus(of: path.item, in: resource).takesDisksLive)
    case .none, .nextBoot, .restart, .replace, .growOnly, .power, .memory: false
    }
}

extension ObservedObject {
    /// Whether a disk is in the definition or in the running guest alone. Where it is in both, it has its medium for good.
    fileprivate func isPlugged(_ disk: String) -> Bool {
        (running?[.diskSource, disk] == nil) != (attributes[.diskSource, disk] == nil)
    }

    fileprivate func bus(of disk: String, in resource: Resource) -> Value {
        resource.bus(of: disk) ?? running?[.diskBus, disk] ?? attributes[.diskBus, disk] ?? .null
    }
}

/// What runs has of an attribute whose definition is as it is wanted, where that is somebody's doing, or has never been
/// changed to its end: not where it waits for a restart to be given another maximum. The balloon moves by itself.
private func strayed(
    _ running: Attributes, _ path: AttributePath, from wanted: Value, _ record: Record?, _ found: ObservedObject,
    on host: ObservedHost
) -> Value? {
    let (row, value) = (path.attribute.row, running[path] ?? .null)
    if areSame(value, wanted, for: path.attribute, on: host) { return nil }
    // A device that is not there is told once.
    if let list = row.list, list != path.attribute, running[list, path.item] == nil { return nil }
    if case .liveUpTo(let maximum) = row.cost {
        if value.isNull { return nil }
        if row.moves {
            let isWithin = running[maximum]?.number.map { (wanted.number ?? .max) <= $0 } ?? true
            if !isWithin || record?.unfinished[path] == nil { return nil }
        } else if running[maximum] != found.attributes[maximum] {
            return nil
        }
    }
    return value
}

/// Whether a device that has left the manifest and the definition is one that a running guest keeps until it is restarted.
func isKept(_ path: AttributePath, by found: ObservedObject, of resource: Resource, on host: ObservedHost) -> Bool {
    path.attribute == path.attribute.row.list && resource.attributes[path] == nil && found.attributes[path] == nil
        && found.running?[path] != nil && !isGivenLive(path, of: resource, found, on: host)
}

/// The devices and the like that have left the manifest and the definition, and that the running guest has not let go of.
private func unfinishedRemovals(
    of resource: Resource, _ record: Record, _ found: ObservedObject, _ running: Attributes,
    on host: ObservedHost
) -> [FieldChange] {
    record.unfinished.compactMap { path, cause in
        guard resource.attributes[path] == nil, isGivenLive(path, of: resource, found, on: host),
            let fallback = path.attribute.row.fallback,
            areSame(found.attributes[path], fallback, for: path.attribute, on: host),
            let value = strayed(running, path, from: fallback, record, found, on: host)
        else { return nil }
        let before = host.asInManifests(value, for: path.attribute)
        return FieldChange(path, before: before, after: fallback, cause: cause, origin: resource.origin)
    }
}

/// What a host makes of a value: of the size of a disk, with what it lies on.
private func asMade(
    _ value: Value, for path: AttributePath, of resource: Resource, _ record: Record?, _ found: ObservedObject,
    on host: ObservedHost
) -> Value {
    guard path.attribute == .capacity else { return value }
    let (made, base) = (found.attributes[path] ?? .null, found.attributes[.backing]?.text)
    return leastCapacity(
        value, found: made, lyingOn: base, of: resource, asked: record?.attributes[path], on: host)
}

/// A disk is never smaller than what it starts from, and its pool makes it of whole units: of KiB, or of extents of 4 MiB as a rule.
/// - Parameter asked: What was last applied.
func leastCapacity(
    _ wanted: Value, found: Value, lyingOn base: String? = nil, of resource: Resource, asked: Value? = nil,
    on host: ObservedHost
) -> Value {
    guard let bytes = wanted.number,
        let wantedBase = (resource.attributes[.backing] ?? resource.attributes[.copy])?.value.text
    else { return wanted }
    // One that is to be built on something else is as large as what it was built on.
    let isBuiltOnIt = areSame(base.map(Value.string), .string(wantedBase), for: .backing, on: host)
    let actualBase = isBuiltOnIt ? wantedBase : base ?? wantedBase
    guard let least = host.capacity(ofVolume: actualBase) else {
        // How large that is cannot be seen: a disk that is larger than anybody asked for may be so on its account.
        guard host.features.contains(.upload), !host.lacks(actualBase), let made = found.number,
            let asked = asked?.number
        else { return wanted }
        return made > max(bytes, asked) ? found : wanted
    }
    if bytes < least, let made = found.number, (least..<least + 4 << 20).contains(made) { return found }
    return .integer(max(bytes, least))
}

/// What was applied before and has gone from the manifest goes back to its default; a list's item goes as a whole.
private func removedFields(of resource: Resource, record: Record, found: ObservedObject, on host: ObservedHost)
    -> [FieldChange]
{
    var fields: [FieldChange] = []
    for (recorded, _) in record.attributes where resource.attributes[recorded] == nil {
        let path = placeByHand(of: recorded, in: record, found, besides: resource, on: host) ?? recorded
        let row = path.attribute.row
        if let list = row.list, list != path.attribute, resource.attributes[list, path.item] == nil { continue }
        let now = found.attributes[path] ?? .null
        let before = host.asInManifests(now, for: path.attribute)
        // An overlay stays one, as long as there is what it lies on.
        let isLost = isLostBase(before, for: path.attribute, on: host)
        guard let fallback = isLost ? Value?.some(.null) : row.fallback else { continue }
        if areSame(now, fallback, for: path.attribute, on: host) { continue }
        fields.append(
            FieldChange(
                path, before: before, after: fallback, cause: isLost ? .both : .config, origin: resource.origin))
    }
    return fields
}

/// Whether a disk lies on a volume that its host does not have any more: that is the host's doing, whatever the
/// manifests want instead.
private func isLostBase(_ base: Value, for attribute: Attribute, on host: ObservedHost) -> Bool {
    attribute == .backing && base.text.map(host.lacks) ?? false
}

/// Where a device is that was taken out and put back by hand, and has no name of ours since: it is known by its volume or its MAC.
private func placeByHand(
    of path: AttributePath, in record: Record, _ found: ObservedObject, besides resource: Resource,
    on host: ObservedHost
) -> AttributePath? {
    guard [.diskSource, .nicSource].contains(path.attribute), found.attributes[path] == nil else { return nil }
    let mark: Attribute = path.attribute == .nicSource ? .nicMAC : .diskSource
    guard let known = record.attributes[mark, path.item] else { return nil }
    return found.attributes.first { other, value in
        other.attribute == mark && areSame(value, known, for: mark, on: host)
            && resource.attributes[path.attribute, other.item] == nil
            && record.attributes[path.attribute, other.item] == nil
    }
    .map { AttributePath(path.attribute, $0.path.item) }
}

/// Whether a value is a volume of a pool that is not there to be asked for its directory, and the file that was found may
/// be it by its name.
private func isOutOfSight(_ wanted: Value, found: Value, for attribute: Attribute, on host: ObservedHost) -> Bool {
    guard case .volume = attribute.row.comparison, let volume = wanted.text, let path = found.text,
        let reference = VolumeReference(volume), host.path(ofVolume: volume) == nil
    else { return false }
    return path.hasSuffix("/\(reference.name)")
}

/// Whether a socket is to hold something else than it does: then the number of sockets, and the maximum that all of them
/// multiply to, must change with it.
private func isReshaped(_ resource: Resource, _ found: ObservedObject) -> Bool {
    [Attribute.cpuCores, .cpuThreads].contains { attribute in
        resource.attributes[attribute].map { $0.value != found.attributes[attribute] } ?? false
    }
}

/// Whether there is room above a value, as was wanted before and is wanted now, and the value fits. How much room there is
/// was settled when the guest was made: a larger value within it must not cost a restart for the sake of more.
private func leavesRoom(
    _ ceiling: AttributeRow.Ceiling, for resource: Resource, _ record: Record?, _ found: ObservedObject
) -> Bool {
    guard let value = resource.attributes[ceiling.value]?.value.number,
        let maximum = resource.attributes[ceiling.maximum]?.value.number, maximum > value,
        let actual = found.attributes[ceiling.maximum]?.number
    else { return false }
    return actual >= value && (record == nil || hadRoom(ceiling, record, found))
}

/// Whether there was to be room above a value when it was last applied, and there is.
private func hadRoom(_ ceiling: AttributeRow.Ceiling, _ record: Record?, _ found: ObservedObject) -> Bool {
    guard let value = record?.attributes[ceiling.value]?.number,
        let maximum = record?.attributes[ceiling.maximum]?.number, maximum > value,
        let actual = found.attributes[ceiling.maximum]?.number
    else { return false }
    return actual >= value
}
