import Glibc
import Model
import Planner
import Reports
import StateFile

/// A saved plan on disk.
struct PlanFile {
    let path: String
    let saved: SavedPlan
    let source: RunReport.Source

    /// A plan of 100,000 objects is below it.
    fileprivate static let limit = 256 << 20

    /// Nil for what is no saved plan.
    init?(_ path: String) throws(Failure) {
        guard PlanFile.isOne(path) else { return nil }
        guard let bytes = readSmallFile(path, limit: PlanFile.limit) else {
            throw Failure(
                "plan-unreadable", "The saved plan cannot be read",
                "\(path) cannot be read to its end, or is larger than a plan of rigaud's can be.",
                command: "ls -l \(path)")
        }
        do throws(StateError) { saved = try SavedPlan(bytes, path: path) } catch { throw Failure(error) }
        guard let kind = RunReport.Source.Kind(rawValue: saved.source.kind) else {
            throw Failure(
                "plan-damaged", "The saved plan is damaged", "\(path) names a kind of source that there is not.")
        }
        source = RunReport.Source(
            kind, location: saved.source.location, commit: saved.source.commit, isDirty: saved.source.isDirty,
            digest: saved.plan.digest)
        self.path = path
    }

    /// Whether a source of the command line is the file of a saved plan.
    static func isOne(_ path: String) -> Bool {
        guard path != "-", !path.utf8.contains(0) else { return false }
        // What is no file, a pipe for example, is not to be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        var beginning = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &beginning, beginning.count)
        return count > 0 && SavedPlan.isBegun(by: beginning.prefix(count))
    }

    /// What a verb says that wants manifests.
    static func refusal(of path: String) -> Failure {
        Failure(
            "plan-file", "This is a saved plan, not manifests",
            "\(path) was written by `rigaud plan --out`. It can be shown, and it can be applied; everything else reads manifests.",
            command: "rigaud show \(path)")
    }

    static func otherSource(_ location: String) -> Failure {
        Failure(
            "stale-plan", "The saved plan is stale",
            "It was made from \(location), which is another kind of source by now. Nothing was done. Make the plan again.",
            command: "rigaud plan --out FILE", .stalePlan)
    }
}

extension PlanFile {
    /// The command that makes this plan anew, of all that it was asked for with.
    func commandToMakeAgain(in workspace: Workspace) -> String {
        let policy = saved.policy
        let allowed = policy.allowed.sorted().map(\.rawValue) + (policy.allowsRewind ? ["rewind"] : [])
        var words = ["--out", shellWord(path)] + (workspace.record?.report.repeated ?? [])
        if saved.isSimulated, !words.contains("--simulate") { words.append("--simulate") }
        for address in policy.targets { words += ["--target", shellWord(address.text)] }
        for address in policy.excludes { words += ["--exclude", shellWord(address.text)] }
        if !allowed.isEmpty { words += ["--allow", allowed.joined(separator: ",")] }
        return commandLine("plan", words, about: saved.source.location)
    }
}

extension Workspace {
    /// Writes a plan to a file, for `apply` to do later.
    func save(
        _ inspection: Inspection, _ source: RunReport.Source, _ notices: [Diagnostic], _ options: PolicyOptions,
        to path: String
    ) throws(Failure) {
        let plan = inspection.plan
        let errors = plan.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty, let lineage = plan.lineage else {
            console.complain("The plan has errors, so it was not saved.")
            return
        }
        if source.kind == .stdin, !plan.filledVolumes.isEmpty {
            throw Failure(
                "source-unrepeatable", "This plan cannot be saved",
                """
                Volumes are filled with what the manifests say, which is read again when the plan is applied, and standard input \
                cannot be. Give a directory, a file or a git address.
                """, .refused)
        }
        let saved = SavedPlan(
            plan, lineage: lineage,
            source: SavedPlan.Source(
                kind: source.kind.rawValue, location: source.location, commit: source.commit, isDirty: source.isDirty),
            policy: SavedPlan.Policy(
                allowed: options.allowed, allowsRewind: options.allowsRewind, targets: options.target,
                excludes: options.exclude),
            notices: notices, isSimulated: self.options.simulate,
            preconditions: Preconditions(
                of: plan, recorded: inspection.recovery.recorded, observed: inspection.observed))
        let bytes = saved.bytes
        guard bytes.count <= PlanFile.limit else {
            throw Failure(
                "plan-too-large", "The plan is too large to be saved",
                "It would be \(bytes.count >> 20) MiB, and one of up to \(PlanFile.limit >> 20) MiB is read. Plan a part of it.",
                command: "rigaud plan --target ADDRESS --out \(path)")
        }
        if let objection = FormerFile.plan.objection(to: path) {
            throw Failure("plan-unwritable", "The plan was not saved", objection)
        }
        do throws(FileTrouble) {
            try replaceFile(at: path, with: bytes, mode: 0o600)
        } catch {
            throw Failure(
                "plan-unwritable", "The plan was not saved", "\(path) could not be written: \(error.reason).")
        }
    }
}

extension Plan {
    /// The volumes that steps make with something in them, which the plan itself does not hold.
    var filledVolumes: [Address] {
        let takers = Set(changes.lazy.filter { $0.change.features.contains(.upload) }.map(\.change.address))
        return steps.map(\.operation).filter {
            $0.verb == .create && $0.set[.content] != nil && takers.contains($0.address)
        }.map(\.address)
    }
}
