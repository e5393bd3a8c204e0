import Glibc
package import Testing

/// Debian's cloud-init, unpacked and not installed: see `scripts/make-cloud-init`.
package enum DebianCloudInit {
    /// Why it cannot be had on this machine; nil where it can, and then it is there.
    package static let obstacle = obstacleToRunning(script)

    private static let script = PackageFiles.path("scripts/make-cloud-init")

    /// Runs a script of Python's with cloud-init's modules, in a folder.
    package static func python(_ script: String, in directory: String) async throws -> ProcessResult {
        try await run(["-c", script], in: directory)
    }

    /// Runs `cloud-init ARGUMENTS` in a folder.
    package static func run(_ arguments: String..., in directory: String) async throws -> ProcessResult {
        try await run(["\(try await root())/usr/bin/cloud-init"] + arguments, in: directory)
    }

    private static func run(_ arguments: [String], in directory: String) async throws -> ProcessResult {
        let modules = "\(try await root())/usr/lib/python3/dist-packages"
        return try await runProcess(
            "/usr/bin/python3", ["-B"] + arguments,
            environment: ["PYTHONPATH": modules, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": directory],
            directory: directory)
    }

    private static func root() async throws -> String {
        let result = try await runProcess(script)
        let path = result.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
        guard result.exitStatus == 0, access(path, R_OK) == 0 else {
            throw SystemFailure(because: "scripts/make-cloud-init: \(result)")
        }
        return path
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where there is no cloud-init to ask.
    package static var needsCloudInit: Self {
        .disabled(if: DebianCloudInit.obstacle != nil, "\(DebianCloudInit.obstacle ?? "")")
    }
}
