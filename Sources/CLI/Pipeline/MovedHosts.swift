import Model
import StateFile

/// The hosts that are not those of the last apply: their endpoint is another one, and nothing that is recorded on them is
/// found there. The same machine by another way shows what was made on it, by its UUID; where nothing has one, its volumes.
func movedHosts(
    among hosts: [Host], recorded: RecordedState, intents: [OpenIntent], observed: ObservedState
) -> [Host] {
    hosts.filter { host in
        guard let former = recorded.hosts[host.address], former != host.uri,
            case .read(let found)? = observed.hosts[host.address]
        else { return false }
        let objects = (recorded.records.values.map(\.object) + intents.map(\.object)).filter { $0.host == host.address }
        let named = objects.filter { $0.kind != .volume }
        return !objects.isEmpty && !(named.isEmpty ? objects : named).contains { found.find($0) != nil }
    }
}

extension HostError {
    /// For the objects on it: they are not where it was looked for them.
    static let moved = HostError(
        .invalid, "It is not the host of the last apply", "Its endpoint leads to another host than before.")
}

extension Diagnostic {
    static func hostMoved(_ host: Host, from former: String) -> Diagnostic {
        Diagnostic(
            .error, "host-moved", "A Provider leads to another host than before",
            """
            What is recorded on \(host.address) was applied at \(former), and none of it is found at \(host.uri), where its \
            endpoint leads now. Made anew there, it would be lost where it is. Put the former endpoint back; or give the \
            Provider another name: then what is on the former host is deleted there, and made anew on the new one.
            """, address: host.address, at: host.origin)
    }
}
