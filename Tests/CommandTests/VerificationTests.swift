import ArgumentParser
import Executor
import Model
import Planner
import Reports
import TestSupport
import Testing

@testable import CLI

/// The last look at the hosts, at what was touched: hosts say of a step that it is done, and it need not be so.
@Suite struct VerificationTests {
    private let network = Lab.resource("Network/lan", .network, ["active": true, "forward/mode": "nat"])

    /// What is said after an apply from `before` to `after` whose steps were all done, where the host has `found` by then.
    private func remarks(
        from before: [Resource], to after: [Resource], found: [Resource]
    ) async throws -> [Diagnostic] {
        let scratch = try ScratchDirectory()
        let options = try CommonOptions.parse(["--state", scratch.path("state.json")])
        let plan = PlanTextTests.plan(from: before, to: after)
        let run = ApplyRun(
            workspace: try Workspace(options, source: scratch.path),
            subject: .manifests(Lab.desired(after), Policy()), source: RunReport.Source(.state, location: scratch.path),
            isConfirmed: true, notices: [], events: EventLog(path: nil, console: options.console))
        var report = ApplyReport()
        report.done = plan.steps
        let host = FaultyHost(Lab.host.address)
        for object in Lab.observedHost(found).objects.values { host.place(object) }
        return await run.verify(
            after: report, of: plan, Lab.recorded(after), FaultyHypervisor([host])
        ).leftovers
    }

    @Test func whatIsAsItWasAppliedIsNotSpokenOf() async throws {
        #expect(try await remarks(from: [], to: [network], found: [network]).isEmpty)
        #expect(try await remarks(from: [network], to: [], found: []).isEmpty)
        #expect(try await remarks(from: [network], to: [network], found: []).isEmpty, "it was not touched")
    }

    @Test func whatWasMadeIsThere() async throws {
        let remark = try #require(try await remarks(from: [], to: [network], found: []).first)
        #expect(remark.code == "still-differs" && remark.address == network.address)
        #expect(remark.detail.contains("it should be there"), "\(remark)")
    }

    @Test func whatWasDeletedIsGone() async throws {
        let remark = try #require(try await remarks(from: [network], to: [], found: [network]).first)
        #expect(remark.code == "still-differs" && remark.address == network.address)
        #expect(remark.detail.contains("it should be gone"), "\(remark)")
    }

    @Test func whatWasSetIsSet() async throws {
        let routed = Lab.resource("Network/lan", .network, ["active": true, "forward/mode": "route"])
        let remark = try #require(try await remarks(from: [network], to: [routed], found: [network]).first)
        #expect(remark.detail.contains("forward mode is nat and should be route"), "\(remark)")
    }
}
