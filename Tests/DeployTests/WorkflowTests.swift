import TestSupport
import Testing

/// The workflows as texts: YAML, and the shell in it.
@Suite struct WorkflowTests {
    static let files = ["deploy/github/rigaud.yml", "deploy/gitlab/.gitlab-ci.yml", "deploy/forgejo/rigaud.yml"]
    static let scripts = [
        "deploy/scripts/plan-saved", "deploy/scripts/plan-comment", "deploy/scripts/plan-store",
        "deploy/scripts/apply-saved", "deploy/scripts/drift-report", "deploy/scripts/platform.sh",
        "deploy/debian/postinst", "deploy/debian/postrm", "scripts/install-files", "scripts/make-deb",
        "scripts/check-deb", "scripts/boot-units",
    ]

    @Test(.needs("python3", "shellcheck"), arguments: files)
    func isSound(file: String) async throws {
        let scratch = try ScratchDirectory()
        try await Tools.run(Tools.python, Tools.fixture("workflow.py"), "check", file, scratch.path)
        let steps = try filesIn(scratch.path)
        #expect(steps.count >= 5)
        for step in steps { try await Tools.run("shellcheck", scratch.path(step)) }
    }

    @Test func theCheckFindsWhatItLooksFor() async throws {
        let scratch = try ScratchDirectory()
        let wrong = [
            "a: 1\na: 2\n",
            "name: x\non: {push: }\nenv: {}\njobs: {a: {runs-on: x, steps: [{run: 'echo ${{ github.head_ref }}'}]}}\n",
            "name: x\non: {push: }\nenv: {}\njobs: {a: {runs-on: x, needs: b, steps: [{run: 'true'}]}}\n",
            "stages: [a]\nb: {stage: c, rules: [{}], script: ['true']}\n",
            "stages: [a]\nb: {stage: a, rules: [{}], script: ['\"$SCRIPTS/absent\"']}\n",
        ]
        for text in wrong {
            let file = try scratch.write(text, to: "wrong.yml")
            let result = try await runProcess(
                Tools.python, [Tools.fixture("workflow.py"), "check", file, scratch.path], directory: PackageFiles.root)
            #expect(result.exitStatus == 1, "\(text)\(result)")
        }
    }

    @Test(.needs("shellcheck"), arguments: scripts)
    func theShellIsSound(script: String) async throws {
        try await Tools.run("shellcheck", "-x", "-P", "SCRIPTDIR", script)
    }

    @Test(.needs("python3", "shellcheck"))
    func theContainerfileIsSound() async throws {
        let scratch = try ScratchDirectory()
        try await Tools.run(Tools.python, Tools.fixture("containerfile.py"), "deploy/Containerfile", scratch.path)
        for step in try filesIn(scratch.path) { try await Tools.run("shellcheck", "-s", "sh", scratch.path(step)) }
    }
}
