import Glibc
import TestSupport
import Testing

/// The units in a Debian that really boots, with all their drop-ins: what hardening forbids shows only there.
@Suite(.hangLimit) struct BootedUnitTests {
    private static let wanted = [
        // Not by itself; then as asked.
        "enabled 1", "timer 0", "apply 0", "apply-report 0", "drift 0", "drift-report 0", "metrics-readable 0",
        "state-unreadable 2",
        // Drift is a result, no failure of the unit; an apply mends it.
        "drift-by-hand 0", "drift-status 3", "apply-again 0", "drift-gone 0", "drift-status-at-last 0",
    ]

    @Test(
        .enabled(
            if: getenv("RIGAUD_TEST_GUEST") != nil, "A container that boots takes minutes: make test-guest runs this."),
        .needs("systemd-nspawn", "mmdebstrap"), .canRunPipelines)
    func fareWell() async throws {
        let check = try await runProcess(PackageFiles.path("scripts/boot-units"), ["--check"])
        guard check.exitStatus == 0 else {
            try Test.cancel("\(check.standardError)")
        }
        let result = try await runProcess(
            PackageFiles.path("scripts/boot-units"), [try builtExecutable("rigaud")])
        #expect(result.standardOutput.split(separator: "\n").map(String.init) == Self.wanted, "\(result)")
    }
}
