import CLibvirt
import Hypervisor
import Model

/// When a guest is ready.
enum Readiness: Hashable, Sendable {
    case running, address, agent, cloudInit
    /// At those of its addresses that are seen, and at these.
    case port(UInt16, at: [String])

    /// Reads the condition of a `Resource.Wait`.
    init?(_ text: String) {
        switch text {
        case "running": self = .running
        case "address": self = .address
        case "agent": self = .agent
        case "cloud-init": self = .cloudInit
        default:
            guard text.hasPrefix("tcp:") else { return nil }
            let words = text.dropFirst(4).split(separator: " ")
            guard let port = words.first.flatMap({ UInt16($0) }), port > 0, words.count == 1 || words[1] == "at" else {
                return nil
            }
            self = .port(port, at: words.dropFirst(2).map { String($0.prefix { $0 != "," }) })
        }
    }

    /// What it is that is waited for.
    var goal: String {
        switch self {
        case .running: "its start"
        case .address: "an address"
        case .agent: "its guest agent"
        case .cloudInit: "the end of cloud-init"
        case .port(let port, _): "TCP port \(port)"
        }
    }

    /// What is not so yet, for a sentence that begins with "After".
    fileprivate var lack: String {
        switch self {
        case .running: "it does not run"
        case .address: "it has no address"
        case .agent: "its guest agent does not answer"
        case .cloudInit: "cloud-init in it has not finished"
        case .port(let port, _): "no connection to TCP port \(port) of it was made"
        }
    }
}

/// One look at a guest that is waited for.
private enum Look: Sendable {
    case ready
    /// With what was seen.
    case notYet(String)
    /// The port is still to be tried at these addresses, which is not for a lane.
    case reachable([String])
}

/// Waiting until a guest is ready. Between looks nothing is held.
///
/// A wait changes nothing: where the connection is lost, another is opened and it goes on.
struct DomainWait {
    let connected: ConnectedHost
    let operation: Operation
    /// Called after every look, with what is waited for and what was seen.
    let progress: @Sendable (String) -> Void

    func run() async throws(HostError) {
        let purpose = connected.session.purpose("wait for the domain", operation.object.name)
        let readiness = try readiness(purpose)
        let start = ContinuousClock.now
        let deadline = start + .seconds(max(0, operation.timeout))
        var pause = Duration.milliseconds(100)
        var lastSeen: String
        var loss: HostError?
        while true {
            do throws(HostError) {
                guard let seen = try await look(for: readiness) else { return }
                lastSeen = seen
                loss = nil
            } catch {
                guard error.reason == .unreachable else { throw error }
                lastSeen = "the connection to its host was lost"
                loss = error
            }
            progress("\(readiness.goal) (\(lastSeen))")
            guard ContinuousClock.now < deadline, !Task.isCancelled else { break }
            try? await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            pause = min(pause * 3 / 2, .seconds(2))
        }
        if let loss, !Task.isCancelled { throw loss }
        throw purpose.error(
            .timedOut,
            "After \(start.duration(to: .now).components.seconds) seconds \(readiness.lack). Last seen: \(lastSeen). It "
                + "goes on starting; look at its console, or give it more time.",
            command: "virsh -c '\(connected.host.uri)' console \(operation.object.name)")
    }

    private func readiness(_ purpose: Purpose) throws(HostError) -> Readiness {
        let text = operation.set[.ready]?.text ?? "running"
        if let readiness = Readiness(text) { return readiness }
        throw purpose.error(
            .invalid,
            "It cannot be waited for until it is “\(text)”: there are running, address, agent, cloud-init and tcp:PORT."
        )
    }

    /// What was seen; nil where it is ready.
    private func look(for readiness: Readiness) async throws(HostError) -> String? {
        let session = try await connected.livingSession()
        let object = operation.object
        let look = try await session.patiently { () async throws(HostError) in
            try await session.lanes.run { () throws(HostError) in
                try session.look(for: readiness, object, session.purpose("wait for the domain", object.name))
            }
        }
        switch look {
        case .ready: return nil
        case .notYet(let seen): return seen
        case .reachable(let addresses):
            if case .port(let port, _) = readiness, await accepts(addresses, port: port, within: 2) { return nil }
            return "running, no connection at \(addresses.joined(separator: " and "))"
        }
    }
}

