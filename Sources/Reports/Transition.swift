import Model

/// Whether there is something to say to people after a run: whether the stack came into another condition than the one that
/// they were last told of.
///
/// The same condition again is silent, and so is one that has not held for `after` runs in a row. A recovery is told of at
/// once, if what came before it was.
package struct Transition: Sendable {
    /// What a run says of a stack, as far as people are woken up for it.
    package enum Condition: String, Hashable, Sendable, CaseIterable {
        /// As it was last applied; changes of the manifests that wait for an apply are nobody's trouble.
        case fine
        case drift, unknown, failed
    }

    /// What is to be written for the next run; as it was where this run says nothing of the stack.
    package let memory: [UInt8]
    /// The body to post; nil where there is nothing to say.
    package let body: [UInt8]?

    /// - Parameter former: What the run before left, nil for the first.
    /// - Parameter after: How many runs in a row must agree before trouble is told of, at least 1.
    package init(from former: [UInt8]?, to report: RunReport, after: Int = 1) throws(ReportError) {
        var told = try former.map { (bytes) throws(ReportError) in try Told(reading: bytes) } ?? Told()
        guard let condition = Condition(of: report) else {
            memory = former ?? told.bytes
            body = nil
            return
        }
        if told.condition == condition {
            told.runs += told.runs < Int.max ? 1 : 0
        } else {
            told.condition = condition
            told.runs = 1
            told.since = report.started
        }
        // The memory of drifts has counted already in how many runs each was seen.
        let isCounted = condition == .drift && report.after != nil
        let isSettled = condition == .fine || isCounted || told.runs >= max(1, after)
        guard condition != told.announced, isSettled else {
            memory = told.bytes
            body = nil
            return
        }
        let before = told.announced
        told.announced = condition
        memory = told.bytes
        body = notification(of: report, from: before, to: condition, since: told.since, runs: told.runs)
    }
}

extension Transition.Condition {
    /// Nil where a run can say nothing of the stack: it was locked out, stale or interrupted, saw no trouble in the part that it
    /// looked at, or saw a drift that does not count yet.
    init?(of report: RunReport) {
        switch report.exitStatus {
        case 6, 7, 130: return nil
        case 1, 4, 64: self = .failed
        default:
            guard report.plan != nil else {
                self = report.exitStatus == 0 ? .fine : .failed
                return
            }
            // Not what an apply has mended, nor what is suspended: somebody knows of that.
            let findings = report.findings
            let drifted = findings.filter { $0.verdict == .drift }
            if drifted.contains(where: { !$0.isUnsettled }) {
                self = .drift
            } else if findings.contains(where: { $0.verdict == .unknown }) || report.hasHostDown {
                self = .unknown
            } else if report.isPartial || !drifted.isEmpty {
                return nil
            } else {
                self = .fine
            }
        }
    }
}

extension RunReport {
    /// Whether a host cannot be read that is not suspended.
    fileprivate var hasHostDown: Bool {
        (plan?.hosts ?? []).contains { status in
            status.error != nil && !suspended.contains { $0.covers(status.host.address, on: status.host.address) }
        }
    }
}

/// What people were told, and what has been so since.
private struct Told {
    var announced = Transition.Condition.fine
    var condition = Transition.Condition.fine
    var runs = 0
    var since: Int64 = 0

    init() {}

    init(reading bytes: [UInt8]) throws(ReportError) {
        guard bytes.count <= 1 << 16 else { throw .status("It is larger than 64 KiB, which no such file is.") }
        let members = try MemoryFile.members(of: bytes) { .status($0) }
        guard let announced = members["announced"]?.text.flatMap(Transition.Condition.init(rawValue:)),
            let condition = members["condition"]?.text.flatMap(Transition.Condition.init(rawValue:)),
            let runs = members["runs"]?.number.flatMap({ Int(exactly: $0) }), runs >= 0,
            let since = members["since"]?.number
        else { throw .status("It does not say what was announced, what holds, since when and for how many runs.") }
        self.announced = announced
        self.condition = condition
        self.runs = runs
        self.since = since
    }

    var bytes: [UInt8] {
        let value: Value = [
            "formatVersion": 1, "announced": .string(announced.rawValue), "condition": .string(condition.rawValue),
            "runs": .integer(Int64(runs)), "since": .integer(since),
        ]
        return JSONWriter.bytes(of: value, pretty: true) + [UInt8(ascii: "\n")]
    }
}

extension ReportError {
    fileprivate static func status(_ what: String) -> ReportError {
        ReportError(
            "notify-status-unreadable", "What was last told cannot be read",
            "\(what) Move the file away to begin anew; the condition of the stack is told of again then.")
    }
}
