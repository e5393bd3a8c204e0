import TestSupport
import Testing

/// What `make install` and `make deb` put where. The program of the tests stands in for a release, which takes minutes to build;
/// scripts/make-deb itself unpacks what it made and runs it (scripts/check-deb).
@Suite struct PackageTests {
    @Test(.needs("python3")) func installsAllThatBelongsToIt() async throws {
        let scratch = try ScratchDirectory()
        try await Tools.run("scripts/install-files", builtExecutable("rigaud"), scratch.path("usr"))
        for file in [
            "bin/rigaud", "share/man/man1/rigaud.1", "share/man/man1/rigaud-drift.1",
            "share/bash-completion/completions/rigaud", "share/zsh/site-functions/_rigaud",
            "share/fish/vendor_completions.d/rigaud.fish", "lib/systemd/system/rigaud-drift@.service",
            "lib/systemd/system/rigaud-apply@.timer", "share/rigaud/scripts/plan-saved",
            "share/rigaud/scripts/platform.sh", "share/doc/rigaud/examples/systemd/rigaud.env.example",
            "share/doc/rigaud/examples/gitlab/gitlab-ci.yml", "share/doc/rigaud/pipelines.md",
        ] {
            #expect(scratch.exists("usr/\(file)"), "\(file)")
        }
        let said = try await Tools.run(
            scratch.path("usr/bin/rigaud"), "validate", scratch.path("usr/share/doc/rigaud/examples/stacks/quickstart"))
        #expect(!said.isEmpty)
    }

    @Test(.needs("bash"), arguments: ["bash"])
    func completionsAreRead(shell: String) async throws {
        let scratch = try ScratchDirectory()
        try await Tools.run("scripts/install-files", builtExecutable("rigaud"), scratch.path("usr"))
        try await Tools.run(shell, "-n", scratch.path("usr/share/bash-completion/completions/rigaud"))
    }

    @Test func aProgramThatNeedsAToolchainIsNotPackaged() async throws {
        let rigaud = try builtExecutable("rigaud")
        let needed = try await Tools.run("readelf", "-d", rigaud)
        guard needed.contains("libswiftCore") else { return }
        let result = try await runProcess(PackageFiles.path("scripts/make-deb"), [rigaud])
        #expect(result.exitStatus == 65 && result.standardError.contains("--static-swift-stdlib"), "\(result)")
    }

    @Test(.needs("dpkg-deb", "dpkg-shlibdeps", "gcc"))
    func aPackageIsMadeAndChecked() async throws {
        // The checks of make-deb are the test; a program in C that talks like rigaud is quickly made.
        let scratch = try ScratchDirectory()
        let source = try scratch.write(
            """
            #include <stdlib.h>
            #include <unistd.h>
            int main(int count, char **arguments) {
                (void)count;
                setenv("RIGAUD_UNDER_TEST", "1", 1);
                arguments[0] = "\(try builtExecutable("rigaud"))";
                return execv(arguments[0], arguments);
            }

            """, to: "rigaud.c")
        try await Tools.run("gcc", "-o", scratch.path("rigaud"), source)
        let said = try await Tools.run(
            "scripts/make-deb", scratch.path("rigaud"),
            environment: [
                "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": scratch.path, "DEB_DIRECTORY": scratch.path("dist"),
                "DEB_MAINTAINER": "Ada <ada@example.org>",
            ])
        let package = try #require(said.split(separator: "\n").last.map(String.init))
        let fields = try await Tools.run("dpkg-deb", "--field", package, "Depends", "Maintainer")
        #expect(fields.contains("Depends: libc6") && fields.contains("Ada <ada@example.org>"))
    }
}
