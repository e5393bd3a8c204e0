import Testing

/// The checker is worth something only if it finds what it looks for.
@Suite("What goes against the architecture is found")
struct SourceFileTests {
    @Test(
        arguments: [
            ("Model", "import Glibc"),
            ("Model", "import Synchronization"),
            ("Differ", "package import Planner"),
            ("Planner", "@testable import Libvirt"),
            ("Executor", "import struct Libvirt.Connection"),
            ("Libvirt", "  internal import Foundation // just once"),
            ("CLI", "import CLibvirt"),
            ("rigaud", "import Model"),
            ("Utilities", "let x = 1"),
            ("Planner", "print(x)"),
            ("Planner", "Swift.print(x)"),
            ("StateFile", "let home = getenv(name)"),
            ("Manifest", "ProcessInfo.processInfo.environment"),
            ("Libvirt", "guard ok else { exit(1) }"),
            ("Model", "let x = try! f()"),
            ("Model", "let x = y as! Int"),
            ("Libvirt", "final class Box: @unchecked Sendable {}"),
            ("Libvirt", "// A reason.\n\nnonisolated(unsafe) var x = 1"),
        ] as [(String, String)])
    func found(module: String, text: String) {
        let violations = SourceFile(module: module, name: "Sample.swift", text: text).violations
        #expect(violations.count == 1, "\(violations)")
    }

    @Test(
        arguments: [
            ("Planner", "package import Differ\nimport Model"),
            ("CLI", "print(getenv(name))\nexit(0)"),
            ("rigaud", "import CLI\nexit(status)"),
            ("Differ", "let fingerprint = fingerprint(x)"),
            ("Differ", "report.print(x)  // not print(x)"),
            ("Manifest", #"let text = "print(x) and try! \" import Glibc""#),
            ("Model", "/// `try!` is forbidden; import nothing."),
            ("Model", "let important = 1"),
            ("Libvirt", "// The queue serialises it.\nfinal class Box: @unchecked Sendable {}"),
        ] as [(String, String)])
    func notFound(module: String, text: String) {
        let violations = SourceFile(module: module, name: "Sample.swift", text: text).violations
        #expect(violations.isEmpty, "\(violations)")
    }

    @Test("also by its length", arguments: [(400, 0), (401, 1)])
    func length(lines: Int, violations: Int) {
        let text = String(repeating: "let x = 1\n", count: lines)
        #expect(SourceFile(module: "Model", name: "Sample.swift", text: text).violations.count == violations)
    }
}
