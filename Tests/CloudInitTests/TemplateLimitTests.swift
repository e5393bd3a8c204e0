import TestSupport
import Testing

@testable import CloudInit

@Suite struct TemplateLimitTests {
    /// Each would hang, fill the memory or overflow the stack.
    @Test(arguments: [
        "{{ range 1000000000 }}{{ end }}", "{{ range 100000 }}{{ range 100000 }}x{{ end }}{{ end }}",
        "{{ $x := \"aaaaaaaaaa\" }}{{ range 100 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}{{ $x }}",
        "{{ $x := \"aaaaaaaaaa\" }}{{ range 100 }}{{ $x = replace \"a\" $x $x }}{{ end }}",
        "{{ $x := \"a\" }}{{ range 100 }}{{ $x = quote $x }}{{ end }}{{ $x }}",
        "{{ $x := \"a\" }}{{ range 100 }}{{ $x = b64enc $x }}{{ end }}{{ $x }}",
        "{{ $x := \"a\\n\" }}{{ range 100 }}{{ $x = indent 1000 $x }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}",
        "{{ $x := printf \"%1000s\" \"\" }}{{ range 14 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}{{ range 100 }}{{ $x }}{{ end }}",
        String(repeating: "{{ if 1 }}", count: 100_000), "{{ " + String(repeating: "(", count: 100_000) + " }}",
        (0..<1000).map { "{{ $x\($0) := 1 }}" }.joined(),
    ])
    func bombs(_ template: String) {
        guard case .failure(let error) = renderTemplate(Array(template.utf8), data: TemplateTests.data) else {
            Issue.record("It is rendered.")
            return
        }
        #expect(error.faults.contains { $0.trouble.problem == .templateLimit })
    }

    @Test func longChainsAreFine() {
        let text = "{{ if 0 }}" + String(repeating: "{{ else if 0 }}", count: 20_000) + "{{ else }}y{{ end }}"
        guard case .success(let rendered) = renderTemplate(Array(text.utf8), data: TemplateTests.data) else {
            Issue.record("It is refused.")
            return
        }
        #expect(rendered.bytes == Array("y".utf8))
    }

    @Test func manyMistakesAreCutOff() {
        let text = String(repeating: "{{ .Nmae }} {{ foo }} {{ \" }}\n", count: 50_000)
        guard case .failure(let error) = renderTemplate(Array(text.utf8), data: TemplateTests.data) else {
            Issue.record("It is rendered.")
            return
        }
        #expect(error.faults.count <= 2 * templateFaultLimit)
    }

    /// Whatever the text, there is an end, and mistakes lie within it.
    @Test(arguments: UInt64(0)..<300)
    func randomTextsEnd(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "{{", "}}", "{{ ", " }}", "{{- ", " -}}", "if ", "else ", "else if ", "end", "range ", "with ", "break",
            "continue", ".", ".Name ", ".Labels",
            ".Networks ", "$", "$x ", "$x := ", "$x = ", "$i, $v := ", "|", "(", ")", "\"", "`", "'", "\\", "/*", "*/",
            "quote ", "printf ", "index ",
            "indent ", "and ", "or ", "eq ", "len ", "replace ", "splitList ", "toYaml ", "\"a\" ", "\"%s %d\" ", "0 ",
            "1 ", "-7 ", "99999999999999999999 ",
            "1e5 ", "0x", "true ", "nil ", "\n", "text", "é", "{{\"{{ .Name }}\"}}", "{{ end }}", "{{ range 3 }}",
            "{{ if .Name }}", "{{ .Name }}",
        ]
        for _ in 0..<10 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                if random.oneIn(40) {
                    bytes.append(UInt8.random(in: 0...255, using: &random))
                } else {
                    bytes += Array((words.randomElement(using: &random) ?? "").utf8)
                }
            }
            switch renderTemplate(bytes, data: TemplateTests.data) {
            case .success(let text):
                #expect(text.bytes.count <= TemplateBudget.outputLimit)
                for offset in text.bytes.indices { #expect((0...bytes.count).contains(text.source(of: offset))) }
            case .failure(let error):
                #expect(!error.faults.isEmpty)
                #expect(error.faults.allSatisfy { (0...bytes.count).contains($0.offset) }, "\(bytes)")
            }
        }
    }
}
