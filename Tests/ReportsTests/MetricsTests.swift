import Model
import TestSupport
import Testing

@testable import Reports

@Suite struct MetricsTests {
    @Test(arguments: FormatTests.samples)
    func areAsTheFormatHasThem(_ sample: NamedReport) throws {
        let report = sample.report
        let samples = try MetricsParser.samples(of: String(prometheus(report)))
        #expect(samples["rigaud_exit_status"]?.count == 1)
        for sample in samples.values.joined() {
            #expect(sample.labels["stack"] == report.stack && sample.labels["verb"] == report.verb)
        }
    }

    @Test func sayWhatWasFound() throws {
        let samples = try MetricsParser.samples(of: String(prometheus(Samples.drift)))
        func value(_ name: String, _ label: String? = nil, _ text: String = "") -> Double? {
            samples[name]?.first { label == nil || $0.labels[label ?? ""] == text }?.value
        }
        #expect(value("rigaud_drift") == 2)
        #expect(value("rigaud_changes", "disruption", "restart") == 1)
        #expect(value("rigaud_changes_by_action", "action", "create") == 2)
        #expect(value("rigaud_host_up", "host", "Provider/default/west") == 0)
        #expect(value("rigaud_host_up", "host", "Provider/default/east") == 1)
        #expect(value("rigaud_pending_restarts") == 1)
        #expect(value("rigaud_unmanaged") == 1)
        #expect(value("rigaud_last_success_timestamp_seconds") == 1_795_500_000)
        #expect(value("rigaud_run_duration_seconds") == 1.234)
        #expect(value("rigaud_result", "result", "drift") == 1 && value("rigaud_result", "result", "in-sync") == 0)
    }

    @Test(
        .disabled(if: Tools.obstacleToPromtool != nil, "\(Tools.obstacleToPromtool ?? "")"),
        arguments: FormatTests.samples)
    func promtoolAgrees(_ sample: NamedReport) async throws {
        try await Tools.run(try await Tools.promtool(), "check", "metrics", input: prometheus(sample.report))
    }

    @Test(arguments: Samples.hostileTexts + ["say \"x\"", "\\", "\\n", "a\\\"} 1\n", "\n# TYPE b gauge\nb 2\n"])
    func labelsAreTheNamesThatTheyWere(name: String) throws {
        var report = Samples.inSync
        report.stack = name
        let samples = try MetricsParser.samples(of: String(prometheus(report)))
        #expect(samples["rigaud_exit_status"]?.first?.labels["stack"] == name)
    }

    /// A machine waits for a restart once its definition was changed, not because a plan would have done so.
    @Test(arguments: [ApplyOutcome.End.done, .remaining, .skipped(waitsFor: 1)])
    func restartsArePendingOnceTheyAre(end: ApplyOutcome.End) throws {
        var report = Samples.applied
        let update = try #require(Samples.plan.steps.first { $0.operation.address.name == "db" })
        report.apply = ApplyOutcome(steps: [.init(update, end)])
        let samples = try MetricsParser.samples(of: String(prometheus(report)))
        // The mail server's is from an earlier apply.
        #expect(samples["rigaud_pending_restarts"]?.first?.value == (end == .done ? 2 : 1))
    }

    @Test func sayNothingOfWhatWasNotLookedAt() throws {
        let samples = try MetricsParser.samples(of: String(prometheus(Samples.invalid)))
        #expect(
            samples["rigaud_drift"] == nil && samples["rigaud_host_up"] == nil && samples["rigaud_unmanaged"] == nil)
    }

    @Test(arguments: [
        "a 1\n", "# TYPE a gauge\na 1\n", "# HELP a x\n# TYPE a gauge\na 1", "# HELP a x\n# TYPE a gauge\na one\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"\\x\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 2\n", "# HELP a x\n# TYPE a gauge\na{1=\"\"} 1\n",
    ])
    func theParserIsStrict(text: String) {
        #expect(throws: MetricsParser.Failure.self) { try MetricsParser.samples(of: text) }
    }
}
