import Model

extension Change {
    /// What the change costs as a whole: the most that any of its fields costs.
    var disruption: Disruption {
        switch action {
        // What its guest goes on with is lost with its end, and cannot be had back then.
        case .create where isStillUsed: .deleteData
        case .create, .forget, .adopt: .none
        case .update: fields.map(disruption(of:)).max() ?? .none
        case .replace where record?.isPartial == true: .none
        // What is made anew is empty: a disk's data are as lost as with its deletion.
        case .replace: object.kind == .volume && deletion == .deleteData ? .deleteData : .replace
        case .delete: deletion
        }
    }

    func disruption(of field: FieldChange) -> Disruption {
        guard action == .update else { return .none }
        let row = field.path.attribute.row
        switch row.cost {
        case .replace: return .replace
        case .growOnly: return isGrowth(field) ? (isRunning ? .live : .none) : .replace
        case .power: return .live
        case .memory: return .restart
        default: break
        }
        if isElsewhere(field) { return .deleteData }
        guard isRunning || resumes, !runsAlready.contains(field.path) else { return .none }
        if isInDrive(field.path) { return .nextBoot }
        if isRoom(field) { return .none }
        switch row.cost {
        case .none: return .none
        case _ where isTurnedOff: return .nextBoot
        case .live: return atRestart.contains(field.path) ? .restart : .live
        case .nextBoot: return .nextBoot
        case _ where restartsUnfinished && isUnfinished(field.path): return .restart
        case .liveUpTo(let maximum): return stays(field, within: maximum) ? .live : .restart
        case .hotplug: return isPluggable(field) ? .live : .restart
        case .restart: return belongsToPlugged(field.path) ? .live : .restart
        case .replace, .growOnly, .power, .memory: return .none
        }
    }

    /// Whether it is of a CD-ROM drive, be it one that goes.
    private func isInDrive(_ path: AttributePath) -> Bool {
        guard path.attribute.row.list == .diskSource else { return false }
        if let desired, desired.attributes[.diskSource, path.item] != nil { return desired.isInDrive(path) }
        return record?.attributes[.diskDevice, path.item] == "cdrom"
    }

    /// Whether a disk lies on another volume than it was put on: what a guest has written there since a snapshot, a copy or a move by
    /// hand is lost with the way back, which is no repair.
    func isElsewhere(_ field: FieldChange) -> Bool {
        field.path.attribute == .diskSource && field.cause != .config && !field.before.isNull && !field.after.isNull
            && desired?.isInDrive(field.path) != true
    }

    /// Whether it comes with plugging a device in or out; an interface can be moved as well, while a disk has its medium for good.
    private func isPluggable(_ field: FieldChange) -> Bool {
        guard features.contains(.hotplug) else { return false }
        switch field.path.attribute {
        case .diskSource:
            return (field.before.isNull || field.after.isNull) && bus(of: field.path.item).takesDisksLive
        case .diskDevice: return belongsToPlugged(field.path)
        default: return true
        }
    }

    private func bus(of disk: String) -> Value {
        desired?.bus(of: disk) ?? record?.attributes[.diskBus, disk] ?? .null
    }

    /// Nothing has to be done to a guest that is about to be off.
    private var isTurnedOff: Bool { fields.contains { $0.path.attribute == .power && $0.after == "Off" } }

    private var deletion: Disruption {
        switch object.kind {
        case .domain: .deleteData
        // What was filled can be had again.
        case .volume: record?.isPartial == true || record?.attributes[.content] != nil ? .delete : .deleteData
        case .network, .pool: .delete
        }
    }

    private func isGrowth(_ field: FieldChange) -> Bool {
        guard let before = field.before.number, let after = field.after.number else { return false }
        return after >= before
    }

    /// Whether a running guest has as much room above its memory as is wanted, or more, which does no harm.
    private func isRoom(_ field: FieldChange) -> Bool {
        guard field.path.attribute == .maximumMemory, let memoryLimit else { return false }
        return field.after.number.map { $0 <= memoryLimit } ?? false
    }

    /// The running guest has the maximum that it was started with: growth within it is live if the maximum stays. A balloon moves
    /// within it whatever the definition says.
    private func stays(_ field: FieldChange, within maximum: Attribute) -> Bool {
        if field.path.attribute.row.moves, let memoryLimit { return (field.after.number ?? .max) <= memoryLimit }
        guard !fields.contains(where: { $0.path.attribute == maximum }) else { return false }
        guard let limit = desired?.attributes[maximum]?.value.number else { return true }
        return (field.after.number ?? .max) <= limit
    }

    /// The fields of a device that is plugged as a whole cost what plugging costs.
    private func belongsToPlugged(_ path: AttributePath) -> Bool {
        guard let list = path.attribute.row.list, case .hotplug = list.row.cost, features.contains(.hotplug) else {
            return false
        }
        return fields.contains {
            $0.path == AttributePath(list, path.item) && ($0.before.isNull || $0.after.isNull) && isPluggable($0)
        }
    }
}
