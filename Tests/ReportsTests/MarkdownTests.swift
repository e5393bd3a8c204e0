import Model
import TestSupport
import Testing

@testable import Reports

@Suite struct MarkdownTests {
    /// As a forge does: GitHub's renderer, with its tables, links made of bare addresses, and HTML let through.
    static func render(_ report: RunReport) async throws -> String {
        try await Tools.run(
            Tools.markdown, "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist", "--unsafe",
            input: markdown(report))
    }

    static let isThere = Tools.isThere(Tools.markdown)

    @Test(.enabled(if: isThere, "cmark-gfm is not installed"))
    func rendersAsWhatItIs() async throws {
        let page = try await Self.render(Samples.drift)
        #expect(page.hasPrefix("<!-- rigaud:drift stack=lab digest=5f0c"))
        #expect(page.occurrences(of: "<details>") == 9 && page.occurrences(of: "</details>") == 9)
        #expect(
            page.contains("<th>before</th>")
                && page.contains("<td><code>4 GiB</code></td>\n<td><code>8 GiB</code></td>"))
        #expect(page.contains("<td><code>(sensitive)</code></td>"))
        #expect(page.contains("made | by `hand` ⏎ and &lt;b&gt;@here&lt;/b&gt;"))
        #expect(!page.contains("<a "), "nothing becomes a link")
    }

    private static func text(_ verb: String) -> String {
        String(decoding: markdown(Samples.report(verb)), as: UTF8.self)
    }

    /// What `destroy` takes away is in the manifests all the same.
    @Test func whyAnObjectGoes() {
        #expect(Self.text("plan").contains("gone from the manifests"))
        #expect(!Self.text("destroy").contains("gone from the manifests"))
    }

    @Test(.enabled(if: isThere, "cmark-gfm is not installed"))
    func nothingBreaksOut() async throws {
        let page = try await Self.render(Samples.hostile)
        let count = Samples.hostileTexts.count
        #expect(page.occurrences(of: "<details>") == count && page.occurrences(of: "</details>") == count)
        // The summary, and one for each object.
        #expect(page.occurrences(of: "<table>") == count + 1)
        #expect(
            page.occurrences(of: "<td>") + page.occurrences(of: "<td ") == 2 * 5 * count
                + page.occurrences(of: "<td align"))
        for markup in ["<script", "<img", "<a ", "<h1", "<em>", "<del>", "\u{202E}", "\u{1B}"] {
            #expect(!page.contains(markup), "\(markup)")
        }
        // Forges look for mentions in what is not code.
        let prose = page.split(separator: "<code>").map { $0.split(separator: "</code>").last ?? "" }.joined()
        #expect(!prose.contains("@everyone"))
    }

    @Test(
        .enabled(if: isThere, "cmark-gfm is not installed"),
        arguments: Samples.hostileTexts + ["", " ", "`", "\\|", "|", "\\", "a\\"])
    func aValueIsShownAsItIs(text: String) async throws {
        let page = try await Tools.run(
            Tools.markdown, "-e", "table", "-e", "autolink", "--unsafe",
            input: Array(
                "| a | b |\n| --- | --- |\n| \(MarkdownText.code(text)) | x |\n\n\(MarkdownText.prose(text))\n".utf8))
        let shown = escapedMarkup(text.oneLine).replacing("&#39;", with: "'")
        #expect(page.contains("<td><code>\(shown)</code></td>\n<td>x</td>"), "\(page)")
        #expect(!page.contains("<a "))
    }

    @Test(.enabled(if: isThere, "cmark-gfm is not installed"), arguments: 1...4)
    func randomTextsAreShownAsTheyAre(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces =
            [
                "`", "``", "|", "\\", "*", "_", "~~", "<", ">", "&", "&lt;", "[", "](x)", "!", "#", "-", "+", "1.",
                "@a", "://", "http",
            ]
            + [
                "www.", "a", "b", " ", "\"", "'", "$", ":", "--", "<!--", "-->", "</td>", "é", "|\n|", ".", "=", "^",
                "{", "}", "/",
            ]
        let texts = (0..<200).map { _ in
            "x"
                + (0..<Int.random(in: 1...8, using: &generator)).compactMap { _ in
                    pieces.randomElement(using: &generator)
                }
                .joined() + "x"
        }
        let rows = texts.map { "| \(MarkdownText.code($0)) | \(MarkdownText.prose($0)) | x |" }
        let table = (["| a | b | c |", "| --- | --- | --- |"] + rows).joined(separator: "\n")
        let page = try await Tools.run(
            Tools.markdown, "-e", "table", "-e", "autolink", "-e", "strikethrough", "--unsafe", input: Array(table.utf8)
        )
        let shown = texts.map { text in
            let escaped = escapedMarkup(text.oneLine).replacing("&#39;", with: "'")
            return
                "<tr>\n<td><code>\(escaped)</code></td>\n<td>\(escaped.replacing("@", with: "@<!-- -->"))</td>\n<td>x</td>\n</tr>"
        }
        let found = page.split(separator: "<tbody>\n").last?.split(separator: "\n</tbody>").first ?? ""
        #expect(found == shown.joined(separator: "\n"), "seed \(seed)")
    }

    @Test func isCutAtWholeObjects() {
        var report = Samples.large(10_000)
        report.plan?.changes.append(
            Samples.change(.delete, "VirtualMachine/zz-last", costing: .deleteData, refusal: .needsLeave(.deleteData)))
        let text = String(markdown(report))
        #expect(text.utf16.count <= 60_000 && text.utf16.count > 55_000)
        #expect(text.occurrences(of: "<details>") == text.occurrences(of: "</details>"))
        #expect(text.contains("left out** to stay within 60,000 characters"))
        #expect(text.contains("zz-last"), "what costs most stays")
        #expect(text.contains("rigaud apply stacks/lab --allow delete-data"))
    }

    @Test func diagnosticsAreCutToo() {
        var report = Samples.report()
        report.diagnostics = (0..<5000).map {
            Diagnostic(.error, "broken", "Broken", "Number \($0)", command: "run \($0)")
        }
        let text = String(markdown(report))
        #expect(text.utf16.count <= 60_000)
        #expect(text.contains("more, left out here"))
    }

    @Test func aCommentCanBeFoundAgain() {
        #expect(String(markdown(Samples.report())).hasPrefix(markdownMarker("plan", stack: "lab")))
        #expect(markdownMarker("plan", stack: "a --> b") == "<!-- rigaud:plan stack=a%20--%3E%20b ")
    }

    @Test(arguments: [
        ("stacks/lab", "stacks/lab"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(x)", "'$(x)'"), ("", "''"),
    ])
    func wordsOfAShell(text: String, expected: String) { #expect(shellWord(text) == expected) }
}
