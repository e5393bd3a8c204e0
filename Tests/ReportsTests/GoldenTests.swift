import Model
import TestSupport
import Testing

@testable import Reports

/// What each renderer makes of the same runs, as files to read.
@Suite struct GoldenTests {
    static let samples = [
        NamedReport("plan", Samples.report()), NamedReport("drift", Samples.drift),
        NamedReport("apply", Samples.applied), NamedReport("in-sync", Samples.inSync),
        NamedReport("invalid", Samples.invalid),
    ]

    @Test(arguments: samples)
    func markdown(_ sample: NamedReport) throws {
        try expectGolden(String(Reports.markdown(sample.report)), "\(sample.name).md")
    }

    @Test(arguments: samples)
    func junit(_ sample: NamedReport) throws {
        try expectGolden(String(Reports.junit(sample.report)), "\(sample.name).junit.xml")
    }

    @Test(arguments: samples)
    func prometheus(_ sample: NamedReport) throws {
        try expectGolden(String(Reports.prometheus(sample.report)), "\(sample.name).prom")
    }

    @Test(arguments: samples.filter { ["invalid", "plan"].contains($0.name) })
    func sarif(_ sample: NamedReport) throws {
        try expectGolden(String(Reports.sarif(sample.report)), "\(sample.name).sarif.json")
    }

    @Test(arguments: samples.filter { ["drift", "apply", "invalid"].contains($0.name) })
    func json(_ sample: NamedReport) throws {
        try expectGolden(String(Reports.json(sample.report)), "\(sample.name).json")
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
