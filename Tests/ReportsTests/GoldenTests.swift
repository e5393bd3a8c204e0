import Model
import TestSupport
import Testing

@testable import Reports

/// What each renderer makes of the same runs, as files to read.
@Suite struct GoldenTests {
    static let samples: [(String, RunReport)] = [
        ("plan", Samples.report()), ("drift", Samples.drift), ("apply", Samples.applied), ("in-sync", Samples.inSync),
        ("invalid", Samples.invalid),
    ]

    @Test(arguments: samples)
    func markdown(name: String, report: RunReport) throws {
        try expectGolden(String(Reports.markdown(report)), "\(name).md")
    }

    @Test(arguments: samples)
    func junit(name: String, report: RunReport) throws {
        try expectGolden(String(Reports.junit(report)), "\(name).junit.xml")
    }

    @Test(arguments: samples)
    func prometheus(name: String, report: RunReport) throws {
        try expectGolden(String(Reports.prometheus(report)), "\(name).prom")
    }

    @Test(arguments: samples.filter { ["invalid", "plan"].contains($0.0) })
    func sarif(name: String, report: RunReport) throws {
        try expectGolden(String(Reports.sarif(report)), "\(name).sarif.json")
    }

    @Test(arguments: samples.filter { ["drift", "apply", "invalid"].contains($0.0) })
    func json(name: String, report: RunReport) throws {
        try expectGolden(String(Reports.json(report)), "\(name).json")
    }

    @Test func htmlWithoutItsStyleAndScript() throws {
        let page = String(Reports.html(Samples.drift)).replacing(HTMLStyle.text, with: "…")
            .replacing(HTMLScript.text, with: "…")
            .replacing(HTMLReport.policy, with: "…")
        try expectGolden(page, "drift.html")
    }

    @Test func equalRunsGiveEqualBytes() {
        #expect(html(Samples.drift) == html(Samples.drift))
        #expect(Reports.markdown(Samples.large(100)) == Reports.markdown(Samples.large(100)))
    }
}
