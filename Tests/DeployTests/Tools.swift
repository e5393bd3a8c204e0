import Glibc
import TestSupport
import Testing

/// The programs that check what is deployed; scripts/install-dependencies --tests installs them.
enum Tools {
    static let python = "/usr/bin/python3"

    static func isThere(_ program: String) -> Bool {
        ["/usr/bin", "/bin", "/usr/sbin"].contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    static func fixture(_ name: String) -> String { PackageFiles.path("Tests/DeployTests/Fixtures/\(name)") }

    /// Runs a program, expects 0, and gives its output.
    @discardableResult
    static func run(
        _ program: String, _ arguments: String..., environment: [String: String]? = nil,
        directory: String = PackageFiles.root, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await runProcess(program, arguments, environment: environment, directory: directory)
        #expect(result.exitStatus == 0, "\(program): \(result)", sourceLocation: sourceLocation)
        return result.standardOutput
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where one of these programs is not installed.
    static func needs(_ programs: String...) -> Self {
        let missing = programs.filter { !Tools.isThere($0) }
        return .disabled(
            if: !missing.isEmpty,
            "\(missing.joined(separator: " and ")) not installed: scripts/install-dependencies --tests")
    }
}
