import Executor
import Hypervisor
import Images
import Model
import Planner
import Reports
import StateFile

/// An apply from the lock to the last look at the hosts; a destroy is one of an empty desired state.
struct ApplyRun {
    let workspace: Workspace
    let desired: DesiredState
    let source: RunReport.Source
    let policy: Policy
    let execution: ExecutionOptions
    let isConfirmed: Bool
    let isDestroy: Bool
    let notices: [Diagnostic]

    private var console: Console { workspace.console }

    /// Does it all and gives what the program ends with.
    func run() async throws(Failure) -> ExitStatus {
        if !isConfirmed && !console.isInteractive { return try await refuse() }
        var session = try await workspace.openSession(isDestroy ? "destroy" : "apply")
        try check(policy, desired: desired, recorded: session.recorded)
        let hypervisor = OpenHosts(workspace.hypervisor)
        let key = desired.contents.isEmpty ? try workspace.readKey() : try workspace.loadKey()
        let inspection = await inspect(
            desired, recorded: session.recorded, intents: session.openIntents, key: key, policy: policy,
            through: hypervisor, timings: workspace.timings)
        workspace.record?.note(inspection, notices, source)
        try begin(inspection, &session)
        let plan = inspection.plan
        if plan.steps.isEmpty && plan.unrecorded.isEmpty && plan.forgotten.isEmpty
            && inspection.recovery.resolutions.isEmpty
        {
            return status(of: plan, ApplyReport())
        }
        if !plan.steps.isEmpty { try confirm(plan) }
        let interrupt = Interrupt(console: console)
        let report = await execute(plan, inspection.contents, in: &session, on: hypervisor, interrupt: interrupt)
        try fold(&session, report)
        let leftovers = await verify(
            after: report, of: plan, session.recorded, intents: session.openIntents, key: key, hypervisor)
        workspace.writeStatistics(steps: report.done.count, written: session.written)
        return conclude(plan, report, leftovers: leftovers, isSignalled: interrupt.isSignalled)
    }

    // MARK: - Before

    /// Nobody to ask and no leave given: shows what would be done and does nothing.
    private func refuse() async throws(Failure) -> ExitStatus {
        let state = try workspace.readState()
        try check(policy, desired: desired, recorded: state.recorded)
        let inspection = await inspect(
            desired, recorded: state.recorded, intents: state.intents, key: try workspace.readKey(), policy: policy,
            through: workspace.hypervisor, timings: workspace.timings)
        show(inspection.plan)
        try stopAtErrors(of: inspection.plan)
        if inspection.plan.steps.isEmpty { return status(of: inspection.plan, ApplyReport()) }
        throw Failure(
            "confirmation-needed", "Nothing was done: there is nobody to ask",
            "Standard input is not a terminal, so the plan cannot be confirmed. Give the leave on the command line.",
            command: "rigaud \(isDestroy ? "destroy --allow delete-data" : "apply") --yes", .refused)
    }

    private func begin(_ inspection: Inspection, _ session: inout StateSession) throws(Failure) {
        for resolution in inspection.recovery.resolutions {
            console.remark(
                "Found after an unfinished run: \(resolution.verb.rawValue) \(resolution.address.description.printable). \(resolution.text)"
            )
        }
        do throws(StateError) { try session.resolve(inspection.recovery) } catch { throw Failure(error) }
        show(inspection.plan)
        try stopAtErrors(of: inspection.plan)
        if !isDestroy && desired.resources.isEmpty && !session.recorded.records.isEmpty {
            throw Failure(
                "empty-source", "Nothing was done: the manifests ask for nothing",
                """
                There is no resource in \(source.location), but \(session.recorded.records.count) are recorded, and all of \
                them would be deleted. If that is what you want, say so.
                """, command: "rigaud destroy", .refused)
        }
    }

