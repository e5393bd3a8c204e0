import Executor
import Git
import Hypervisor
import Images
import Model
import Planner
import Reports
import StateFile

/// An apply from the lock to the last look at the hosts; a destroy is one of an empty desired state.
struct ApplyRun {
    /// What the plan comes from. Everything else is the same.
    enum Subject {
        case manifests(DesiredState, Policy)
        case saved(PlanFile)
    }

    let workspace: Workspace
    let subject: Subject
    let source: RunReport.Source
    /// The commit that was read, if there is one.
    var snapshot: GitSnapshot?
    var allowsRewind = false
    let isConfirmed: Bool
    var isDestroy = false
    let notices: [Diagnostic]
    let events: EventLog

    private var timeout: Duration? { workspace.options.timeout?.duration }
    private var console: Console { workspace.console }

    /// Does it all and gives what the program ends with.
    func run() async throws(Failure) -> ExitStatus {
        if !isConfirmed && !console.isInteractive { return try await refuse() }
        var session = try await workspace.openSession(isDestroy ? "destroy" : "apply", lineage: saved?.lineage)
        if !isDestroy {
            try await workspace.checkRewind(
                to: snapshot, from: session.snapshotHeader?.source.commit, isAllowed: allowsRewind,
                named: named)
        }
        try checkStack(session.recorded, session.snapshotHeader)
        let hypervisor = OpenHosts(workspace.hypervisor)
        let inspection = try await inspect(session.recorded, session.openIntents, through: hypervisor, mayWrite: true)
        if let record = workspace.record, record.isWanted {
            record.note(inspection, notices, source, isPartial: isPartial)
        }
        try begin(inspection, &session)
        let plan = inspection.plan
        if plan.steps.isEmpty && plan.unrecorded.isEmpty && plan.forgotten.isEmpty
            && inspection.recovery.resolutions.isEmpty && !plan.hasMoved(since: session.recorded)
            && !isNewCommit(to: session)
        {
            return tell(plan, ApplyReport())
        }
        if !plan.steps.isEmpty { try await confirm(plan) }
        try workspace.interrupt.beginWork()
        let report = await execute(plan, inspection.contents, in: &session, on: hypervisor)
        try fold(&session, report, of: plan)
        let look = await verify(after: report, of: plan, session.recorded, hypervisor)
        workspace.writeStatistics(steps: report.done.count, written: session.written)
        return conclude(plan, report, look, isSignalled: workspace.interrupt.isSignalled)
    }

    // MARK: - Before

    /// Whether only a part of the stack is looked at.
    private var isPartial: Bool { if case .manifests(_, let policy) = subject { !policy.isWhole } else { true } }

    private var saved: SavedPlan? { if case .saved(let file) = subject { file.saved } else { nil } }

    /// A destroy is of what is recorded, whoever asks for it; a saved plan was made for this state.
    private func checkStack(_ recorded: RecordedState, _ header: SnapshotHeader?) throws(Failure) {
        guard case .manifests(let desired, _) = subject, !isDestroy else { return }
        try workspace.checkStack(desired, recorded: recorded, header)
    }

    /// The plan, with all that it rests on as it is now.
    /// - Parameter mayWrite: The lock is held: what is missing beside the state is made.
    private func inspect(
        _ recorded: RecordedState, _ intents: [OpenIntent], through hypervisor: any Hypervisor, mayWrite: Bool
    ) async throws(Failure) -> Inspection {
        switch subject {
        case .manifests(let desired, let policy):
            try workspace.check(policy, desired: desired, recorded: recorded)
            let key = desired.contents.isEmpty || !mayWrite ? try workspace.readKey() : try workspace.loadKey()
            return try await CLI.inspect(
                desired, recorded: recorded, intents: intents, key: key, policy: policy, through: hypervisor,
                in: workspace)
        case .saved(let file):
            return try await SavedInspection(file: file, workspace: workspace).inspect(
                recorded: recorded, intents: intents, through: hypervisor)
        }
    }

