import Glibc
import TestSupport
import Testing

@testable import Reports

/// The real readers of the formats.
enum Tools {
    static let python = "/usr/bin/python3"
    static let xmllint = "/usr/bin/xmllint"
    static let markdown = "/usr/bin/cmark-gfm"
    static let chromium = "/usr/bin/chromium"

    /// Why promtool cannot be had on this machine; nil where it can, and then it is there.
    static let obstacleToPromtool = obstacleToRunning(PackageFiles.path("scripts/unpack-package"), ["prometheus"])

    /// Of Debian's `prometheus`, which would be a service where it is installed.
    static func promtool() async throws -> String {
        let unpacked = try await runProcess(PackageFiles.path("scripts/unpack-package"), ["prometheus"])
        return "\(unpacked.standardOutput.prefix { $0 != "\n" })/usr/bin/promtool"
    }

    static func isThere(_ program: String) -> Bool { access(program, X_OK) == 0 }

    static func fixture(_ name: String) -> String { PackageFiles.path("Tests/ReportsTests/Fixtures/\(name)") }

    /// Runs a program on an input, expects 0, and gives its output.
    @discardableResult
    static func run(
        _ program: String, _ arguments: String..., input: [UInt8] = [],
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await runProcess(program, arguments, input: String(decoding: input, as: UTF8.self))
        #expect(result.exitStatus == 0, "\(program): \(result)", sourceLocation: sourceLocation)
        return result.standardOutput
    }

    /// Holds JSON against a schema. Keys that the schema does not name are refused, which readers should not do.
    static func check(
        _ json: [UInt8], against schema: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
    )
        async throws
    {
        try await run(python, fixture("validate.py"), schema, input: json, sourceLocation: sourceLocation)
    }

    static func schema(_ name: String) -> String { PackageFiles.path("docs/schema/\(name).schema.json") }

    /// The page as it is once it is loaded, or, where `isPatient`, once its timers have run: in virtual time, which tells
    /// nothing of how long things take.
    static func dump(
        _ page: [UInt8], hash: String = "", isPatient: Bool = true,
        sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> String {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(page, to: "page.html")
        let result = try await runProcess(
            chromium,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--user-data-dir=\(scratch.path("profile"))", "--window-size=1280,900",
            ] + (isPatient ? ["--virtual-time-budget=10000"] : []) + ["--dump-dom", "file://\(path)\(hash)"],
            environment: ["HOME": scratch.path, "PATH": "/usr/bin:/bin"], timeout: .hang)
        #expect(result.exitStatus == 0, "chromium: \(result.standardError)", sourceLocation: sourceLocation)
        return result.standardOutput
    }
}

extension String {
    init(_ bytes: [UInt8]) { self.init(decoding: bytes, as: UTF8.self) }

    func occurrences(of text: String) -> Int { ranges(of: text).count }
}
