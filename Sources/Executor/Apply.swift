package import Hypervisor
package import Model
package import StateFile

/// Does a plan's steps, in the order of its graph and several at once, and records each before and after.
///
/// It decides nothing: what is not a step is not done, and a failed step stops only what waits for it. An intent is on disk
/// before its operation begins; the intents of up to 256 ready steps share one synchronization. Only this function's own
/// task writes the journal, the tasks that it starts just perform.
///
/// After `stop` is requested, or when the state cannot be written, nothing new is begun; what runs is finished and
/// recorded. The caller folds the state.
package func apply(
    _ plan: Plan, in session: inout StateSession, on hypervisor: any Hypervisor, limits: ApplyLimits = ApplyLimits(),
    stop: StopFlag = StopFlag(), report tell: (ExecutionEvent) -> Void = { _ in }
) async -> ApplyReport {
    var run = Run(plan, recorded: session.recorded, limits: limits)
    do throws(StateError) {
        try session.note(
            hosts: run.uris(plan, recorded: session.recorded), put: plan.unrecorded, remove: plan.forgotten)
    } catch {
        run.trouble(error, tell)
    }
    let mailbox = Mailbox()
    await withTaskGroup(of: Void.self) { group in
        if run.report.stateError == nil, !stop.isRequested {
            for (number, host) in run.hosts.enumerated() {
                group.addTask { mailbox.put(.connected(number, await connect(to: host, of: hypervisor))) }
            }
        }
        repeat {
            for message in mailbox.take() { run.receive(message, &session, tell) }
            while run.report.stateError == nil, !stop.isRequested {
                if let (index, operation, writer) = run.start() {
                    tell(.started(run.schedule.steps[index]))
                    group.addTask {
                        mailbox.put(
                            operation.onlyWaits
                                ? await wait(operation, as: index, on: writer, until: stop)
                                : await perform(operation, as: index, on: writer))
                    }
                } else if let pause = run.pauseBeforeAnnouncing() {
                    if !run.isPausing {
                        run.isPausing = true
                        group.addTask {
                            try? await Task.sleep(for: pause)
                            mailbox.put(.paused)
                        }
                    }
                    break
                } else if !run.announce(&session, tell) {
                    break
                }
            }
            // All that is left then are connections that nobody will use, and pauses.
            if run.schedule.running == 0, run.report.stateError != nil || stop.isRequested { group.cancelAll() }
        } while await group.next() != nil
    }
    run.end(&session, isInterrupted: stop.isRequested, tell)
    return run.report
}

private func connect(
    to host: Host?, of hypervisor: any Hypervisor
) async -> Result<any HostWriting, HostError> {
    guard let host else {
        return .failure(
            HostError(
                .unreachable, "A host is not known",
                "Neither the plan nor the state says how to reach it. Put its Provider back into the manifests."))
    }
    do throws(HostError) {
        return .success(try await hypervisor.writer(for: host))
    } catch {
        return .failure(error)
    }
}

private func perform(_ operation: Operation, as index: Int, on writer: any HostWriting) async -> Message {
    let start = ContinuousClock.now
    do throws(HostError) {
        try await writer.perform(operation)
        return .ended(index, nil, ContinuousClock.now - start)
    } catch {
        return .ended(index, error, ContinuousClock.now - start)
    }
}

/// What changes nothing as long as it waits need not be waited for when the run is to stop.
private func wait(
    _ operation: Operation, as index: Int, on writer: any HostWriting, until stop: StopFlag
) async -> Message {
    let waiting = Task { await perform(operation, as: index, on: writer) }
    let watch = Task {
        while !stop.isRequested { try await Task.sleep(for: .milliseconds(100)) }
        waiting.cancel()
    }
    let message = await waiting.value
    watch.cancel()
    if case .ended(_, let error?, _) = message, error.reason == .timedOut, stop.isRequested { return .stopped(index) }
    return message
}

extension Operation {
    /// Whether it waits for a guest, or, before it begins, for what a volume is made of.
    fileprivate var onlyWaits: Bool { verb == .wait || verb == .create && timeout > 0 && object.kind == .volume }
}
