import CLibvirt
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
            let failure = LibvirtFailure.last()
            let isSilent =
                [VIR_ERR_AGENT_UNRESPONSIVE, VIR_ERR_AGENT_UNSYNCED, VIR_ERR_OPERATION_INVALID].contains(failure.code)
                || failure.message.contains("QEMU guest agent is not")
            return isSilent ? .silent : .refused(failure.message)
        }
        let text = CText(answer)
        guard let reply = try? JSONReader.value(of: text.string) else { return .refused("no JSON") }
        return .value(reply["return"] ?? .null)
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