extension HostSession {
    fileprivate func look(
        for readiness: Readiness, _ object: ObjectReference, _ purpose: Purpose
    ) throws(HostError) -> Look {
        let domain = try domain(object, purpose)
        switch try state(of: domain, purpose) {
        case .on: break
        case .paused: return .notYet("paused")
        case .suspended: return .notYet("suspended")
        case .off: throw ended("It has stopped", object, purpose)
        case .crashed: throw ended("It has crashed", object, purpose)
        }
        // A simulated guest has no inside.
        guard readiness != .running, !isTestDriver else { return .ready }
        switch readiness {
        case .running: return .ready
        case .address:
            let macs = try interfaceMACs(of: domain, purpose)
            guard !macs.isEmpty else { return .notYet("running, without a network interface") }
            let start = try bootHere(of: domain, object, purpose)
            let found = addresses(of: domain, macs: macs, since: start)
            return found.addresses.isEmpty ? .notYet(found.silence) : .ready
        case .port(_, let fixed):
            // What takes connections is no former life of it: all that may be its address is tried.
            let macs = try interfaceMACs(of: domain, purpose)
            let found = macs.isEmpty ? FoundAddresses() : addresses(of: domain, macs: macs)
            let tried = fixed + found.addresses.filter { !fixed.contains($0) }
            return tried.isEmpty ? .notYet("\(found.silence), so that nothing was tried") : .reachable(tried)
        case .agent:
            if hasAgent(domain) { return .ready }
            return .notYet("running, the guest agent does not answer")
        case .cloudInit: return try lookForCloudInit(in: domain, purpose)
        }
    }

    private func interfaceMACs(
        of domain: borrowing DomainHandle, _ purpose: Purpose
    ) throws(HostError) -> Set<String> {
        let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
        guard let document = Parser().document(text) else { throw purpose.unreadable() }
        return Libvirt.interfaceMACs(document.root)
    }

    /// The start of a guest that this session booted; nil where it goes on from what was saved, or somebody else
    /// started it.
    private func bootHere(
        of domain: borrowing DomainHandle, _ object: ObjectReference, _ purpose: Purpose
    ) throws(HostError) -> GuestStart? {
        guard let id = object.id, let start = starts.start(of: id) else { return nil }
        var reason: Int32 = 0
        var state: Int32 = 0
        try purpose.check("virDomainGetState", virDomainGetState(domain.pointer, &state, &reason, 0))
        return reason == Int32(VIR_DOMAIN_RUNNING_BOOTED.rawValue) ? start : nil
    }

    /// Cloud-init writes its result when it has ended, whether or not something in it failed: a locale that is not there
    /// is an error to it too. See https://docs.cloud-init.io/en/latest/explanation/return_codes.html
    private func lookForCloudInit(in domain: borrowing DomainHandle, _ purpose: Purpose) throws(HostError) -> Look {
        switch guestHasFile("/run/cloud-init/result.json", domain) {
        case .value: return .ready
        case .silent: return .notYet("running, the guest agent does not answer")
        case .refused(let message) where message.contains("has been disabled") || message.contains("not found"):
            throw purpose.error(
                .unsupported,
                "Its guest agent does not let files be read, which is how cloud-init's end is seen: \(message). Wait for "
                    + "“agent” or “tcp:22” instead, or permit guest-file-open in the guest's qemu-ga configuration.")
        case .refused: return .notYet("running, the guest agent answers, cloud-init is still at work or not there")
        }
    }

    private func ended(_ what: String, _ object: ObjectReference, _ purpose: Purpose) -> HostError {
        purpose.error(
            .failed, "\(what) while it was waited for. Its console and its log on the host may say why.",
            command: "virsh -c '\(host.uri)' domstate --reason \(object.name)")
    }
}
