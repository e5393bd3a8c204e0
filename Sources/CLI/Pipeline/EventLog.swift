import Executor
import Glibc
import Model
import Reports
import StateFile

/// `--events FILE`: what happens, as it happens, one JSON object a line.
final class EventLog {
    private let descriptor: Int32

    init(path: String?, console: Console) {
        guard let path else {
            descriptor = -1
            return
        }
        if let objection = FormerFile.events.objection(to: path) {
            descriptor = -1
            console.show([Diagnostic(.warning, "events-unwritable", "Events are not written", objection)])
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 {
            console.show([
                Diagnostic(
                    .warning, "events-unwritable", "Events are not written",
                    "\(path) cannot be opened for writing: \(String(cString: strerror(errno))). The run goes on without it."
                )
            ])
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func begin(_ verb: String) { write(["event": "run-started", "verb": .string(verb)]) }

    func end(_ status: ExitStatus) {
        write(["event": "run-finished", "exitStatus": .integer(Int64(status.rawValue))])
    }

    func write(_ event: ExecutionEvent) {
        var members: [String: Value] = [:]
        func add(_ name: String, _ step: Step) {
            members["event"] = .string(name)
            members["step"] = .integer(Int64(step.id))
            members["operation"] = .string(step.operation.name)
            members["address"] = .string(step.operation.address.text)
        }
        switch event {
        case .started(let step): add("started", step)
        case .finished(let step, let duration):
            add("finished", step)
            members["milliseconds"] = .integer(duration.inMilliseconds)
        case .failed(let step, let error, let duration):
            add("failed", step)
            members["milliseconds"] = .integer(duration.inMilliseconds)
            members["summary"] = .string(error.summary)
        case .skipped(let step, _): add("skipped", step)
        case .stateTrouble(let error):
            members["event"] = "state-trouble"
            members["summary"] = .string(error.summary)
        }
        write(members)
    }

    private func write(_ members: [String: Value]) {
        guard descriptor >= 0 else { return }
        var members = members
        members["time"] = .string(Environment.now)
        let line = JSONWriter.bytes(of: .map(members)) + [UInt8(ascii: "\n")]
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
