import Model

/// The steps of a plan while their order is being found.
///
/// Each address has a tearing down (stop, delete) and a setting up (create, update, start). A thing is set up after what
/// it needs, and torn down after what needs it; that is all the order there is.
struct StepGraph {
    struct Draft {
        let operation: Operation
        let effect: RecordEffect
    }

    struct Node {
        var teardown: [Draft] = []
        var setup: [Draft] = []
        /// What must be set up before this is.
        var needs: [Address] = []
        /// What may be torn down only after this has been torn down, or no longer refers to it.
        var neededBefore: [Address] = []
        /// What must be torn down before this is set up: who uses it while it runs.
        var interrupts: [Address] = []

        /// Whether it is gone when it has been torn down, and not merely off.
        var isDeleted: Bool { teardown.contains { $0.operation.verb == .delete } }
    }

    struct Cycle: Error {
        let addresses: [Address]
    }

    var nodes: [Address: Node] = [:]
    /// Domains that are turned off only while a disk of them is made anew or a network of them is restarted.
    var paused: Set<Address> = []
    /// Running domains whose interfaces are connected again, since their network is made anew; with the fields of them.
    var reconnected: [Address: [FieldChange]] = [:]
    let running: [Address: Record]
    private let waits: [Address: Resource.Wait]
    /// The volumes that a running domain was started with and that are to go.
    let volumesInUse: [Address: [Address]]
    /// The running domain that a volume is a disk of.
    private let runningUsers: [Address: Address]
    private let lineage: ObjectID?
    let records: [Address: Record]
    /// The networks that are deleted and made again, by what their interfaces name.
    var remadeNetworks: [Address: Value] = [:]

    init(changeSet: ChangeSet, recorded: RecordedState, lineage: ObjectID?) {
        running = changeSet.running
        waits = changeSet.waits
        volumesInUse = Dictionary(grouping: changeSet.liveUsers.keys.sorted()) {
            changeSet.liveUsers[$0]?.address ?? $0
        }
        self.lineage = lineage
        records = recorded.records
        var users: [Address: Address] = [:]
        for (address, record) in changeSet.running {
            for need in record.needs { users[need] = address }
        }
        runningUsers = users
    }

    mutating func add(_ change: Change, restart: Bool) {
        let address = change.address
        var node = nodes[address] ?? Node()
        node.needs = change.desired?.needs ?? []
        node.neededBefore = (change.record?.needs ?? []) + (volumesInUse[address] ?? [])
        switch change.action {
        case .create: node.setup += creation(of: change)
        case .update: node.setup += update(of: change, restart: restart)
        case .delete: node.teardown += deletion(of: change)
        case .replace:
            node.teardown += deletion(of: change)
            node.setup += creation(of: change)
            if change.object.kind == .network, change.features.contains(.hotplug) {
                remadeNetworks[address] = .string("network/\(change.object.name)")
            }
        case .adopt, .forget: break
        }
        nodes[address] = node
        if change.action == .replace || change.isStillUsed, change.object.kind == .volume,
            let user = runningUsers[address]
        {
            pause(user)
            if change.isStillUsed { nodes[address]?.interrupts.append(user) }
        }
    }

    /// Who has the address of one that goes is made after that has gone.
    mutating func keepApart(_ changes: [Change]) {
        let namesakes = Namesakes(among: changes)
        for change in changes {
            for address in namesakes.of(change) { nodes[address]?.interrupts.append(change.address) }
        }
    }

    /// Memory that was saved goes before a disk that it is of is made anew.
    mutating func dropSavedStates(of domains: [Address: Record]) {
        for (address, record) in domains {
            var node = nodes[address] ?? Node()
            node.neededBefore = Set(node.neededBefore + record.needs).sorted()
            let set = Attributes([(AttributePath(.savedState), Value.bool(false))])
            node.teardown.append(
                Draft(operation: Operation(.update, record.object, of: address, set: set), effect: .none))
            nodes[address] = node
            for need in record.needs where nodes[need]?.teardown.isEmpty == true {
                nodes[need]?.interrupts.append(address)
            }
        }
    }

