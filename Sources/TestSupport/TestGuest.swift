import Glibc
package import Testing

/// A guest with a disk of 32 MB (16 on the host) that boots in a few seconds under TCG: see `scripts/make-test-guest`.
///
/// Its disk is `qcow2` with a DOS partition table. On the first serial port it prints `guest: ready` after a line each
/// for `cpus`, `memory` (KiB), every `disk`, every `nic` (with its MAC) and every line of a cloud-init seed's files
/// (`seed user-data: ...`); the power button ends it.
package enum TestGuest {
    /// Why it cannot be made on this machine; nil where it can, and then it is made.
    package static let obstacle = obstacleToRunning(PackageFiles.path("scripts/make-test-guest"))

    /// The path of the image, which is made at the first call on a machine and then kept; do not write to it.
    package static func image() async throws -> String {
        let result = try await runProcess(PackageFiles.path("scripts/make-test-guest"), timeout: .seconds(600))
        let path = result.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
        guard result.exitStatus == 0, access(path, R_OK) == 0 else {
            throw SystemFailure(because: "scripts/make-test-guest: \(result)")
        }
        return path
    }

    /// Waits until the file that a serial port is written to holds `mark`, and gives what it holds then.
    package static func console(
        _ path: String, until mark: String, timeout: Duration = .hang
    ) async throws -> String {
        let deadline = ContinuousClock.now + timeout
        while true {
            let text = (try? readFile(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            if text.contains(mark) { return text }
            guard ContinuousClock.now < deadline else {
                throw SystemFailure(because: "The console never said '\(mark)'. It said:\n\(text)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// A full Debian with cloud-init and the guest agent: see `scripts/make-debian-guest`. It takes minutes to make and a minute or
/// two to boot under TCG, so that its tests are run by `make test-guest` alone.
package enum DebianGuest {
    package static var isWanted: Bool { getenv("RIGAUD_TEST_GUEST") != nil }

    package static func image() async throws -> String {
        let result = try await runProcess(PackageFiles.path("scripts/make-debian-guest"), timeout: .seconds(1200))
        let path = result.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
        guard result.exitStatus == 0, access(path, R_OK) == 0 else {
            throw SystemFailure(because: "scripts/make-debian-guest: \(result)")
        }
        return path
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, unless it was asked for.
    package static var needsDebianGuest: Self {
        .enabled(if: DebianGuest.isWanted, "A full Debian guest takes minutes: make test-guest runs this.")
    }

    /// Skips the test, and says so, where there is no guest to boot.
    package static var needsTestGuest: Self {
        .disabled(if: TestGuest.obstacle != nil, "\(TestGuest.obstacle ?? "")")
    }
}
