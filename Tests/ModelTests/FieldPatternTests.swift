import Model
import Testing

@Suite struct FieldPatternTests {
    @Test(arguments: [
        ("vcpus", "vcpus", true), ("vcpus", "vcpus/maximum", false), ("vcpus/*", "vcpus/maximum", true),
        ("vcpus/*", "vcpus", false), ("*", "vcpus", true), ("*", "disks/root/cache", true),
        ("disks/*/cache", "disks/root/cache", true), ("disks/*/cache", "disks/root/bus", false),
        ("disks/root/*", "disks/root/cache", true), ("disks/root/*", "disks/data/cache", false),
        ("disks/*", "disks/data/cache", true), ("cpu/*", "cpu/topology/cores", true),
        ("dhcp/hosts/52:54:00:00:00:01", "dhcp/hosts/52:54:00:00:00:01", true),
        ("disks/root/cache", "disks/root/cache", true), ("memory", "memory/maximum", false),
    ])
    func whatMatches(pattern: String, path: String, isMatch: Bool) throws {
        let pattern = try #require(FieldPattern(pattern))
        #expect(try pattern.matches(#require(AttributePath(path))) == isMatch)
    }

    @Test(arguments: ["", "/", "vcpu", "disks", "disks/", "disks/root/colour", "cpu/*/cores", "vcpus/maximum/*", "**"])
    func whatIsNoPath(_ text: String) { #expect(FieldPattern(text) == nil) }

    @Test(arguments: [
        ("2027-01-31", true), ("2028-02-29", true), ("2027-02-29", false), ("2100-02-29", false), ("2000-02-29", true),
        ("2027-13-01", false), ("2027-00-10", false), ("2027-1-31", false), ("2027-01-31T", false), ("", false),
        ("２027-01-31", false), ("+027-01-31", false),
    ])
    func whatIsADay(text: String, isIt: Bool) { #expect(isDay(text) == isIt) }
}