    /// Stops and starts a domain whose definition has changed before.
    mutating func restart(_ pending: PendingRestart) {
        let drafts = restart(pending.object, of: pending.address, timeout: pending.shutdownTimeout)
        var node = nodes[pending.address] ?? Node()
        if node.setup.contains(where: { $0.operation.verb == .stop }) { return }
        node.neededBefore += volumesInUse[pending.address] ?? []
        if let start = node.setup.firstIndex(where: { $0.operation.verb == .start }) {
            // A paused guest was only to go on.
            node.setup.insert(drafts[0], at: start)
        } else {
            node.setup += drafts
        }
        nodes[pending.address] = node
    }

    // MARK: - Drafts

    private func creation(of change: Change) -> [Draft] {
        guard let desired = change.desired else { return [] }
        var record = Record(of: desired)
        let isOn = record.attributes[.power] == "On"
        if isOn { record.attributes[.power] = nil }
        record.attributes[.ready] = nil
        var set = record.attributes
        set[.power] = nil
        let stamp = lineage.map { Stamp(lineage: $0, address: change.address) }
        var drafts = [
            Draft(
                operation: Operation(
                    .create, desired.object, of: change.address, set: set, timeout: desired.patience, stamp: stamp),
                effect: .put(record))
        ]
        if isOn {
            record.attributes[.power] = "On"
            drafts.append(
                Draft(operation: Operation(.start, desired.object, of: change.address), effect: .put(record)))
            if let wait = wait(for: desired, recording: Record(of: desired)) { drafts.append(wait) }
        }
        return drafts
    }

    /// Waits until a domain that was started is ready; what was waited for is recorded, so that a wait that failed is seen.
    private func wait(for desired: Resource, recording record: Record) -> Draft? {
        guard let wait = desired.wait else { return nil }
        return Draft(
            operation: Operation(
                .wait, desired.object, of: desired.address, set: Attributes([(AttributePath(.ready), wait.condition)]),
                timeout: wait.timeout), effect: .put(record))
    }

    private func update(of change: Change, restart mayRestart: Bool) -> [Draft] {
        guard let desired = change.desired else { return [] }
        let fields = change.fields.filter {
            ![.power, .savedState, .ready, .protect, .image].contains($0.path.attribute)
        }
        if fields.isEmpty, change.fields.allSatisfy({ $0.path.attribute == .protect }) { return [] }
        let power = change.fields.first { $0.path.attribute == .power }
        let (object, address) = (change.object, change.address)
        var record = Record(of: desired)
        if power != nil { record.attributes[.power] = change.record?.attributes[.power] }
        var drafts: [Draft] = []
        if object.kind == .volume {
            return [resizing(change, fields, effect: .put(record))]
        }
        let live = fields.filter { change.disruption(of: $0) == .live }
        let restarts = mayRestart && fields.contains { change.disruption(of: $0) == .restart }
        let isWaitedFor = restarts || power?.after == "On" || change.fields.contains { $0.path.attribute == .ready }
        var unfinished = change.record?.unfinished ?? .init()
        for field in fields { unfinished[field.path] = nil }
        // A device that the guest keeps until it is restarted has left the definition and the manifest, and is not to be forgotten.
        for field in fields where field.isDeviceGone && !restarts && change.disruption(of: field) == .restart {
            unfinished[field.path] = field.cause
        }
        let startsAnew = power?.after == "On" && !change.isRunning && !change.resumes
        if !restarts, !startsAnew {
            record.unfinished = unfinished
            for field in live { record.unfinished[field.path] = field.cause }
        }
        let ready = record.attributes[.ready]
        if isWaitedFor { record.attributes[.ready] = nil }
        let undefined = fields.filter { !change.definedAlready.contains($0.path) }
        if !undefined.isEmpty {
            drafts.append(
                Draft(
                    operation: Operation(
                        .update, object, of: address, set: undefined.after, timeout: desired.patience),
                    effect: .put(record)))
        }
        var restart = restarts ? restart(object, of: address, timeout: desired.shutdownTimeout).prefix(2) : []
        if undefined.isEmpty, let start = restart.popLast() {
            restart.append(Draft(operation: start.operation, effect: .put(record)))
        }
        if !change.resumes { drafts += restart.prefix(power == nil ? 2 : 1) }
        if let power {
            let operation =
                power.after == "Off"
                ? Operation(.stop, object, of: address, timeout: desired.shutdownTimeout, force: true)
                : Operation(.start, object, of: address)
            record.attributes[.power] = power.after
            drafts.append(Draft(operation: operation, effect: .put(record)))
        }
        // What it was saved with is had out of it only by starting it twice.
        if change.resumes { drafts += restart }
        // Last, since a paused guest lets go of nothing.
        if !restarts, !live.isEmpty {
            record.unfinished = unfinished
            drafts.append(
                Draft(operation: Operation(.updateLive, object, of: address, set: live.after), effect: .put(record)))
        }
        record.attributes[.ready] = ready
        if isWaitedFor, let wait = wait(for: desired, recording: record) { drafts.append(wait) }
        return drafts
    }

