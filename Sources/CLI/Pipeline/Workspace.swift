import Git
import Glibc
import Hypervisor
import Libvirt
import Manifest
import Model
import Planner
import Reports
import StateFile

/// Where a command works: its source, its state, its hosts, its console.
struct Workspace {
    let console: Console
    let source: String
    let options: CommonOptions
    /// Where the manifests are, or the file with them is.
    let directory: String
    let location: StateLocation
    let hypervisor: LibvirtHypervisor
    let timings = Timings()
    let interrupt: Interrupt
    /// Set where the source is a commit of a repository.
    let git: GitSource?
    let record: RunRecord?

    init(
        _ options: CommonOptions, source: String, git policy: GitPolicy = GitPolicy(), record: RunRecord? = nil
    ) throws(Failure) {
        guard !PlanFile.isOne(source) else { throw PlanFile.refusal(of: source) }
        try self.init(options, source: source, at: nil, git: policy, record: record)
        // A stack whose manifests are gone has its state elsewhere, or nowhere.
        guard git != nil || source == "-" || access(source, F_OK) == 0 || options.state ?? Environment.state != nil
        else {
            throw Failure(
                "unreadable-source", "There is nothing at the source's path",
                "`\(source.printable)` is neither a directory nor a file. Check the path; if the manifests are gone, say where the state is.",
                command: "rigaud state list --state PATH")
        }
    }

    /// Where a saved plan was made.
    init(
        _ options: CommonOptions, of file: PlanFile, git policy: GitPolicy = GitPolicy(), record: RunRecord? = nil
    ) throws(Failure) {
        var options = options
        options.simulate = options.simulate || file.saved.isSimulated
        let source = file.saved.source
        let isGit = source.kind == RunReport.Source.Kind.git.rawValue
        try self.init(options, source: source.location, at: isGit ? source.commit : nil, git: policy, record: record)
        guard (git != nil) == isGit else { throw PlanFile.otherSource(source.location) }
        record?.report.stack = file.saved.plan.stack
    }

    private init(
        _ options: CommonOptions, source: String, at commit: String?, git policy: GitPolicy, record: RunRecord?
    ) throws(Failure) {
        self.options = options
        self.source = source
        self.record = record
        console = options.console
        interrupt = Interrupt(console: console)
        git = try GitSource(source, at: commit, policy: policy)
        directory = git?.stateDirectory ?? Workspace.directory(of: source)
        do throws(StateError) {
            location = try StateLocation(
                Workspace.statePath(options, in: git.map(\.stateDirectory) ?? Workspace.hiddenFolder(in: directory))
            ).followingLinks()
        } catch {
            throw Failure(error)
        }
        record?.statusPath = location.path + ".notified"
        let hosts = location.directory + "/hosts"
        hypervisor = LibvirtHypervisor(
            simulatedHosts: hosts.hasPrefix("/") ? hosts : "\(Environment.currentDirectory)/\(hosts)",
            simulateAll: options.simulate, lanes: min(options.parallelism, LibvirtHypervisor.callsAtOnce))
        // What ends before there is a plan is of this stack all the same.
        record?.report.stack = stackName
        record?.report.source.location = git?.address.description ?? source
        record?.report.source.folder = git?.address.folder ?? ""
        guard git != nil || !policy.isRestricted else {
            throw Failure(
                "no-commit", "Nothing was done: this is no commit",
                """
                A signature, a branch or a folder was demanded, and \(source) is read from files, of which none of these can be \
                said. Name the repository, or make the plan from it.
                """, command: "rigaud plan 'file:///path/to/repository//folder?ref=main'", .refused)
        }
    }

    /// The URI of a stack without a Provider.
    var fallbackURI: String { options.connect ?? Environment.defaultURI ?? "qemu:///system" }

    /// A simulated run never touches the real one's state, wherever that is.
    private static func statePath(_ options: CommonOptions, in folder: String) -> String {
        if let state = options.state { return state }
        return options.simulate ? "\(folder)/simulate/state.json" : Environment.state ?? "\(folder)/state.json"
    }

    /// Beside the manifests; the state of a repository's commit has a folder of its own already.
    private static func hiddenFolder(in directory: String) -> String {
        directory == "." ? ".rigaud" : "\(directory)/.rigaud"
    }

    private static func directory(of source: String) -> String {
        if source == "-" { return "." }
        if isDirectory(source) { return source.hasSuffix("/") && source.count > 1 ? String(source.dropLast()) : source }
        guard let slash = source.lastIndex(of: "/") else { return "." }
        return slash == source.startIndex ? "/" : String(source[..<slash])
    }

    /// A command to copy that is about the same as this run.
    /// - Parameter named: What the command line named; nil for the source.
    func command(_ verb: String, named: String? = nil) -> String {
        commandLine(verb, record?.report.repeated ?? [], about: named ?? source)
    }

    /// The same, about what is recorded, whatever the manifests say.
    func commandByState(_ verb: String) -> String {
        let repeated = record?.report.repeated ?? []
        let state = repeated.contains("--state") ? [] : ["--state", shellWord(location.path)]
        return commandLine(verb, repeated + state + ["\"$(mktemp -d)\""])
    }

    func readState() throws(Failure) -> StateView {
        do throws(StateError) {
            return try timings.measure("read state") { () throws(StateError) in try StateFile.readState(location) }
        } catch {
            throw Failure(error)
        }
    }

    /// The key of the state; nil before the first apply.
    func readKey() throws(Failure) -> SensitiveKey? {
        do throws(StateError) { return try SensitiveKey.read(location) } catch { throw Failure(error) }
    }

    /// The key of the state, which is made where there is none: for the holder of the lock.
    func loadKey() throws(Failure) -> SensitiveKey {
        do throws(StateError) { return try SensitiveKey.load(location) } catch { throw Failure(error) }
    }

    /// - Parameter lineage: Of a state that does not exist yet.
    func openSession(_ verb: String, lineage: ObjectID? = nil) async throws(Failure) -> StateSession {
        let holder = LockHolder(
            user: Environment.user, host: Environment.hostName, processID: Environment.processID,
            command: "rigaud \(verb)", since: Environment.now)
        do throws(StateError) {
            let start = ContinuousClock.now
            defer { timings.add("read state", start.duration(to: .now)) }
            return try await StateSession.open(location, as: holder, lineage: lineage)
        } catch {
            throw Failure(error)
        }
    }

    var author: StateAuthor {
        StateAuthor(
            version: rigaudVersion, host: Environment.hostName, user: Environment.user, time: Environment.now)
    }
}

extension Failure {
    init(_ error: StateError) {
        self.init(
            error.code.rawValue, error.summary, error.detail, command: error.command,
            error.code == .locked ? .locked : .error)
    }
}
