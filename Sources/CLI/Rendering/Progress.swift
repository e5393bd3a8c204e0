import Glibc
import Model
import Reports
import Synchronization

/// What an apply shows while it runs: on a terminal a line that lives (what runs, for how long, n of m) under the lines
/// of what is done; elsewhere the lines alone.
final class Progress: Sendable {
    private struct State {
        var running: [(step: Step, since: ContinuousClock.Instant)] = []
        /// How far a step is, where it can tell.
        var notes: [Address: String] = [:]
        /// What was last said of a wait where no line lives, and when.
        var told: [Address: (text: String, at: ContinuousClock.Instant)] = [:]
        var finished = 0
        var isLineShown = false
    }

    private let state = Mutex(State())
    private let total: Int
    private let console: Console
    private let isLive: Bool
    private let start = ContinuousClock.now
    private let ticker = Mutex<Task<Void, Never>?>(nil)

    init(total: Int, console: Console) {
        self.total = total
        self.console = console
        isLive = isatty(STDERR_FILENO) == 1 && !console.isQuiet
        guard isLive else { return }
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                self?.repaint()
            }
        }
        ticker.withLock { $0 = task }
    }

    func started(_ step: Step) {
        state.withLock { $0.running.append((step, .now)) }
    }

    /// How far what runs for an address is; from any thread.
    func note(_ text: String, of address: Address) {
        state.withLock { state in
            state.notes[address] = text
            if !isLive { tell(text, of: address, &state) }
        }
    }

    /// Says of a wait what it is for and what was seen, at its beginning, every minute, and when that changes.
    private func tell(_ text: String, of address: Address, _ state: inout State) {
        guard let (step, since) = state.running.first(where: { $0.step.operation.waits(for: address) }) else { return }
        if let told = state.told[address] {
            let pause = told.at.duration(to: .now)
            guard pause >= .seconds(told.text == text ? 60 : 10) else { return }
        }
        state.told[address] = (text, .now)
        let duration = durationText(since.duration(to: .now))
        console.remark("  … \(step.operation.phrase) \(address.description.printable): \(text)  \(duration)")
    }

    func finished(_ step: Step, in duration: Duration) {
        end(step) { style in
            "  \(style(step.operation.symbol, .green)) \(step.operation.address.description.printable)  "
                + style("\(step.operation.pastTense)  \(durationText(duration))", .dim)
        }
    }

    func failed(_ step: Step, _ error: HostError) {
        end(step) { style in
            "  \(style("x", .red, .bold)) \(step.operation.address.description.printable)  "
                + style("could not \(step.operation.phrase): \(error.summary.printable)", .red)
        }
    }

    func skipped(_ step: Step) {
        end(step) { style in
            "  \(style("·", .yellow)) \(step.operation.address.description.printable)  "
                + style("not \(step.operation.pastTense): what it needs failed", .dim)
        }
    }

    /// Takes the living line away; nothing is shown after this.
    func end() {
        ticker.withLock { $0?.cancel() }
        state.withLock { state in
            clear(&state)
            state.running = []
        }
    }

    private func end(_ step: Step, _ line: (Style) -> String) {
        state.withLock { state in
            state.finished += 1
            state.running.removeAll { $0.step.id == step.id }
            state.notes[step.operation.address] = nil
            state.told[step.operation.address] = nil
            clear(&state)
            console.remark(line(console.errors))
            if isLive { paint(&state) }
        }
    }

    private func clear(_ state: inout State) {
        if state.isLineShown { console.remark("\r\u{1B}[K", terminator: "") }
        state.isLineShown = false
    }

    private func repaint() {
        state.withLock { paint(&$0) }
    }

    private func paint(_ state: inout State) {
        guard state.finished < total, !state.running.isEmpty || state.isLineShown else { return }
        var size = winsize()
        let width = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
        let running = state.running.map { step, since in
            let (operation, note) = (step.operation, state.notes[step.operation.address])
            let address = operation.address.description.printable
            let duration = durationText(since.duration(to: .now))
            // What is seen of a guest may be longer than the line.
            return operation.verb == .wait
                ? "\(operation.phrase) \(address) \(duration)" + (note.map { ": \($0)" } ?? "")
                : "\(note ?? operation.phrase) \(address) \(duration)"
        }
        let line =
            "  \(state.finished) of \(total)  \(durationText(start.duration(to: .now)))  "
            + running.joined(separator: " · ")
        console.remark("\r\u{1B}[K" + console.errors(String(line.prefix(width - 1)), .cyan), terminator: "")
        state.isLineShown = true
    }
}

extension Operation {
    fileprivate func waits(for address: Address) -> Bool { verb == .wait && self.address == address }

    /// What it does, to be read after "could not".
    var phrase: String {
        switch verb {
        case .create: "create"
        case .update: "change"
        case .updateLive: "change the running"
        case .start: "start"
        case .wait: "wait for"
        case .stop: "stop"
        case .delete: "delete"
        }
    }

    var pastTense: String {
        switch verb {
        case .create: "created"
        case .update: "changed"
        case .updateLive: "changed while running"
        case .start: "started"
        case .wait: "ready"
        case .stop: "stopped"
        case .delete: "deleted"
        }
    }

    fileprivate var symbol: String {
        switch verb {
        case .create: "+"
        case .update, .updateLive: "~"
        case .start: ">"
        case .wait: "="
        case .stop: "."
        case .delete: "-"
        }
    }
}
