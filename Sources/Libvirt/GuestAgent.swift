import CLibvirt
import Glibc
import Model

/// What a guest's agent answered.
enum AgentAnswer: Hashable, Sendable {
    case value(Value)
    /// It is there and says no, in its words.
    case refused(String)
    case silent
}

extension HostSession {
    /// Asks the agent inside a guest: https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html
    ///
    /// Waits as long as libvirt does by itself, which is five seconds.
    func askAgent(_ command: Value, of domain: borrowing DomainHandle) -> AgentAnswer {
        connection.counter.count("virDomainQemuAgentCommand")
        let byDefault = Int32(VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT.rawValue)
        guard let answer = virDomainQemuAgentCommand(domain.pointer, JSONWriter.text(of: command), byDefault, 0) else {
            return AgentAnswer(LibvirtFailure.last())
        }
        let text = CText(answer)
        guard let reply = try? JSONReader.value(of: text.string) else { return .refused("no JSON") }
        return .value(reply["return"] ?? .null)
    }

    /// Whether there is an agent, by a question that libvirt has a call for: one of ours would mark the domain as tainted.
    func hasAgent(_ domain: borrowing DomainHandle) -> Bool {
        connection.counter.count("virDomainGetHostname")
        if let name = virDomainGetHostname(domain.pointer, VIR_DOMAIN_GET_HOSTNAME_AGENT.rawValue) {
            free(name)
            return true
        }
        return AgentAnswer(LibvirtFailure.last()) != .silent
    }

    /// Whether a file is there in the guest.
    func guestHasFile(_ path: String, _ domain: borrowing DomainHandle) -> AgentAnswer {
        let opened = askAgent(
            ["execute": "guest-file-open", "arguments": ["path": .string(path), "mode": "r"]], of: domain)
        guard case .value(let handle) = opened else { return opened }
        _ = askAgent(["execute": "guest-file-close", "arguments": ["handle": handle]], of: domain)
        return .value(true)
    }
}

extension AgentAnswer {
    /// Only what the agent itself was heard to say is a refusal; all else may be that there is none.
    fileprivate init(_ failure: LibvirtFailure) {
        let isHeard = failure.message.contains("agent command") && failure.code != VIR_ERR_AGENT_UNRESPONSIVE
        self = isHeard ? .refused(failure.message) : .silent
    }
}