    private func stopAtErrors(of plan: Plan) throws(Failure) {
        let errors = plan.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw Failure(errors) }
    }

    private func confirm(_ plan: Plan) throws(Failure) {
        if isConfirmed { return }
        let question =
            isDestroy
            ? "Destroy all of this, with its data? Type the stack's name, \(plan.stack): " : "Apply this plan? [y/N] "
        let answer = console.ask(question)?.lowercased()
        let isYes = isDestroy ? answer == plan.stack.lowercased() : answer == "y" || answer == "yes"
        guard isYes else { throw Failure("not-confirmed", "Nothing was done", "The plan was not confirmed.", .refused) }
    }

    private func show(_ plan: Plan) {
        console.show(notices)
        guard workspace.options.format == .text, !(console.isQuiet && isConfirmed) else { return }
        for line in PlanText(plan, style: console.output, isDestroy: isDestroy).lines() { console.print(line) }
        workspace.tellTroubles(of: plan, withErrors: false)
    }

    // MARK: - During

    private func execute(
        _ plan: Plan, _ contents: [Address: VolumeContent], in session: inout StateSession, on hosts: OpenHosts,
        interrupt: Interrupt
    ) async -> ApplyReport {
        let progress = Progress(total: plan.steps.count, console: console)
        let images = ImageStore(
            directory: Environment.imageDirectory, isStopped: { [stop = interrupt.stop] in stop.isRequested })
        let hypervisor = FillingHypervisor(hosts, contents, of: plan, images: images) { progress.note($1, of: $0) }
        let events = EventLog(path: execution.events, console: console)
        let limits = ApplyLimits(parallelism: execution.parallelism)
        let deadline = execution.timeout.map { timeout in
            Task { [stop = interrupt.stop] in
                try await Task.sleep(for: timeout.duration)
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

    private func fold(_ session: inout StateSession, _ report: ApplyReport) throws(Failure) {
        // What was recorded stays in the journal, whole: the next run reads it there.
        if report.stateError != nil || !session.needsFold { return }
        let stateSource = StateSource(commit: source.commit, digest: desired.digest.isEmpty ? nil : desired.digest)
        do throws(StateError) {
            _ = try workspace.timings.measure("write state") { () throws(StateError) in
                try session.fold(by: workspace.author, from: stateSource)
            }
        } catch {
            throw Failure(error)
        }
    }

    // MARK: - After

    /// Reads the hosts again: what was done must be there, and no field may be left that a step should have set.
    private func verify(
        after report: ApplyReport, of plan: Plan, _ recorded: RecordedState, intents: [OpenIntent], key: SensitiveKey?,
        _ hypervisor: OpenHosts
    ) async -> [Diagnostic] {
        let touched = Set(report.done.map(\.operation.address))
        let unfinished = Set(
            (report.failed.map(\.step) + report.skipped.map(\.step) + report.remaining).map(\.operation.address))
        guard !touched.isEmpty else { return [] }
        let refused = Set(plan.changes.filter { $0.refusal != nil }.map(\.change.address))
        let inspection = await inspect(
            desired, recorded: recorded, intents: intents, key: key, policy: policy, through: hypervisor,
            timings: workspace.timings)
        return inspection.plan.changes.compactMap { planned in
            let change = planned.change
            guard touched.contains(change.address), !unfinished.contains(change.address),
                !refused.contains(change.address)
            else { return nil }
            let fields = change.fields.map { field in
                let attribute = field.path.attribute
                return
                    "\(field.path.label) is \(text(of: field.before, for: attribute)) and should be \(text(of: field.after, for: attribute))"
            }
            let what =
                fields.isEmpty
                ? "it should be \(change.action == .delete ? "gone" : "there")" : fields.joined(separator: "; ")
            return Diagnostic(
                .error, "still-differs", "An object is not as it was applied",
                "Every step was done, and after it \(what). Somebody else may have changed it, or the host made something else of it.",
                command: "rigaud plan", address: change.address)
        }
    }

    private func conclude(_ plan: Plan, _ report: ApplyReport, leftovers: [Diagnostic], isSignalled: Bool) -> ExitStatus
    {
        for failure in report.failed {
            console.show([
                Diagnostic(
                    .error, "host-\(failure.error.reason.rawValue)", failure.error.summary, failure.error.detail,
                    command: failure.error.command, address: failure.step.operation.address)
            ])
        }
        console.show(leftovers)
        workspace.record?.report.apply = report.outcome
        workspace.record?.report.diagnostics += leftovers
        if let error = report.stateError {
            console.show([Diagnostic(.error, error.code.rawValue, error.summary, error.detail, command: error.command)])
        }
        if workspace.options.format == .json {
            console.print(
                JSONWriter.text(
                    of: applyValue(of: report.outcome, stack: plan.stack, diagnostics: leftovers), pretty: true))
        } else if !plan.steps.isEmpty {
            console.print(summary(of: report, plan: plan))
        }
        if isSignalled { return .interrupted }
        if report.stateError != nil || !leftovers.isEmpty { return .error }
        return status(of: plan, report)
    }

    private func status(of plan: Plan, _ report: ApplyReport) -> ExitStatus {
        if !report.failed.isEmpty || !report.skipped.isEmpty || !report.remaining.isEmpty { return .partial }
        if !plan.unknown.isEmpty { return .unreachable }
        return plan.changes.contains { $0.refusal != nil } ? .refused : .done
    }

    private func summary(of report: ApplyReport, plan: Plan) -> String {
        var parts = [counted(report.done.count, "step") + " done"]
        if !report.failed.isEmpty { parts.append("\(report.failed.count) failed") }
        if !report.skipped.isEmpty { parts.append("\(report.skipped.count) not begun because of that") }
        if !report.remaining.isEmpty { parts.append("\(report.remaining.count) left") }
        let refused = plan.changes.filter { $0.refusal != nil }.count
        if refused > 0 { parts.append("\(refused) refused") }
        let pending = PlanCounts(of: plan).pendingRestart
        if pending > 0 { parts.append("\(pending) pending a restart") }
        return console.output(parts.joined(separator: ", ") + ".", .bold)
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
