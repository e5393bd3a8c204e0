import TestSupport
import Testing

/// The units of systemd and the line of cron.
@Suite struct UnitTests {
    static let services = ["rigaud-drift@", "rigaud-apply@"]

    /// A folder with the units as they would run here, with the drop-ins too.
    private func units(dropIns: Bool) throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        let rigaud = try builtExecutable("rigaud")
        for name in try filesIn(PackageFiles.path("deploy/systemd")) {
            var text = String(decoding: try readFile(PackageFiles.path("deploy/systemd/\(name)")), as: UTF8.self)
            text.replace("ExecStart=rigaud ", with: "ExecStart=\(rigaud) ")
            if name.hasSuffix(".conf"), dropIns {
                for service in Self.services { try scratch.write(text, to: "\(service).service.d/\(name)") }
            } else {
                try scratch.write(text, to: name)
            }
        }
        return scratch
    }

    @Test(.needs("systemd-analyze"), arguments: [false, true])
    func systemdFindsNothingWrong(dropIns: Bool) async throws {
        let scratch = try units(dropIns: dropIns)
        let names = [
            "rigaud-drift@prod.service", "rigaud-drift@prod.timer", "rigaud-apply@prod.service",
            "rigaud-apply@prod.timer",
        ]
        let result = try await runProcess(
            "systemd-analyze", ["verify", "--man=no"] + names.map { scratch.path($0) },
            environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.exitStatus == 0 && result.standardError.isEmpty, "\(result)")
    }

    @Test(.needs("systemd-analyze"), arguments: services)
    func isHardened(service: String) async throws {
        let scratch = try units(dropIns: false)
        // Of 0 to 10, in tenths; below 2 is what systemd itself calls OK.
        let result = try await runProcess(
            "systemd-analyze",
            ["security", "--no-pager", "--offline=true", "--threshold=15", scratch.path("\(service).service")])
        #expect(result.exitStatus == 0, "\(result)")
    }

    @Test func bothServicesAreHardenedAlike() throws {
        let parts = try Self.services.map { service in
            let bytes = try readFile(PackageFiles.path("deploy/systemd/\(service).service"))
            let text = String(decoding: bytes, as: UTF8.self)
            return try #require(text.firstRange(of: "DynamicUser=yes").map { text[$0.lowerBound...] })
        }
        #expect(parts[0] == parts[1])
    }

    @Test(.needs("systemd-analyze")) func theTimerIsEveryQuarterOfAnHour() async throws {
        let said = try await Tools.run("systemd-analyze", "calendar", "--iterations=2", "*:0/15")
        #expect(said.contains("Normalized form: *-*-* *:00/15:00"))
    }

    /// Both systemd and sh read the file with the settings.
    @Test func theSettingsAreReadByTheShell() async throws {
        let example = PackageFiles.path("deploy/systemd/rigaud.env.example")
        let said = try await Tools.run("/bin/sh", "-euc", "set -a; . \"$1\"; env | grep ^RIGAUD", "sh", example)
        #expect(said == "RIGAUD_SOURCE=https://git.example.org/infra/machines.git//stacks/prod?ref=main\n")
        let all = String(decoding: try readFile(example), as: UTF8.self)
        let scratch = try ScratchDirectory()
        let lines = all.split(separator: "\n").map { $0.hasPrefix("#RIGAUD") ? String($0.dropFirst()) : String($0) }
        let active = try scratch.write(lines.joined(separator: "\n") + "\n", to: "all.env")
        let show = ". \"$1\"; echo $RIGAUD_DRIFT_OPTIONS $RIGAUD_NOTIFY"
        let options = try await Tools.run("/bin/sh", "-euc", show, "sh", active)
        #expect(options.hasPrefix("--after 2 https://"))
    }

    @Test func theLineOfCronIsOne() async throws {
        let text = String(decoding: try readFile(PackageFiles.path("deploy/cron/rigaud-drift")), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let setting = /[A-Z_]+=.*/
        let jobs = lines.filter { $0.wholeMatch(of: setting) == nil }
        let job = try #require(jobs.first)
        #expect(jobs.count == 1 && text.hasSuffix("\n"))
        // Minutes, hours, days, months, weekdays, the user; a percent sign would be the end of the line.
        let match = try #require(job.wholeMatch(of: /([\d,]+) \* \* \* \* rigaud ([^%]+)/))
        let scratch = try ScratchDirectory()
        let script = try scratch.write("\(match.2)\n", to: "job")
        try await Tools.run("/bin/sh", "-n", script)
    }
}
