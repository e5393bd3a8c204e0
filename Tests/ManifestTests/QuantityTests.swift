import Model
import Testing

@testable import Manifest

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("4Gi", 4_294_967_296), ("512Mi", 536_870_912), ("1.5Gi", 1_610_612_736), ("500M", 500_000_000),
            ("4096", 4096), ("2e9", 2_000_000_000),
            ("1E3", 1000), ("1k", 1000), ("1Ki", 1024), ("0.5", 1), ("100m", 1), ("1500m", 2), (".5Gi", 536_870_912),
            ("+1", 1), ("4GiB", 4_294_967_296),
            ("5.", 5), ("7Ei", 8_070_450_532_247_928_832), ("9223372036854775807", Int64.max), ("0", 0),
            ("", nil), ("-1", nil), ("4 Gi", nil), ("Gi", nil), ("1.2.3", nil), ("8Ei", nil),
            ("99999999999999999999", nil), ("1e99", nil), ("4gigs", nil),
            (".", nil), ("1e", nil), ("0x10", nil),
        ] as [(String, Int64?)])
    func quantities(_ text: String, _ expected: Int64?) { #expect(parseQuantity(text) == expected) }

    /// As libvirt keeps them, so that they are what is found.
    @Test(
        arguments: [
            ("/srv/a", "/srv/a"), ("/srv//a/", "/srv/a"), ("//srv", "/srv"), ("/a/./..", "/a/./.."), ("/", nil),
            ("//", nil), ("srv", nil), ("", nil),
        ] as [(String, String?)])
    func absolutePaths(_ text: String, _ expected: String?) { #expect(TextRule.absolutePath.read(text) == expected) }

    @Test(
        arguments: [
            ("60s", 60), ("1h30m", 5400), ("500ms", 1), ("1.5h", 5400), ("2m", 120), ("7d", 604_800), ("90", 90),
            ("0s", 0), ("1w", 604_800),
            ("", nil), ("soon", nil), ("-1s", nil), ("1x", nil), ("5m3", nil), ("99999999999999999999h", nil),
            ("99999999999999999h", nil),
        ] as [(String, Int64?)])
    func durations(_ text: String, _ expected: Int64?) { #expect(parseDuration(text) == expected) }

    @Test(
        arguments: [
            ("aGk=", "hi"), ("aGkh", "hi!"), ("aA==", "h"), ("", ""), ("aG\nkh", "hi!"), ("a", nil), ("aGk", nil),
            ("a!==", nil), ("aA==aA==", nil),
        ] as [(String, String?)])
    func base64(_ text: String, _ expected: String?) {
        #expect(decodeBase64(text).map { String(decoding: $0, as: UTF8.self) } == expected)
    }

    @Test(
        arguments: [
            ("classref", "classRef"), ("powerstate", "powerState"), ("netwroks", "networks"), ("zzz", nil),
            ("dsiks", "disks"),
        ] as [(String, String?)])
    func nearestWords(_ word: String, _ expected: String?) {
        #expect(nearest(to: word, in: ["classRef", "powerState", "networks", "disks", "imageRef"]) == expected)
    }

    @Test(arguments: [
        ("192.0.2.1/24", "192.0.2.200", true), ("192.0.2.1/24", "192.0.3.1", false),
        ("192.0.2.1/25", "192.0.2.129", false), ("10.0.0.1/0", "1.1.1.1", true),
        ("2001:db8::1/64", "2001:db8::ffff", true), ("2001:db8::1/64", "192.0.2.1", false),
    ])
    func subnets(_ cidr: String, _ address: String, _ expected: Bool) throws {
        #expect(try #require(CIDR(cidr)).contains(#require(IPAddress(address))) == expected)
    }
}
