import CLibvirt
import Model

/// What libvirt says of the last call that failed on this thread.
struct LibvirtFailure {
    let code: virErrorNumber
    let message: String

    /// To be called on the thread of the call, before another one.
    static func last() -> LibvirtFailure {
        guard let error = virGetLastError() else { return LibvirtFailure(code: VIR_ERR_OK, message: "no reason given") }
        let message = error.pointee.message.map { String(cString: $0) } ?? "no reason given"
        return LibvirtFailure(code: virErrorNumber(UInt32(bitPattern: error.pointee.code)), message: message)
    }

    /// Only libvirt's own words for "no such object" mean that something is gone.
    var reason: HostError.Reason {
        if isPassing { return .busy }
        // A file in a pool's directory that the pool does not list.
        if code == VIR_ERR_OPERATION_INVALID, message.contains("volume target path"), message.contains("already exists")
        {
            return .exists
        }
        return switch code {
        case VIR_ERR_NO_DOMAIN, VIR_ERR_NO_NETWORK, VIR_ERR_NO_STORAGE_POOL, VIR_ERR_NO_STORAGE_VOL: .missing
        case VIR_ERR_DOM_EXIST, VIR_ERR_NETWORK_EXIST, VIR_ERR_STORAGE_VOL_EXIST, VIR_ERR_STORAGE_POOL_BUILT: .exists
        case VIR_ERR_NO_CONNECT, VIR_ERR_SYSTEM_ERROR, VIR_ERR_RPC, VIR_ERR_GNUTLS_ERROR, VIR_ERR_LIBSSH,
            VIR_ERR_SSH, VIR_ERR_NO_SERVER, VIR_ERR_NO_CLIENT:
            isFullDisk ? .full : .unreachable
        case VIR_ERR_AUTH_FAILED, VIR_ERR_AUTH_CANCELLED, VIR_ERR_AUTH_UNAVAILABLE, VIR_ERR_ACCESS_DENIED,
            VIR_ERR_OPERATION_DENIED:
            .denied
        case VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_CONFIG_UNSUPPORTED,
            VIR_ERR_ARGUMENT_UNSUPPORTED,
            VIR_ERR_DEVICE_MISSING:
            .unsupported
        case VIR_ERR_XML_ERROR, VIR_ERR_XML_DETAIL, VIR_ERR_XML_INVALID_SCHEMA, VIR_ERR_INVALID_ARG,
            VIR_ERR_OPERATION_INVALID, VIR_ERR_INVALID_STORAGE_POOL, VIR_ERR_INVALID_STORAGE_VOL:
            .invalid
        case VIR_ERR_OPERATION_TIMEOUT, VIR_ERR_AGENT_UNRESPONSIVE: .timedOut
        case VIR_ERR_RESOURCE_BUSY: .busy
        default:
            if message.contains("already exists") {
                .exists
            } else if isFullDisk {
                .full
            } else if message.contains("has asynchronous jobs running") || message.contains("is currently in use") {
                .busy
            } else if message.contains("in use") {
                .inUse
            } else {
                .failed
            }
        }
    }

    /// A volume that the daemon still makes or copies, whoever asked for it: it says so as of any call that is not valid now.
    private var isPassing: Bool {
        code == VIR_ERR_OPERATION_INVALID
            && (message.contains("is still being allocated") || message.contains("is still in use"))
    }

    /// What shows those that there are of the kind that is missing.
    private var missingList: String? {
        switch code {
        case VIR_ERR_NO_DOMAIN: "list --all"
        case VIR_ERR_NO_NETWORK: "net-list --all"
        case VIR_ERR_NO_STORAGE_POOL: "pool-list --all"
        default: nil
        }
    }

    private var isFullDisk: Bool { message.contains("No space left on device") }

    /// - Parameter isConnected: Whether the connection is still there. A call that broke off with it says nothing of its
    ///   object, whatever its words; one that came back on a sound connection did reach the host.
    func error(in purpose: Purpose, isConnected: Bool) -> HostError {
        var reason = reason
        if !isConnected, reason != .missing { reason = .unreachable }
        if isConnected, code == VIR_ERR_SYSTEM_ERROR, reason == .unreachable { reason = .failed }
        let uri = purpose.connection.uri
        let said = "libvirt answered “\(message)”."
        let (advice, command): (String, String?) =
            switch reason {
            case .missing: ("What it names is not on the host.", missingList.map { "virsh -c '\(uri)' \($0)" })
            case .exists: ("Something of that name is there already, and rigaud takes nothing over silently.", nil)
            case .denied: ("The user or the connection is not permitted to do this.", LibvirtFailure.joinGroup)
            case .unreachable: ("The connection to the host was lost or refused.", "virsh -c '\(uri)' list")
            case .busy: ("Something else works on it; run the apply again when that is done.", nil)
            case .full: ("The host has no space left for it. Free some, then run the apply again.", "df -h")
            // Libvirt says this of what contradicts itself, too.
            case .unsupported where code == VIR_ERR_CONFIG_UNSUPPORTED: ("The host takes no such definition.", nil)
            case .unsupported: ("This host's driver cannot do it.", nil)
            case .timedOut:
                ("Look at what the host is doing, then run the apply again.", "virsh -c '\(uri)' list --all")
            case .inUse: ("It is used by something else on the host.", nil)
            case .invalid, .failed, .content:
                purpose.connection.isSimulated
                    ? ("The host is a simulated one, in files beside the state, and one of these may be damaged.", nil)
                    : ("The host's log may say more.", "journalctl -u libvirtd -n 50")
            }
        return HostError(
            reason, "libvirt could not \(purpose.action)", "“\(purpose.name)” on \(uri): \(said) \(advice)",
            command: command)
    }

    func error(opening uri: String) -> HostError {
        let said = "Libvirt answered “\(message)”."
        if reason == .denied || message.contains("Permission denied") {
            return HostError(
                .denied, "The host does not let this user in",
                "\(uri) could not be opened. \(said) A user of a system's libvirt must be in the group libvirt.",
                command: LibvirtFailure.joinGroup)
        }
        let isLocal = message.contains("/libvirt-sock") || message.contains("virtqemud-sock")
        return HostError(
            reason == .unsupported || reason == .invalid ? reason : .unreachable, "The host cannot be reached",
            "\(uri) could not be opened. \(said) "
                + (isLocal ? "Its daemon does not seem to run." : "Check the URI, the network and the host's daemon."),
            command: isLocal ? "sudo systemctl start libvirtd" : "virsh -c '\(uri)' list")
    }

    private static let joinGroup = #"sudo usermod -aG libvirt "$USER""#
}