    /// A disk in use is resized through its domain, which tells the guest.
    private func resizing(_ change: Change, _ fields: [FieldChange], effect: RecordEffect) -> Draft {
        if let user = runningUsers[change.address].flatMap({ running[$0] }),
            let size = fields.first(where: { $0.path.attribute == .capacity })?.after,
            change.features.contains(.hotplug), let disk = user.disk(of: change)
        {
            let set = Attributes([(AttributePath(.diskCapacity, disk), size)])
            return Draft(operation: Operation(.updateLive, user.object, of: change.address, set: set), effect: effect)
        }
        var set = fields.after
        // Raw is what was made raw, whatever a guest has written on it by now.
        if change.record?.attributes[.volumeFormat] == "raw" { set[.volumeFormat] = "raw" }
        return Draft(operation: Operation(.update, change.object, of: change.address, set: set), effect: effect)
    }

    private func deletion(of change: Change) -> [Draft] {
        let object = change.record?.object ?? change.object
        let timeout = change.record?.shutdownTimeout ?? Resource.defaultShutdownTimeout
        var drafts: [Draft] = []
        if object.kind == .domain, change.isRunning {
            drafts.append(
                Draft(
                    operation: Operation(.stop, object, of: change.address, timeout: timeout, force: true),
                    effect: .none))
        }
        drafts.append(Draft(operation: Operation(.delete, object, of: change.address), effect: .remove))
        return drafts
    }

    func restart(_ object: ObjectReference, of address: Address, timeout: Int) -> [Draft] {
        let drafts = [
            Draft(operation: Operation(.stop, object, of: address, timeout: timeout, force: false), effect: .none),
            Draft(operation: Operation(.start, object, of: address), effect: .none),
        ]
        guard let wait = waits[address] else { return drafts }
        let operation = Operation(
            .wait, object, of: address, set: Attributes([(AttributePath(.ready), wait.condition)]),
            timeout: wait.timeout)
        return drafts + [Draft(operation: operation, effect: .none)]
    }
}

extension Record {
    /// The name of the disk that a volume is: its own part of the machine, or named by `pool/volume`, or by a path.
    fileprivate func disk(of change: Change) -> String? {
        let volume = change.object
        if change.address.isPart { return change.address.text.split(separator: "/").last.map(String.init) }
        let source = "\(volume.pool ?? "")/\(volume.name)"
        return attributes.first { path, value in
            guard path.attribute == .diskSource, let text = value.text else { return false }
            return text == source || text.hasPrefix("/") && text.hasSuffix("/\(volume.name)")
        }?.path.item
    }
}

extension FieldChange {
    fileprivate var isDeviceGone: Bool {
        [.diskSource, .nicSource].contains(path.attribute) && after.isNull
    }
}

extension [FieldChange] {
    fileprivate var after: Attributes { Attributes(map { ($0.path, $0.after) }) }
}
