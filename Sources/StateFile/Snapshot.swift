package import Model

/// Who writes a snapshot, and when: given by the caller, since nothing here looks at a clock or an environment.
package struct StateAuthor: Hashable, Sendable {
    /// The version of rigaud.
    package let version: String
    package let host: String
    package let user: String
    /// RFC 3339, in UTC.
    package let time: String

    package init(version: String, host: String, user: String, time: String) {
        self.version = version
        self.host = host
        self.user = user
        self.time = time
    }
}

/// The manifests that a snapshot is the result of.
package struct StateSource: Hashable, Sendable {
    package let commit: String?
    package let digest: String?
    /// What the stack was called; nil where nothing was applied yet.
    package let stack: String?

    package init(commit: String? = nil, digest: String? = nil, stack: String? = nil) {
        self.commit = commit
        self.digest = digest
        self.stack = stack
    }
}

/// What a snapshot says of itself before its records.
package struct SnapshotHeader: Hashable, Sendable {
    package var lineage: ObjectID
    package var serial: Int
    package var author: StateAuthor
    package var source: StateSource
    package var recordCount: Int
    /// Steps begun and not known to have ended.
    package var intentCount: Int
}

/// The state at one serial.
package struct Snapshot: Sendable {
    package var header: SnapshotHeader
    package var recorded: RecordedState
    /// Steps whose end is not known, for the next run to look at. Their records are whole.
    package var intents: [OpenIntent]
}

/// A step that was begun: what was to be done, and what is recorded if it was.
package struct OpenIntent: Hashable, Sendable, Identifiable {
    package let id: Int
    package let verb: Operation.Verb
    package let address: Address
    package let object: ObjectReference
    package let effect: RecordEffect

    package init(
        id: Int, verb: Operation.Verb, address: Address, object: ObjectReference, effect: RecordEffect
    ) {
        self.id = id
        self.verb = verb
        self.address = address
        self.object = object
        self.effect = effect
    }
}
