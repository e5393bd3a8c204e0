/// How a step's success changes what is recorded.
package enum RecordEffect: Hashable, Sendable {
    case none
    /// The record as it is once the step is done.
    case put(Record)
    case remove
}

/// One operation of a plan and the steps that must be done before it.
package struct Step: Hashable, Sendable, Identifiable {
    /// From 1, in an order that respects `after`.
    package let id: Int
    package let operation: Operation
    package let after: [Int]
    package let effect: RecordEffect

    package init(id: Int, operation: Operation, after: [Int], effect: RecordEffect) {
        self.id = id
        self.operation = operation
        self.after = after
        self.effect = effect
    }
}

/// A change with what it costs and whether it will be made.
package struct PlannedChange: Hashable, Sendable {
    package let change: Change
    /// One for each of the change's fields.
    package let fieldDisruptions: [Disruption]
    package var disruption: Disruption
    /// Why no step does it; nil when it is done.
    package let refusal: Refusal?
    /// Written to the definition; the running guest gets it at its next start.
    package var leavesPendingRestart: Bool
    /// The changes (by address) that are made before this one.
    package let dependsOn: [Address]

    package init(
        _ change: Change, fieldDisruptions: [Disruption], disruption: Disruption, refusal: Refusal? = nil,
        leavesPendingRestart: Bool = false, dependsOn: [Address] = []
    ) {
        self.change = change
        self.fieldDisruptions = fieldDisruptions
        self.disruption = disruption
        self.refusal = refusal
        self.leavesPendingRestart = leavesPendingRestart
        self.dependsOn = dependsOn
    }

    package var isSuspended: Bool { if case .suspended = refusal { true } else { false } }

    /// Whether somebody's hand on a host is to be told of, which that of a suspended object is not.
    package var isDrift: Bool { change.cause != .config && !isSuspended }
}

package enum Refusal: Hashable, Sendable {
    /// `--allow` would permit it.
    case needsLeave(Disruption)
    case protected
    /// Something that it waits for is refused, left out of the plan or unknown.
    case waitsFor(Address)
    /// Something that stays uses it.
    case usedBy(Address)
    /// A network that would be stopped under guests whom the stack would not connect again.
    case hasGuests
    /// A disk that somebody made larger on its host: making it smaller would cost what is in it, for nothing.
    case grown
    /// It is left alone for a while.
    case suspended(Suspension)
    /// It costs more than what is healed, or is nothing that is healed at all.
    case notHealed(Heal)
}

extension Refusal {
    /// For people, of `hasGuests` and of `grown`.
    package static let guestsWords = "guests that are not of this stack run on it"
    package static let grownWords = "it was made larger on its host; give it that size in the manifest"
}

/// What an apply of drift alone repairs; each grade includes those before it.
package enum Heal: String, Hashable, Sendable, CaseIterable {
    /// Machines are started and stopped as they should be.
    case power
    /// What is done while a machine runs, unnoticed.
    case live
    /// What is seen when a machine next starts, too.
    case nextBoot = "next-boot"
}

/// A volume that is deleted once a running guest, which was started with it, has been started anew.
package struct Deferral: Hashable, Sendable {
    package let address: Address
    package let until: Address
    /// Whether the apply that deletes it must be given leave, since its data go with it.
    package let needsLeave: Bool

    package init(_ address: Address, until: Address, needsLeave: Bool = false) {
        self.address = address
        self.until = until
        self.needsLeave = needsLeave
    }

    /// For people.
    package var words: String {
        "deleted once \(until), which goes on with it, has been started anew\(needsLeave ? ": then with --allow delete-data" : "")"
    }
}

package enum PlanResult: String, Hashable, Sendable, CaseIterable {
    case inSync = "in-sync"
    case pending, drift, unknown
    /// Nothing of it can be applied: its errors say why.
    case error
}

/// A host of a plan, and whether it could be read.
package struct HostStatus: Hashable, Sendable {
    package let host: Host
    package let error: HostError?

    package init(_ host: Host, error: HostError? = nil) {
        self.host = host
        self.error = error
    }
}

/// All that an apply will do, and nothing that it will not. A pure value: the executor follows it and decides nothing.
package struct Plan: Sendable {
    package var stack: String
    package var lineage: ObjectID?
    package var serial: Int
    package var digest: String
    package var hosts: [HostStatus]
    package var changes: [PlannedChange]
    package var steps: [Step]
    package var pendingRestarts: [PendingRestart]
    /// The machines whose disks stay on a former version of an image, by the version that comes.
    package var keepers: [Address: [Address]] = [:]
    /// Deletions that wait.
    package var deferred: [Deferral] = []
    /// Drift, as far as it is not to be healed: whole objects, and fields of those in `changes`.
    package var left: [PlannedChange] = []
    /// The stack's rules, with what they hid.
    package var ignored: [IgnoreRule] = []
    /// Those in force.
    package var suspended: [Suspension] = []
    /// Written to the state at an apply, without a step.
    package var unrecorded: [Record]
    /// Records that go without a step: their object is gone and nobody wants it.
    package var forgotten: [Address]
    package var unchanged: Int
    /// Changes that are not in the plan, since it is of a part of the stack.
    package var leftOut = 0
    package var unknown: [Address]
    /// Of these, the volumes whose host was read, and whose pool is not active, not there or not where it was made.
    package var hidden: [Address] = []
    /// Resources whose names are taken on their hosts: nothing can be planned for them, and an error says so of each.
    package var conflicts: [Address] = []
    /// Those of the unknown that are suspended.
    package var unknownAndSuspended: [Address] = []
    package var diagnostics: [Diagnostic]

    package init(
        stack: String, lineage: ObjectID? = nil, serial: Int = 0, digest: String = "", hosts: [HostStatus] = [],
        changes: [PlannedChange] = [], steps: [Step] = [], pendingRestarts: [PendingRestart] = [],
        unrecorded: [Record] = [], forgotten: [Address] = [], unchanged: Int = 0, unknown: [Address] = [],
        diagnostics: [Diagnostic] = []
    ) {
        self.stack = stack
        self.lineage = lineage
        self.serial = serial
        self.digest = digest
        self.hosts = hosts
        self.changes = changes
        self.steps = steps
        self.pendingRestarts = pendingRestarts
        self.unrecorded = unrecorded
        self.forgotten = forgotten
        self.unchanged = unchanged
        self.unknown = unknown
        self.diagnostics = diagnostics
    }

    package var result: PlanResult {
        if hasErrors { return .error }
        if !left.isEmpty || changes.contains(where: \.isDrift) { return .drift }
        if changes.contains(where: { !$0.isSuspended }) { return .pending }
        return hasUnknown ? .unknown : .inSync
    }

    /// Whether there is a reason why none of it can be applied.
    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Whether something cannot be seen that should be: a suspended host may be down.
    package var hasUnknown: Bool { unknown.count > unknownAndSuspended.count }

    /// Whether something is not done that nobody said is to wait.
    package var hasRefusals: Bool { !left.isEmpty || changes.contains { $0.refusal != nil && !$0.isSuspended } }
}
