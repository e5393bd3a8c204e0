import Hypervisor
import Model

/// Looks at a host and changes it.
struct HostWriter: HostWriting {
    let session: HostSession

    func observe(_ interest: Interest) async throws(HostError) -> ObservedHost {
        try await HostReader(session: session).observe(interest)
    }

    func status(of domains: [ObjectReference]) async throws(HostError) -> [DomainStatus] {
        try await HostReader(session: session).status(of: domains)
    }

    /// What is busy with other jobs, as a pool is while volumes are made, is tried again for half a minute.
    func perform(_ operation: Operation) async throws(HostError) {
        var pause = Duration.milliseconds(100)
        var waited = Duration.zero
        while true {
            do throws(HostError) {
                return try await attempt(operation)
            } catch {
                guard error.reason == .busy, waited < .seconds(30) else { throw error }
                try? await Task.sleep(for: pause)
                waited += pause
                pause = min(pause * 2, .seconds(3))
            }
        }
    }

    func fill(
        _ operation: Operation, with image: LocalImage, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(HostError) {
        try await perform(operation)
    }

    private func attempt(_ operation: Operation) async throws(HostError) {
        let session = session
        if operation.verb == .stop, operation.object.kind == .domain {
            try await session.lanes.run { () throws(HostError) in try session.store?.materialise(session) }
            return try await session.stopDomain(operation)
        }
        try await session.lanes.run { () throws(HostError) in
            try session.store?.materialise(session)
            switch operation.object.kind {
            case .domain: try session.performOnDomain(operation)
            case .network: try session.performOnNetwork(operation)
            case .pool: try session.performOnPool(operation)
            case .volume: try session.performOnVolume(operation)
            }
        }
    }
}
