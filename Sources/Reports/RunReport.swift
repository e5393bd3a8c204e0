package import Model

/// Everything that the reports of one run say: what was looked at, what was found, and what was done about it.
///
/// A value; the renderers make bytes of it and nothing else. Where a secret was changed, the values of its field are
/// `Secret.mask` already.
package struct RunReport: Sendable {
    /// Where the manifests came from.
    package struct Source: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable { case directory, file, stdin, git, state, plan }

        package var kind: Kind
        package var location: String
        package var commit: String?
        package var isDirty: Bool?
        /// SHA-256 of the manifests, in hexadecimal; empty where nothing could be read.
        package var digest: String
        /// The folder of the repository that the manifests' names begin in; empty for its root, and for what is no commit.
        package var folder: String

        package init(
            _ kind: Kind, location: String, commit: String? = nil, isDirty: Bool? = nil, digest: String = "",
            folder: String = ""
        ) {
            self.kind = kind
            self.location = location
            self.commit = commit
            self.isDirty = isDirty
            self.digest = digest
            self.folder = folder
        }
    }

    /// `plan`, `apply`, `destroy`, `drift`, `validate`.
    package var verb: String
    /// Of rigaud.
    package var version: String
    package var stack: String
    /// Seconds since 1970.
    package var started: Int64
    package var duration: Duration
    package var exitStatus: Int32
    package var source: Source
    /// Words of the command line, as a shell takes them, without which a command to copy would be about something else.
    package var repeated: [String] = []
    /// Nil where there could be none: broken manifests, a state that cannot be read, a `validate`.
    package var plan: Plan?
    /// Those of the run; the plan's own are in the plan.
    package var diagnostics: [Diagnostic]
    /// All objects of the stack in the order of their addresses, those that do not change too.
    package var objects: [StackObject] = []
    package var apply: ApplyOutcome?
    /// What `DriftMemory` makes of the plan; empty where no memory is kept.
    package var drift: [DriftRecord] = []
    /// How many runs in a row must have seen a drift for it to count; nil where no memory of drifts is kept.
    package var after: Int?
    /// Only a part of the stack was looked at: what a target or a saved plan names.
    package var isPartial = false
    package var ignored: [IgnoreRule] = []
    package var suspended: [Suspension] = []
    /// On the hosts and nobody's; nil where nobody looked.
    package var unmanaged: [UnmanagedObject]?
    /// When this verb last ended well on this stack, this run included. Seconds since 1970.
    package var lastSuccess: Int64?

    package init(
        _ verb: String, version: String, stack: String, started: Int64, duration: Duration = .zero,
        exitStatus: Int32 = 0, source: Source, plan: Plan? = nil, diagnostics: [Diagnostic] = []
    ) {
        self.verb = verb
        self.version = version
        self.stack = stack
        self.started = started
        self.duration = duration
        self.exitStatus = exitStatus
        self.source = source
        self.plan = plan
        self.diagnostics = diagnostics
    }

    /// The objects of which some drift counts, since enough runs have seen it; nil where each does.
    package var settled: Set<Address>? {
        after.map { after in Set(drift.lazy.filter { $0.isSettled(after: after) }.map(\.address)) }
    }

    /// The run's and the plan's.
    package var allDiagnostics: [Diagnostic] { diagnostics + (plan?.diagnostics ?? []) }
}

/// An object of the stack, and what it stands on.
package struct StackObject: Hashable, Sendable {
    package let address: Address
    package let kind: ResourceKind
    /// The address of the Provider whose host it is on.
    package let host: Address
    package let needs: [Address]

    package init(_ address: Address, _ kind: ResourceKind, host: Address, needs: [Address] = []) {
        self.address = address
        self.kind = kind
        self.host = host
        self.needs = needs
    }
}

/// What became of the steps of an apply.
package struct ApplyOutcome: Sendable {
    package enum End: Hashable, Sendable {
        case done
        case failed(HostError)
        /// Not begun, because the step with this id failed or was not begun.
        case skipped(waitsFor: Int?)
        /// Not begun, because the run was stopped.
        case remaining
    }

    package struct StepResult: Sendable {
        package let step: Step
        package let end: End
        /// Nil for what was not begun.
        package let duration: Duration?

        package init(_ step: Step, _ end: End, duration: Duration? = nil) {
            self.step = step
            self.end = end
            self.duration = duration
        }
    }

    /// Every step of the plan, in the order in which they ended.
    package var steps: [StepResult]
    package var isInterrupted: Bool

    package init(steps: [StepResult], isInterrupted: Bool = false) {
        self.steps = steps
        self.isInterrupted = isInterrupted
    }

    /// How many steps ended how.
    package var counts: [(name: String, words: String, count: Int)] {
        var counts = [
            (name: "done", words: "done", count: 0), (name: "failed", words: "failed", count: 0),
            (name: "skipped", words: "not begun because of that", count: 0),
            (name: "remaining", words: "left", count: 0),
        ]
        for result in steps {
            switch result.end {
            case .done: counts[0].count += 1
            case .failed: counts[1].count += 1
            case .skipped: counts[2].count += 1
            case .remaining: counts[3].count += 1
            }
        }
        return counts
    }

    /// `3 steps done, 1 failed`.
    package var line: String {
        let rest = counts.dropFirst().filter { $0.count > 0 }.map { "\(grouped($0.count)) \($0.words)" }
        return (["\(counted(counts[0].count, "step")) done"] + rest).joined(separator: ", ")
    }
}

/// A drift and since when it has been there.
package struct DriftRecord: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable, CaseIterable { case new, still, gone }

    package let address: Address
    /// The field's path; nil where it is the object itself that has gone.
    package let path: String?
    package let status: Status
    /// Seconds since 1970.
    package let firstSeen: Int64
    package let lastSeen: Int64
    /// How many runs in a row have seen it, this one included.
    package let runs: Int

    /// Whether enough runs in a row have seen it.
    func isSettled(after: Int) -> Bool { status != .gone && runs >= after }

    package init(
        _ address: Address, path: String?, status: Status, firstSeen: Int64, lastSeen: Int64, runs: Int
    ) {
        self.address = address
        self.path = path
        self.status = status
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.runs = runs
    }
}

/// Something on a host that is not rigaud's.
package struct UnmanagedObject: Hashable, Sendable {
    package let host: Address
    package let kind: ResourceKind
    package let name: String

    package init(host: Address, kind: ResourceKind, name: String) {
        self.host = host
        self.kind = kind
        self.name = name
    }
}
