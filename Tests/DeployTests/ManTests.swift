import TestSupport
import Testing

/// The manual pages that are made from the program's help.
@Suite(.needs("python3", "mandoc", "man")) struct ManTests {
    private func pages() async throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        try await Tools.run(Tools.python, "scripts/make-man", builtExecutable("rigaud"), scratch.path)
        return scratch
    }

    @Test func areWellFormed() async throws {
        let scratch = try await pages()
        let names = try filesIn(scratch.path)
        #expect(names.contains("rigaud.1") && names.contains("rigaud-plan.1") && names.count > 10)
        for name in names {
            let page = scratch.path(name)
            try await Tools.run("mandoc", "-T", "lint", "-W", "warning", page)
            let shown = try await runProcess(
                "man", ["--warnings", "-l", page],
                environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"])
            #expect(shown.exitStatus == 0 && shown.standardError.isEmpty, "\(name): \(shown.standardError)")
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES"] {
                #expect(shown.standardOutput.contains("\n\(section)\n"), "\(name) has no \(section)")
            }
        }
    }

    @Test func sayAllThatTheHelpSays() async throws {
        let scratch = try await pages()
        for verb in ["plan", "apply", "drift", "validate", "destroy"] {
            let help = try await Tools.run(builtExecutable("rigaud"), "help", verb)
            let page = try await Tools.run("mandoc", "-T", "utf8", "-O", "width=400", scratch.path("rigaud-\(verb).1"))
            // Bold is a character, a backspace and the character again.
            let text = page.replacing(/.\u{8}/, with: "")
            for option in help.matches(of: /\n  (--[a-z-]+)/) {
                #expect(text.contains("\(option.1)"), "\(verb) \(option.1)")
            }
        }
    }

    @Test func nameEveryVariableThatIsRead() async throws {
        let scratch = try await pages()
        let page = try scratch.read("rigaud.1")
        let source = String(decoding: try readFile(PackageFiles.path("Sources/CLI/Environment.swift")), as: UTF8.self)
        let names = Set(source.matches(of: /value\("([A-Z_]+)"\)/).map { String($0.1) }).subtracting(["PATH"])
        #expect(names.count >= 5)
        for name in names { #expect(page.contains(".It Ev") && page.contains("\"\(name)\""), "\(name)") }
    }

    @Test func areTheSameEveryTime() async throws {
        let (one, other) = (try await pages(), try await pages())
        for name in try filesIn(one.path) { #expect(try one.read(name) == other.read(name)) }
    }
}
