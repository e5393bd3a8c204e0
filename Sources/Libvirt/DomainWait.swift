import CLibvirt
import Hypervisor
import Model

/// When a guest is ready.
enum Readiness: Hashable, Sendable {
    case running, address, agent, cloudInit
    case port(UInt16)

    init?(_ text: String) {
        switch text {
        case "running": self = .running
        case "address": self = .address
        case "agent": self = .agent
        case "cloud-init": self = .cloudInit
        default:
            guard text.hasPrefix("tcp:"), let port = UInt16(text.dropFirst(4)), port > 0 else { return nil }
            self = .port(port)
        }
    }

    /// What is not so yet, for a sentence that begins with "After".
    var lack: String {
        switch self {
        case .running: "it does not run"
        case .address: "it has no address"
        case .agent: "its guest agent does not answer"
        case .cloudInit: "cloud-init in it has not finished"
        case .port(let port): "nothing in it takes connections at TCP port \(port)"
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

extension HostSession {
    /// Waits until a guest is ready. Between looks nothing is held.
    func waitForDomain(_ operation: Operation) async throws(HostError) {
        let object = operation.object
        let purpose = purpose("wait for the domain", object.name)
        let text = operation.set[.ready]?.text ?? "running"
        guard let readiness = Readiness(text) else {
            throw purpose.error(
                .invalid,
                "It cannot be waited for until it is “\(text)”: there are running, address, agent, cloud-init and "
                    + "tcp:PORT.")
        }
        let start = ContinuousClock.now
        let deadline = start + .seconds(max(0, operation.timeout))
        var pause = Duration.milliseconds(100)
        var lastSeen: String
        while true {
            let look = try await lanes.run { () throws(HostError) in
                try self.look(for: readiness, object, purpose)
            }
            switch look {
            case .ready: return
            case .notYet(let seen): lastSeen = seen
            case .reachable(let addresses):
                if case .port(let port) = readiness, await accepts(addresses, port: port, within: 2) { return }
                lastSeen = "running at \(addresses.joined(separator: " and ")), which does not answer there"
            }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { break }
            try? await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            pause = min(pause * 3 / 2, .seconds(2))
        }
        throw purpose.error(
            .timedOut,
            "After \(start.duration(to: .now).components.seconds) seconds \(readiness.lack). Last seen: \(lastSeen). It "
                + "goes on starting; look at its console, or give it more time.",
            command: "virsh -c '\(host.uri)' console \(object.name)")
    }

    private func look(
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
        guard readiness != .running, !isTestDriver || readiness == .address else { return .ready }
        switch readiness {
        case .running: return .ready
        case .address, .port:
            let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
            guard let document = Parser().document(text) else { throw purpose.unreadable() }
            let macs = interfaceMACs(document.root)
            guard !macs.isEmpty else { return .notYet("running, without a network interface") }
            // What takes connections is no former life of it.
            let start = readiness == .address ? try bootHere(of: domain, object, purpose) : nil
            let found = addresses(of: domain, macs: macs, since: start)
            if found.addresses.isEmpty {
                return .notYet((["running", "no address"] + found.silences).joined(separator: ", "))
            }
            return readiness == .address ? .ready : .reachable(found.addresses)
        case .agent:
            if hasAgent(domain) { return .ready }
            return .notYet("running, the guest agent does not answer")
        case .cloudInit: return try lookForCloudInit(in: domain, purpose)
        }
    }

    /// The start of a guest that this session booted; nil where it goes on from what was saved, or somebody else started it.
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
