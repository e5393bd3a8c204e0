import Model
import TestSupport
import Testing

@testable import CloudInit

/// A template and what it gives.
struct TemplateCase: Sendable, CustomTestStringConvertible {
    let template: String
    let expected: String
    var testDescription: String { template }

    init(_ template: String, _ expected: String) {
        self.template = template
        self.expected = expected
    }

    /// What Go's text/template gives, with a map of strings for the labels.
    static let go: [TemplateCase] = [
        .init("plain", "plain"), .init("a{{ .Name }}b", "awebb"), .init("{{.Name}}", "web"),
        .init("{{ .Labels.app }}", "shop"), .init("{{ index .Labels \"a.b/c\" }}", "odd"),
        .init("{{ .Annotations.note }}", "hello"), .init("{{ index .SSHPublicKeys 1 }}", "ssh-rsa BBBB two"),
        .init("{{ .Addresses }}", "[192.0.2.10 2001:db8::10]"), .init("{{ .Labels }}", "map[a.b/c:odd app:shop]"),
        .init("{{ len .Addresses }} {{ len .Name }}", "2 3"), .init("{{ (index .Networks 0).Name }}", "lan"),
        .init("a {{- .Name -}} b", "awebb"), .init("a \n\t{{- .Name -}}\r\n b", "awebb"),
        .init("a {{- /* no */ -}} b", "ab"), .init("a {{/* no */}} b", "a  b"), .init("{{- 3}}", "3"),
        .init("{{-3}}", "-3"),
        .init("{{ if .Name }}y{{ end }}", "y"), .init("{{ if \"\" }}y{{ else }}n{{ end }}", "n"),
        .init("{{ if 0 }}a{{ else if \"x\" }}b{{ else }}c{{ end }}", "b"),
        .init("{{ if 0 }}a{{ else if \"\" }}b{{ else }}c{{ end }}", "c"),
        .init("{{ range .Addresses }}<{{ . }}>{{ end }}", "<192.0.2.10><2001:db8::10>"),
        .init("{{ range $i, $a := .Addresses }}{{ $i }}={{ $a }};{{ end }}", "0=192.0.2.10;1=2001:db8::10;"),
        .init("{{ range $k, $v := .Labels }}{{ $k }}={{ $v }};{{ end }}", "a.b/c=odd;app=shop;"),
        .init("{{ range $a := .Addresses }}{{ $a }},{{ else }}none{{ end }}", "192.0.2.10,2001:db8::10,"),
        .init("{{ range .SSHPublicKeys }}{{ $.Name }}{{ end }}", "webweb"),
        .init("{{ range .Addresses }}{{ break }}x{{ end }}", ""),
        .init("{{ range $i, $x := .Addresses }}{{ if eq $i 0 }}{{ continue }}{{ end }}{{ $i }}{{ end }}", "1"),
        .init("{{ with .Labels }}{{ .app }}{{ end }}", "shop"),
        .init("{{ with \"\" }}a{{ else }}{{ .Name }}{{ end }}", "web"),
        .init("{{ with $x := .Name }}{{ $x }}{{ . }}{{ end }}", "webweb"),
        .init("{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "2"),
        .init("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        .init("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        .init("{{ if $x := .Name }}{{ $x }}{{ end }}", "web"),
        .init("{{ if $x := \"\" }}{{ else if $y := .Name }}{{ $y }}{{ end }}", "web"),
        .init("{{ \"a\\tb\\\"c\\\\d\\u00e9\\x41\\101\" }}", "a\tb\"c\\d\u{e9}AA"), .init("{{ `a\\n\"b` }}", "a\\n\"b"),
        .init("{{ 'a' }}", "97"),
        .init("{{ 0x1F }} {{ 1_000 }} {{ +5 }} {{ 1.5 }} {{ 2.0 }} {{ 1e3 }}", "31 1000 5 1.5 2 1000"),
        .init("{{ true }} {{ false }}", "true false"), .init("{{ and 1 0 }} {{ or 0 \"x\" }} {{ not 1 }}", "0 x false"),
        .init("{{ and true .Name }} {{ or \"\" .Name }}", "web web"),
        .init(
            "{{ eq .Name \"web\" }} {{ eq 1 2 1 }} {{ ne 1 2 }} {{ lt 1 2 }} {{ gt \"b\" \"a\" }} {{ le 2 2 }} {{ ge 1 2 }}",
            "true true true true true true false"),
        .init("{{ .Name | printf \"%s-%s\" \"x\" }}", "x-web"),
        .init("{{ printf \"%03d|%-5s|%5s|%q|%v|%%\" 7 \"a\" \"b\" \"c\\n\" true }}", "007|a    |    b|\"c\\n\"|true|%"),
        .init("{{ printf \"%+d %05d %x\" 3 -42 255 }}", "+3 -0042 ff"), .init("{{ (printf \"%s\" .Name) | len }}", "3"),
        .init("{{ printf \"%q\" \"\u{7}é\u{200b}\u{1F600}\" }}", "\"\\aé\\u200b\u{1F600}\""),
        .init("{{\n .Name\n}}", "web"), .init("{{ $.Name }}", "web"), .init("}} { {", "}} { {"),
        .init("{{ if and .Name (eq 1 1) }}y{{ end }}", "y"), .init("{{ index .Labels \"none\" | eq \"\" }}", "true"),
        .init("{{`{{.Names}}`}}", "{{.Names}}"), .init("{{\"{{\"}}x{{\"}}\"}}", "{{x}}"),
        .init("{{ with .Networks }}{{ range . }}{{ .Name }}:{{ .MAC }} {{ end }}{{ end }}", "lan:52:54:00:00:00:01 "),
    ]

    /// Sprig's functions, and what goes beyond Go.
    static let more: [TemplateCase] = [
        .init("{{ .Labels.none | default \"d\" }} {{ default \"d\" .Name }} {{ default 3 0 }}", "d web 3"),
        .init("{{ .Name | quote }} {{ quote 1 \"a\\\"b\" }} {{ squote .Name }}", "\"web\" \"1\" \"a\\\"b\" 'web'"),
        .init("{{ \"a\\nb\" | indent 2 }}|{{ \"a\\nb\" | nindent 1 }}", "  a\n  b|\n a\n b"),
        .init(
            "{{ \"f\" | b64enc }} {{ \"foobar\" | b64enc }} {{ b64dec \"Zm9vYg==\" }}{{ b64enc \"\" }}",
            "Zg== Zm9vYmFy foob"),
        .init("{{ trim \" a b\\n\" }}|{{ upper \"aé\" }}|{{ lower \"AÉ\" }}", "a b|AÉ|aé"),
        .init("{{ \"a-b-c\" | replace \"-\" \"+\" }} {{ replace \"x\" \"\" \"xaxx\" }}", "a+b+c a"),
        .init(
            "{{ join \",\" .Addresses }} {{ .Addresses | join \" \" }}",
            "192.0.2.10,2001:db8::10 192.0.2.10 2001:db8::10"),
        .init(
            "{{ index (splitList \",\" \"a,b,\") 1 }}{{ len (splitList \",\" \"a,b,\") }}{{ (split \".\" \"x.y\")._1 }}",
            "b3y"),
        .init(
            "{{ contains \"eb\" .Name }} {{ hasPrefix \"we\" .Name }} {{ hasSuffix \"x\" .Name }}", "true true false"),
        .init("{{ trimSuffix \"b\" .Name }} {{ trimPrefix \"w\" .Name }}", "we eb"),
        .init(
            "{{ toYaml .Labels }}|{{ toYaml .Addresses }}|{{ toYaml true }}",
            "a.b/c: odd\napp: shop|- \"192.0.2.10\"\n- \"2001:db8::10\"|true"),
        .init("{{\"{{ .Name }}\"}}", "web"), .init("a {{- \"{{ .Name }}\" -}} b", "awebb"),
        .init("a {{\"{{- .Name -}}\"}} b", "awebb"),
        .init("{{\"{{ index .Labels \\\"a.b/c\\\" }}\"}}", "odd"),
        .init("{{\"{{ if .Name }}\"}}y{{\"{{ end }}\"}}", "y"), .init("{{\"{{ .Name }} x\"}}", "{{ .Name }} x"),
        .init("{{\"{{ .Name }}{{ .Name }}\"}}", "{{ .Name }}{{ .Name }}"),
        .init("{{ range 3 }}{{ . }}{{ end }}", "012"), .init("{{ if .Labels.none }}y{{ else }}n{{ end }}", "n"),
        .init("{{ with .Labels.none }}y{{ else with .Labels.app }}{{ . }}{{ end }}", "shop"),
        .init(
            "{{ .HostName }}.{{ .Namespace }} {{ .SSHPublicKey }} {{ .Address }}",
            "web.default ssh-ed25519 AAAA one@example 192.0.2.10"),
        .init(
            "{{ range .Networks }}{{ .Gateway }} {{ .CIDRs }} {{ .DNS }} {{ .SearchDomains }} {{ .MTU }}{{ end }}",
            "192.0.2.1 [192.0.2.10/24 2001:db8::10/64] [192.0.2.53 2001:db8::53] [example.org] 9000"),
    ]
}

@Suite struct TemplateTests {
    static let data = TemplateValue(of: SeedCase(networks: [.lan]).source, hostName: "web")

    @Test(arguments: TemplateCase.go + TemplateCase.more)
    func renders(_ testCase: TemplateCase) {
        switch renderTemplate(Array(testCase.template.utf8), data: TemplateTests.data) {
        case .success(let text): #expect(String(decoding: text.bytes, as: UTF8.self) == testCase.expected)
        case .failure(let error): Issue.record("\(error.faults.map { "\($0.offset) \($0.trouble.detail)" })")
        }
    }

    /// The emoji stand where each mistake is to be reported.
    @Test(arguments: [
        ("{{ 1️⃣.Nmae }}", "Did you mean `.Name`?"), ("{{ $1️⃣.Nmae }}", "Did you mean `.Name`?"),
        ("{{ 1️⃣.Labels.ap }}", "Did you mean `app`?"),
        ("{{ .Labels.my1️⃣-label }}", "Write `index .Labels \"my-label\"`"),
        ("{{ .Labels.my1️⃣-2 | quote }}", "Write `index .Labels \"my-2\"`"),
        ("{{ .Name1️⃣-}}", "must stand a space"),
        ("{{ 1️⃣.Names }}", "{{`{{ … }}`}}"), ("{{ 1️⃣upcase .Name }}", "There is no function `upcase`"),
        ("{{ 1️⃣Name }}", "Did you mean `.Name`?"), ("{{ if 0 }}{{ 1️⃣.Oops }}{{ end }}", "There is no `.Oops`"),
        ("{{ range .Networks }}{{ 1️⃣.Nam }}{{ end }}", "Did you mean `.Name`?"),
        ("{{ 1️⃣$x }}", "There is no variable `$x`"),
        ("{{ if true }}{{ $y := 1 }}{{ end }}{{ 1️⃣$y }}", "There is no variable"), ("1️⃣{{ .Name", "never ends"),
        ("{{ 1️⃣\"a }}", "not closed"), ("{{ 1️⃣`a }}", "never ends"), ("1️⃣{{/* a }}", "never ends"),
        ("1️⃣{{ if .Name }}x", "`{{ end }}` is missing"),
        ("1️⃣{{ end }}", "There is no `if`"), ("1️⃣{{ else }}", "There is no `if`"),
        ("1️⃣{{ if }}x{{ end }}", "missing in `if`"),
        ("{{ if 1 }}{{ else }}1️⃣{{ else }}{{ end }}", "already"), ("1️⃣{{ break }}", "outside"),
        ("1️⃣{{ define \"x\" }}", "no `define`"),
        ("1️⃣{{ }}", "missing"), ("{{ .Name | 1️⃣.Name }}", "Only a function"), ("{{ 1️⃣.Name 1 }}", "not a function"),
        ("{{ 1️⃣(.Name }}", "not closed"), ("{{ .Name 1️⃣) }}", "nothing opened"),
        ("{{ 1️⃣len }}", "takes one value, and is given 0"),
        ("{{ 1️⃣indent 2 }}", "is given 1"), ("{{ \"a\"1️⃣\"b\" }}", "space"), ("{{ 1️⃣& }}", "means nothing"),
        ("{{ 1️⃣len 3 }}", "`len` is of"),
        ("{{ .Name1️⃣.Foo }}", "no fields"), ("{{ 1️⃣index .Addresses 9 }}", "item 9"),
        ("{{ 1️⃣eq 1 \"a\" }}", "cannot be compared"),
        ("{{ 1️⃣printf \"%d\" \"a\" }}", "does not fit"), ("{{ 1️⃣printf \"%s\" }}", "more places"),
        ("{{ 1️⃣printf \"a\" 1 }}", "more values"),
        ("{{ 1️⃣b64dec \"?\" }}", "not base64"), ("{{ 1️⃣'ab' }}", "one character"), ("{{ 1️⃣\"\\z\" }}", "escape"),
        ("{{ 1️⃣12x }}", "not a number"),
        ("{{ 1️⃣nil }}", "`nil`"), ("{{ quote 1️⃣replace }}", "parentheses"),
        ("{{\"{{ 1️⃣.Nmae }}\"}}", "Did you mean `.Name`?"), ("é{{ 1️⃣.Nmae }}", "`.Name`"),
        ("x\n  {{ 1️⃣.Nmae }}", "`.Name`"),
        ("{{ end1️⃣ 1 }}", "There is no `if`"),
    ])
    func mistakes(_ text: String, _ message: String) throws {
        let marker = Array("1️⃣".utf8)
        let bytes = Array(text.utf8)
        let marked = try #require(firstOffset(of: marker, in: bytes))
        let template = Array(bytes[..<marked] + bytes[(marked + marker.count)...])
        guard case .failure(let error) = renderTemplate(template, data: TemplateTests.data) else {
            Issue.record("It is rendered.")
            return
        }
        #expect(error.faults.count == 1, "\(error.faults.map { "\($0.offset) \($0.trouble.detail)" })")
        #expect(error.faults[0].trouble.detail.contains(message), "\(error.faults[0].trouble.detail)")
        if !text.contains("end1️⃣") { #expect(error.faults[0].offset == marked) }
    }

    @Test func allMistakesAreFoundAtOnce() {
        let text = "{{ .Nmae }} {{ $x := foo }} {{ $x }} {{ if ( }} {{ .Bla }} {{ end }} {{ \"a }} {{ .Hostname }}"
        guard case .failure(let error) = renderTemplate(Array(text.utf8), data: TemplateTests.data) else {
            Issue.record("It is rendered.")
            return
        }
        #expect(error.faults.map(\.offset) == [3, 21, 37, 51, 72, 81])
    }

    @Test(arguments: [
        "{{ .SSHPublicKey }}", "{{ .Address }}", "{{ (index .Networks 0).MAC }}",
        "{{ (index .Networks 0).MAC | quote }}", "{{ .Labels.none }}",
    ])
    func whatIsNotThereIsRefused(_ template: String) {
        var source = SeedCase(networks: [SeedNetwork(item: "nat")]).source
        source.sshPublicKeys = []
        let data = TemplateValue(of: source, hostName: "web")
        guard case .failure(let error) = renderTemplate(Array(template.utf8), data: data) else {
            Issue.record("It is rendered.")
            return
        }
        #expect(error.faults.map(\.trouble.problem) == [.missingValue])
        let tested = Array(
            "{{ if not \(template.dropFirst(3).dropLast(3).replacing(" | quote", with: "")) }}none{{ end }}".utf8)
        if case .success(let text) = renderTemplate(tested, data: data) {
            #expect(text.bytes == Array("none".utf8))
        } else {
            Issue.record("A condition is refused.")
        }
    }
}
