import TestSupport
import Testing

@testable import CloudInit

@Suite struct YAMLWriterTests {
    @Test(arguments: [
        ("web", "web"), ("yes", "\"yes\""), ("No", "\"No\""), ("null", "\"null\""), ("~", "\"~\""), ("", "\"\""),
        ("1", "\"1\""), ("1e3", "\"1e3\""), ("0x1", "\"0x1\""),
        ("52:54:00:12:34:56", "\"52:54:00:12:34:56\""), ("a: b", "\"a: b\""), ("a #b", "\"a #b\""), ("- a", "\"- a\""),
        ("*a", "\"*a\""), ("a ", "\"a \""), (" a", "\" a\""),
        ("a\nb", "\"a\\nb\""), ("\"", "\"\\\"\""), ("\\", "\"\\\\\""), ("\u{85}", "\"\\x85\""), ("é", "\"é\""),
        ("/dev/vdb", "/dev/vdb"), ("=", "\"=\""), ("<<", "\"<<\""),
        ("ssh-rsa AAAA+/= a@b", "ssh-rsa AAAA+/= a@b"), ("---", "\"---\""), ("y", "\"y\""),
        ("2001:db8::1", "\"2001:db8::1\""), (".5", "\".5\""), ("off", "\"off\""),
    ])
    func texts(_ text: String, _ expected: String) {
        #expect(YAMLWriter.scalar(.string(text)) == expected)
    }

    @Test(arguments: [
        ("1", "1"), ("-1.5", "-1.5"), ("true", "true"), ("~", "~"), ("", "null"), ("null", "null"), ("0x1F", "0x1F"),
        ("1e+3", "1e+3"), ("12:30:00", "12:30:00"), (".inf", ".inf"),
        ("2024-01-01", "2024-01-01"), ("192.0.2.1/24", "\"192.0.2.1/24\""), ("2001:db8::1", "\"2001:db8::1\""),
        ("a:b", "\"a:b\""), ("yes", "yes"),
    ])
    func plainOnes(_ text: String, _ expected: String) {
        #expect(YAMLWriter.scalar(.plain(text)) == expected)
    }

    /// What is written is read as what it was.
    @Test(arguments: UInt64(0)..<200)
    func roundTrips(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let value = YAMLValue.list([randomValue(&random, depth: 1), randomValue(&random, depth: 1)])
        let written = YAMLWriter.write(value)
        let tree = try #require(try YAMLText.read(written).tree, "\(String(decoding: written, as: UTF8.self))")
        #expect(YAMLValue(tree).map(normal) == normal(value), "\(String(decoding: written, as: UTF8.self))")
    }

    /// A text that needs no quotes is read as a plain one.
    private func normal(_ value: YAMLValue) -> YAMLValue {
        switch value {
        case .string(let text): YAMLWriter.scalar(value).hasPrefix("\"") ? .string(text) : .plain(text)
        case .plain: value
        case .list(let items): .list(items.map(normal))
        case .map(let entries): .map(entries.map { YAMLValue.Entry(normal($0.key), normal($0.value)) })
        }
    }

    private func randomValue(_ random: inout SeededGenerator, depth: Int) -> YAMLValue {
        let count = Int.random(in: 0...3, using: &random)
        switch Int.random(in: 0..<(depth < 4 ? 6 : 2), using: &random) {
        case 0: return .plain(["1", "true", "-2.5", "0x1F", "~", "yes"].randomElement(using: &random) ?? "1")
        case 1: return .string(randomText(&random))
        case 2, 3: return .list((0..<count).map { _ in randomValue(&random, depth: depth + 1) })
        default:
            return .map(
                (0..<count).map {
                    YAMLValue.Entry(.string("\($0)" + randomText(&random)), randomValue(&random, depth: depth + 1))
                })
        }
    }

    private func randomText(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "B", "1", "0", ".", ":", ": ", " #", "#", "-", "- ", " ", "\n", "\t", "\"", "'", "\\", "{", "}", "[",
            "]", ",", "&", "*", "!", "|", ">", "%", "@", "`", "~", "?", "é", "\u{1F600}", "\u{2028}", "\u{A0}", "=",
            "<<", "yes", "null", "\r",
        ]
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
            .joined()
    }
}
