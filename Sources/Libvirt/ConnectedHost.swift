import CLibvirt
import Model
import Synchronization

/// A host that is written to. An operation that broke off with its connection fails; what only waits goes on over
/// another.
final class ConnectedHost: Sendable {
    private let current: Mutex<HostSession>
    private let open: @Sendable (GuestStarts) async throws(HostError) -> HostSession

    /// - Parameter open: Opens a session, with the guests that were started in the former one.
    init(open: @escaping @Sendable (GuestStarts) async throws(HostError) -> HostSession) async throws(HostError) {
        current = Mutex(try await open(GuestStarts()))
        self.open = open
    }

    var session: HostSession { current.withLock { $0 } }
    var host: Host { session.host }

    /// The session; a new one where its connection has been lost.
    func livingSession() async throws(HostError) -> HostSession {
        let session = session
        session.connection.counter.count("virConnectIsAlive")
        guard virConnectIsAlive(session.connection.pointer) == 0 else { return session }
        let new = try await open(session.starts)
        return current.withLock { current in
            if current === session { current = new }
            return current
        }
    }
}