    /// Nobody to ask and no leave given: shows what would be done and does nothing.
    private func refuse() async throws(Failure) -> ExitStatus {
        let state = try workspace.readState()
        try checkStack(state.recorded, state.header)
        var recorded = state.recorded
        // The state that the apply would make.
        recorded.lineage = recorded.lineage ?? saved?.lineage
        let inspection = try await inspect(
            recorded, state.intents, through: workspace.hypervisor, mayWrite: false)
        if let record = workspace.record, record.isWanted {
            record.note(inspection, notices, source, isPartial: isPartial)
        }
        let plan = inspection.plan
        show(plan)
        try stopAtErrors(of: plan)
        if plan.steps.isEmpty { return tell(plan, ApplyReport()) }
        throw Failure(
            "confirmation-needed", "Nothing was done: there is nobody to ask",
            "Standard input is not a terminal, so the plan cannot be confirmed. Give the leave on the command line.",
            command: workspace.command("\(verb) --yes", named: named), .refused)
    }

    private var verb: String {
        if let heal { return "apply --only-drift --heal \(heal.rawValue)" }
        var allowed: Set<Disruption> = if case .manifests(_, let policy) = subject { policy.allowed } else { [] }
        if isDestroy { allowed.insert(.deleteData) }
        let words = allowed.sorted().map(\.rawValue) + (allowsRewind && saved == nil ? ["rewind"] : [])
        let verb = isDestroy ? "destroy" : "apply"
        return words.isEmpty ? verb : "\(verb) --allow \(words.joined(separator: ","))"
    }

    private var heal: Heal? { if case .manifests(_, let policy) = subject { policy.heal } else { nil } }

    /// The file of the plan that the command line named, if it did.
    private var named: String? { if case .saved(let file) = subject { file.path } else { nil } }

    private func begin(_ inspection: Inspection, _ session: inout StateSession) throws(Failure) {
        for resolution in inspection.recovery.resolutions {
            console.remark(
                "Found out by looking, since its end was not known: \(resolution.verb.rawValue) \(resolution.address.description.printable). \(resolution.text)"
            )
        }
        do throws(StateError) { try session.resolve(inspection.recovery) } catch { throw Failure(error) }
        show(inspection.plan)
        try stopAtErrors(of: inspection.plan)
        try stopAtSuspensions(of: inspection.plan)
        if case .manifests(let desired, _) = subject, !isDestroy, heal == nil, desired.resources.isEmpty,
            !session.recorded.records.isEmpty
        {
            throw Failure(
                "empty-source", "Nothing was done: the manifests ask for nothing",
                """
                There is no resource in \(source.location), and \(counted(session.recorded.records.count, "recorded resource")) would be \
                deleted. If that is what you want, say so.
                """, command: workspace.command("destroy"), .refused)
        }
    }

