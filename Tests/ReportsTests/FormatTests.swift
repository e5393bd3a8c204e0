import Model
import TestSupport
import Testing

@testable import Reports

/// JUnit and SARIF, as their schemas want them.
@Suite struct FormatTests {
    static let samples = GoldenTests.samples + [NamedReport("hostile", Samples.hostile)]

    @Test(.enabled(if: Tools.isThere(Tools.xmllint), "xmllint is not installed"), arguments: samples)
    func junitIsValid(_ sample: NamedReport) async throws {
        try await Tools.run(
            Tools.xmllint, "--noout", "--nonet", "--schema", Tools.fixture("junit-10.xsd"), "-",
            input: junit(sample.report))
    }

    @Test(.enabled(if: Tools.isThere(Tools.xmllint), "xmllint is not installed"))
    func junitKeepsWhatItIsGiven() async throws {
        let name = try await Tools.run(
            Tools.xmllint, "--xpath", "string(//testcase[starts-with(@name,'VirtualMachine/default/2')]/@name)", "-",
            input: junit(Samples.hostile))
        #expect(name == "VirtualMachine/default/2a|b\\|c`d``e\n")
    }

    @Test func junitTellsKindsApart() {
        let text = String(junit(Samples.drift))
        #expect(text.contains(#"<failure type="drift""#) && text.contains(#"<failure type="pending""#))
        #expect(text.contains(#"<error type="unknown""#) && text.contains(#"<skipped type="suspended""#))
        #expect(text.contains(#"tests="12" failures="7" errors="1""#), "\(text)")
        let applied = String(junit(Samples.applied))
        #expect(applied.contains(#"<failure type="failed" message="There is no room on the host""#))
        #expect(applied.contains(#"<skipped type="skipped""#))
    }

    @Test(.enabled(if: Tools.isThere(Tools.python)), arguments: samples)
    func sarifIsValid(_ sample: NamedReport) async throws {
        try await Tools.check(sarif(sample.report), against: Tools.fixture("sarif-2.1.0-subset.json"))
    }

    @Test func sarifHasPlacesAndRules() throws {
        let run = try #require(try JSONReader.value(of: sarif(Samples.invalid))["runs"]?.items?.first)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.items).compactMap { $0["id"]?.text }
        #expect(rules == ["foreign-document", "unknown-field"])
        let results = try #require(run["results"]?.items)
        for result in results {
            let index = try #require(result["ruleIndex"]?.number)
            #expect(rules[Int(index)] == result["ruleId"]?.text)
        }
        let places = results.compactMap { $0["locations"]?.items?.first?["physicalLocation"] }
        #expect(
            places.compactMap { $0["artifactLocation"]?["uri"]?.text } == ["vms/a%20b.yaml", "file:///srv/class.yaml"])
        #expect(places.last?["region"] == ["startLine": 7, "startColumn": 5])
        #expect(run["invocations"]?.items?.first?["executionSuccessful"] == false)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_600_000, "2026-11-25T09:46:40Z"),
            (-1, "1969-12-31T23:59:59Z"), (4_107_542_399, "2100-02-28T23:59:59Z"), (Int64.max, "9999-12-31T23:59:59Z"),
            (Int64.min, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func times(seconds: Int64, expected: String) { #expect(timestamp(seconds) == expected) }
}
