package import Model

/// A plan as a file keeps it, for another run to show or to do: the steps, and all that they rest on.
///
/// There is no time and no name of a person or a machine in it: equal inputs give equal bytes.
package struct SavedPlan: Sendable {
    /// Where the manifests were; their digest is the plan's.
    package struct Source: Hashable, Sendable {
        package let kind: String
        package let location: String
        package let commit: String?
        package let isDirty: Bool?

        package init(kind: String, location: String, commit: String? = nil, isDirty: Bool? = nil) {
            self.kind = kind
            self.location = location
            self.commit = commit
            self.isDirty = isDirty
        }
    }

    /// What the plan was asked for with.
    package struct Policy: Hashable, Sendable {
        package let allowed: Set<Disruption>
        package let allowsRewind: Bool
        package let targets: [Address]
        package let excludes: [Address]

        package init(
            allowed: Set<Disruption> = [], allowsRewind: Bool = false, targets: [Address] = [], excludes: [Address] = []
        ) {
            self.allowed = allowed
            self.allowsRewind = allowsRewind
            self.targets = targets
            self.excludes = excludes
        }
    }

    package let plan: Plan
    /// The plan's; a saved plan always has one.
    package let lineage: ObjectID
    package let source: Source
    package let policy: Policy
    /// Said of the manifests, beside the plan's own diagnostics.
    package let notices: [Diagnostic]
    /// Made for simulated hosts in place of the real ones.
    package let isSimulated: Bool
    package let preconditions: Preconditions

    package init(
        _ plan: Plan, lineage: ObjectID, source: Source, policy: Policy, notices: [Diagnostic] = [],
        isSimulated: Bool = false, preconditions: Preconditions
    ) {
        self.plan = plan
        self.lineage = lineage
        self.source = source
        self.policy = policy
        self.notices = notices
        self.isSimulated = isSimulated
        self.preconditions = preconditions
    }
}

extension SavedPlan {
    /// The file's bytes.
    package var bytes: [UInt8] { SavedPlanFormat.bytes(of: self) }

    /// Reads a file that is one. Nothing in it is believed: it may have been edited.
    /// - Parameter path: What people call the file.
    package init(_ bytes: [UInt8], path: String) throws(StateError) {
        self = try SavedPlanFormat.plan(from: bytes, path: path)
    }

    /// Whether some bytes begin as those of a saved plan do, whatever follows.
    package static func isBegun(by bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: SavedPlanFormat.beginning.utf8)
    }
}