    private func stopAtErrors(of plan: Plan) throws(Failure) {
        let errors = plan.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw Failure(errors) }
    }

    /// Nothing is destroyed beside or around what somebody works on.
    private func stopAtSuspensions(of plan: Plan) throws(Failure) {
        guard isDestroy else { return }
        let changes = (plan.changes + plan.left).map(\.change)
        let hit = plan.suspended.first { suspension in
            guard let address = suspension.address else { return true }
            return changes.contains {
                $0.address.isWithin(address) || address.isWithin($0.address) || $0.object.host == address
            }
        }
        guard let hit else { return }
        throw Failure(
            "suspended", "Nothing was destroyed: something of it is suspended",
            """
            \(hit.address.map { "\($0) is" } ?? "The whole stack is") \(hit.words). Wait until that has ended, take the suspension out of \
            the manifests, or destroy the rest by `--target`.
            """, .refused)
    }

    private func confirm(_ plan: Plan) async throws(Failure) {
        if isConfirmed { return }
        let question =
            isDestroy
            ? "Destroy all of this, with its data? Type the stack's name, \(plan.stack): " : "Apply this plan? [y/N] "
        let answer = try await workspace.interrupt.abandonable { [console] in console.ask(question) }?.lowercased()
        let isYes = isDestroy ? answer == plan.stack.lowercased() : answer == "y" || answer == "yes"
        guard isYes else { throw Failure("not-confirmed", "Nothing was done", "The plan was not confirmed.", .refused) }
    }

    private func show(_ plan: Plan) {
        console.show(notices)
        // Nobody is asked about what is not shown.
        let isResult = workspace.options.format == .text
        guard isResult ? !(console.isQuiet && isConfirmed) : !isConfirmed && console.isInteractive else { return }
        let commit = source.kind == .git ? source.commit : nil
        for line in PlanText(plan, style: console.output, isDestroy: isDestroy).lines(commit: commit) {
            if isResult { console.print(line) } else { console.complain(line) }
        }
        workspace.tellTroubles(of: plan, withErrors: false)
    }

    // MARK: - During

    private func execute(
        _ plan: Plan, _ contents: [Address: VolumeContent], in session: inout StateSession, on hosts: OpenHosts
    ) async -> ApplyReport {
        let interrupt = workspace.interrupt
        let progress = Progress(total: plan.steps.count, console: console)
        let images = ImageStore(
            directory: Environment.imageDirectory, isStopped: { [stop = interrupt.stop] in stop.isRequested })
        let hypervisor = FillingHypervisor(hosts, contents, of: plan, images: images) { progress.note($1, of: $0) }
        let limits = ApplyLimits(parallelism: workspace.options.parallelism)
        let deadline = timeout.map { timeout in
            Task { [stop = interrupt.stop] in
                try await Task.sleep(for: timeout)
                stop.request()
            }
        }
        defer {
            deadline?.cancel()
            progress.end()
        }
        if !plan.steps.isEmpty { console.remark("") }
        let start = ContinuousClock.now
        let report = await apply(plan, in: &session, on: hypervisor, limits: limits, stop: interrupt.stop) { event in
            events.write(event)
            switch event {
            case .started(let step): progress.started(step)
            case .finished(let step, let duration): progress.finished(step, in: duration)
            case .failed(let step, let error, _): progress.failed(step, error)
            case .skipped(let step, _): progress.skipped(step)
            case .stateTrouble(let error): console.complain(error.summary)
            }
        }
        workspace.timings.add("apply", start.duration(to: .now))
        return report
    }

    /// Whether a commit comes to be the one that was applied last, though it changes nothing.
    private func isNewCommit(to session: borrowing StateSession) -> Bool {
        guard !isDestroy, heal == nil, source.kind == .git, let header = session.snapshotHeader else { return false }
        return source.commit != nil && source.commit != header.source.commit
    }

    private func fold(_ session: inout StateSession, _ report: ApplyReport, of plan: Plan) throws(Failure) {
        // What was recorded stays in the journal, whole: the next run reads it there.
        if report.stateError != nil || !session.needsFold && !isNewCommit(to: session) { return }
        let manifests = StateSource(
            commit: source.commit, digest: plan.digest.isEmpty ? nil : plan.digest, stack: plan.stack)
        // What is healed, or left by a destroy, is what was applied, from where that came.
        let isAsBefore = heal != nil || isDestroy && !session.recorded.records.isEmpty
        let stateSource = isAsBefore ? session.snapshotHeader?.source ?? manifests : manifests
        do throws(StateError) {
            _ = try workspace.timings.measure("write state") { () throws(StateError) in
                try session.fold(by: workspace.author, from: stateSource)
            }
        } catch {
            throw Failure(error)
        }
    }

    // MARK: - After

    private func conclude(_ plan: Plan, _ report: ApplyReport, _ look: LastLook, isSignalled: Bool) -> ExitStatus {
        let leftovers = look.leftovers
        var lost: Set<Address> = []
        for failure in report.failed {
            // A host that goes ends all that runs on it, for one reason.
            let isLost = failure.error.reason == .unreachable
            if isLost, !lost.insert(failure.step.operation.object.host).inserted { continue }
            console.show([
                Diagnostic(
                    .error, "host-\(failure.error.reason.rawValue)", failure.error.summary, failure.error.detail,
                    command: failure.error.command, address: failure.step.operation.address)
            ])
        }
        console.show(leftovers)
        if let record = workspace.record, record.isWanted { record.report.apply = report.outcome }
        workspace.record?.report.diagnostics += leftovers
        if let error = report.stateError {
            console.show([Diagnostic(.error, error.code.rawValue, error.summary, error.detail, command: error.command)])
        }
        let status = tell(plan, report, look)
        if isSignalled { return .interrupted }
        return report.stateError != nil || leftovers.contains { $0.severity == .error } ? .error : status
    }

    /// Says what came of it, last of all, and gives what the program ends with.
    private func tell(_ plan: Plan, _ report: ApplyReport, _ look: LastLook = LastLook()) -> ExitStatus {
        if workspace.options.format == .json {
            let value = applyValue(
                of: report.outcome, plan: plan, diagnostics: plan.diagnostics + look.leftovers)
            console.print(JSONWriter.text(of: value, pretty: true))
        } else if !plan.steps.isEmpty {
            console.print(summary(of: report, plan: plan))
        }
        return status(of: plan, report, look)
    }

    private func status(of plan: Plan, _ report: ApplyReport, _ look: LastLook) -> ExitStatus {
        if !report.failed.isEmpty || !report.skipped.isEmpty || !report.remaining.isEmpty { return .partial }
        if Set(plan.unknown).subtracting(plan.unknownAndSuspended).subtracting(look.revealed).isEmpty == false {
            return .unreachable
        }
        return plan.hasRefusals ? .refused : .done
    }

    private func summary(of report: ApplyReport, plan: Plan) -> String {
        var parts = [counted(report.done.count, "step") + " done"]
        if !report.failed.isEmpty { parts.append("\(report.failed.count) failed") }
        if !report.skipped.isEmpty { parts.append("\(report.skipped.count) not begun because of that") }
        if !report.remaining.isEmpty { parts.append("\(report.remaining.count) left") }
        let counts = PlanCounts(of: plan)
        if counts.refused > 0 { parts.append("\(counts.refused) refused") }
        if counts.suspended > 0 { parts.append("\(counts.suspended) suspended") }
        if counts.left > 0 { parts.append("\(counts.left) left as they are") }
        let pending = PlanCounts.pendingRestarts(of: plan, after: report.outcome)
        if pending > 0 { parts.append("\(pending) pending a restart") }
        return console.output(parts.joined(separator: ", ") + ".", .bold)
    }
}

extension Plan {
    /// Whether a host was found at another place than is recorded.
    fileprivate func hasMoved(since recorded: RecordedState) -> Bool {
        hosts.contains { status in
            status.error == nil && recorded.hosts[status.host.address].map { $0 != status.host.uri } ?? false
        }
    }
}

extension ApplyReport {
    /// As reports have it.
    fileprivate var outcome: ApplyOutcome {
        let results =
            done.map { ApplyOutcome.StepResult($0, .done, duration: durations[$0.id]) }
            + failed.map { ApplyOutcome.StepResult($0.step, .failed($0.error), duration: durations[$0.step.id]) }
            + skipped.map { ApplyOutcome.StepResult($0.step, .skipped(waitsFor: $0.waitsFor?.id)) }
            + remaining.map { ApplyOutcome.StepResult($0, .remaining) }
        return ApplyOutcome(steps: results, isInterrupted: interrupted)
    }
}
