/// Why something differs.
package enum Cause: String, Hashable, Sendable {
    /// The manifests changed.
    case config
    /// The host changed since the last apply.
    case drift
    case both

    /// Of an object, by its fields.
    package init(of fields: [FieldChange]) {
        let causes = Set(fields.map(\.cause))
        self = causes.count == 1 ? causes.first ?? .config : .both
    }
}

/// One attribute that is not as it should be.
package struct FieldChange: Hashable, Sendable {
    package let path: AttributePath
    /// As observed; `.null` where there is none.
    package let before: Value
    /// As wanted; `.null` takes it away.
    package let after: Value
    package let cause: Cause
    package let origin: SourceLocation?
    /// Whether it may come to more than `after`: a new disk is as large as what it starts from, which nobody has read.
    package var isLeast = false

    package init(
        _ path: AttributePath, before: Value, after: Value, cause: Cause = .config, origin: SourceLocation? = nil
    ) {
        self.path = path
        self.before = before
        self.after = after
        self.cause = cause
        self.origin = origin
    }
}

/// One object that is not as it should be.
package struct Change: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case create, update, replace, delete, adopt
        /// It has gone from the host and from the manifests: only the record goes.
        case forget
    }

    package let address: Address
    package var action: Action
    package var cause: Cause
    package let object: ObjectReference
    package var fields: [FieldChange]
    /// What is wanted; nil for a delete.
    package let desired: Resource?
    /// What was last applied; nil for what is new.
    package var record: Record?
    /// Whether it runs (a domain) or is active (a network, a pool) now.
    package let isRunning: Bool
    /// Fields that what runs has as they are wanted: only the definition differs, so that they cost nothing.
    package let runsAlready: Set<AttributePath>
    /// Fields that the definition has as they are wanted: only what runs differs.
    package let definedAlready: Set<AttributePath>
    /// Fields that what runs has only once it is started anew, although such are given live as a rule.
    package let atRestart: Set<AttributePath>
    /// A domain that is started and goes on where it was saved: with the definition that it had then.
    package var resumes: Bool
    package let features: Set<HostFeature>
    /// Set for a disk that is gone from its host, and that a guest goes on with: one that runs, or whose memory was saved.
    package var isStillUsed = false
    /// Bytes that a running guest was started with, within which its balloon moves.
    package let memoryLimit: Int64?
    /// Whether what a running guest would not be given while it runs is given to it by a restart.
    package var restartsUnfinished = false

    package init(
        _ action: Action, _ address: Address, object: ObjectReference, cause: Cause, fields: [FieldChange] = [],
        desired: Resource? = nil, record: Record? = nil, isRunning: Bool = false,
        runsAlready: Set<AttributePath> = [], definedAlready: Set<AttributePath> = [],
        atRestart: Set<AttributePath> = [], resumes: Bool = false, features: Set<HostFeature> = [],
        memoryLimit: Int64? = nil
    ) {
        self.action = action
        self.address = address
        self.object = object
        self.cause = cause
        self.fields = fields
        self.desired = desired
        self.record = record
        self.isRunning = isRunning
        self.runsAlready = runsAlready
        self.definedAlready = definedAlready
        self.atRestart = atRestart
        self.resumes = resumes
        self.features = features
        self.memoryLimit = memoryLimit
    }
}

extension Change {
    /// Whether somebody took the object off its host.
    package var isGone: Bool { action == .create && cause != .config }

    /// Whether the definition has been given a value before, and the running guest has not.
    package func isUnfinished(_ path: AttributePath) -> Bool { record?.unfinished[path] != nil }
}

/// What a running domain was started with and its definition no longer says: seen at its next start.
package struct PendingRestart: Hashable, Sendable {
    package let address: Address
    package let object: ObjectReference
    /// `before` is what runs, `after` what is defined.
    package let fields: [FieldChange]
    /// `.restart`, or `.nextBoot` where nothing is wrong until then.
    package let disruption: Disruption
    package let shutdownTimeout: Int

    package init(
        _ address: Address, object: ObjectReference, fields: [FieldChange], disruption: Disruption = .restart,
        shutdownTimeout: Int = Resource.defaultShutdownTimeout
    ) {
        self.address = address
        self.object = object
        self.fields = fields
        self.disruption = disruption
        self.shutdownTimeout = shutdownTimeout
    }
}

/// All that a diff found, in the order of addresses.
package struct ChangeSet: Sendable {
    package var changes: [Change] = []
    package var pendingRestarts: [PendingRestart] = []
    /// Objects as wanted that the state does not hold so (after a lost outcome, say): to be recorded, nothing else.
    package var unrecorded: [Record] = []
    /// The domains of ours that run, by address: resizing or replacing a disk goes through its domain then.
    package var running: [Address: Record] = [:]
    /// The domains of ours that are off and have a saved state, by address: it is of the disks that they have.
    package var saved: [Address: Record] = [:]
    /// The running domains that were started with a volume of ours, by the volume: it cannot be deleted under them.
    package var liveUsers: [Address: LiveUser] = [:]
    /// Networks that guests are on who would be cut off when these stop, and whom the stack would not connect again: others' guests,
    /// and its own on a network that their manifests do not name.
    package var otherGuests: Set<Address> = []
    /// The volumes that are to grow and that a machine has something else in place of, with the machine.
    package var strayedDisks: [Address: Address] = [:]
    /// What those of the running domains are waited for that are not ready as soon as they run.
    package var waits: [Address: Resource.Wait] = [:]
    package var unchanged = 0
    /// Objects on hosts that could not be read, and those that are hidden.
    package var unknown: [Address] = []
    /// Volumes whose host was read, and whose pool is not active, not there or not where it was made.
    package var hidden: [Address] = []
    /// Resources whose name something else has on their host.
    package var taken: [Resource] = []
    /// Names taken by what is not ours, and the like: an apply cannot begin.
    package var diagnostics: [Diagnostic] = []

    package init() {}

    /// A running domain, and the source of the disk that it has a volume as.
    package struct LiveUser: Hashable, Sendable {
        package let address: Address
        package let disk: AttributePath

        package init(_ address: Address, _ disk: AttributePath) {
            self.address = address
            self.disk = disk
        }
    }
}
