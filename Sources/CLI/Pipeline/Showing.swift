import Glibc
import Libvirt
import Model
import Planner
import Reports
import StateFile

extension Workspace {
    /// Prints a plan in the format asked for; in text, what is to be said about it goes to standard error.
    func show(
        _ plan: Plan, source: RunReport.Source, diagnostics: [Diagnostic], title: String? = nil, summary: String? = nil
    ) {
        switch options.format {
        case .json:
            var bytes = JSONWriter.bytes(
                of: planValue(of: plan, source: source, diagnostics: diagnostics), pretty: true)
            bytes.append(UInt8(ascii: "\n"))
            console.print(bytes: bytes)
        case .text, .markdown:
            console.show(diagnostics)
            let lines = PlanText(plan, style: options.format == .text ? console.output : .plain).lines(
                title: title, commit: source.kind == .git ? source.commit : nil, summary: summary)
            let text = lines.joined(separator: "\n")
            console.print(options.format == .text ? text : "```\n\(text)\n```")
            tellTroubles(of: plan)
        }
    }

    /// Hosts that could not be read and why, and what else is to be said about a plan.
    /// - Parameter withErrors: Whether that is where its errors are told; otherwise something ends with them.
    func tellTroubles(of plan: Plan, withErrors: Bool = true) {
        let told = Set(plan.diagnostics.lazy.filter { $0.severity == .error }.compactMap(\.address))
        let unread = plan.hosts.filter { !told.contains($0.host.address) }.compactMap { status in
            status.error.map { Diagnostic($0, .warning, address: status.host.address) }
        }
        console.show(unread + plan.diagnostics.filter { withErrors || $0.severity != .error })
    }

    /// What an interrupted run left, in a verb that only looks.
    func tell(of recovery: Recovery) {
        guard !recovery.resolutions.isEmpty else { return }
        console.remark(
            "How \(counted(recovery.resolutions.count, "step")) of an earlier run ended was not known, and was found out by looking; the next apply records it."
        )
        if options.logLevel == .debug {
            for resolution in recovery.resolutions {
                console.remark(
                    "  \(resolution.verb.rawValue) \(resolution.address.description.printable): \(resolution.text)")
            }
        }
    }

    /// Timings and libvirt's calls: to standard error for `--log-level debug`, to a file for the benchmark.
    /// - Parameters:
    ///   - written: What an apply wrote to journal and snapshots, and how long that took.
    func writeStatistics(steps: Int = 0, written: (bytes: Int, time: Duration) = (0, .zero)) {
        let calls = hypervisor.calls.counts
        if options.logLevel == .debug {
            for (name, duration) in timings.all { console.remark("\(name.padded(to: 16)) \(durationText(duration))") }
            for (name, count) in calls.sorted(by: { $0.key < $1.key }) {
                console.remark("\(String(count).padded(to: 8)) \(name)")
            }
        }
        guard let path = Environment.statistics else { return }
        let engine = timings.all.filter { Timings.ofEngine.contains($0.name) }.map(\.duration).reduce(written.time, +)
        let milliseconds = Dictionary(
            timings.all.map { ($0.name, $0.duration.inMilliseconds) }, uniquingKeysWith: +)
        let value: Value = [
            "calls": .map(calls.mapValues { .integer(Int64($0)) }),
            "milliseconds": .map(milliseconds.mapValues { .integer($0) }),
            "engineMicroseconds": .integer(engine.inMicroseconds),
            "steps": .integer(Int64(steps)),
            "bytesWritten": .integer(Int64(written.bytes)),
        ]
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = JSONWriter.bytes(of: value, pretty: true)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

extension Duration {
    var inMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
    var inMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension Policy {
    init(_ options: PolicyOptions) {
        self.init(
            allowed: options.allowed, targets: options.target, excludes: options.exclude,
            today: Environment.today)
    }
}
