import Hypervisor
import Model

/// Looks at a host and changes it.
struct HostWriter: HostWriting {
    let connected: ConnectedHost

    private var session: HostSession { connected.session }

    func observe(_ interest: Interest) async throws(HostError) -> ObservedHost {
        try await HostReader(session: session).observe(interest)
    }

    func status(of domains: [ObjectReference]) async throws(HostError) -> [DomainStatus] {
        try await HostReader(session: session).status(of: domains)
    }

    /// What is busy with other jobs, as a pool is while volumes are made, is tried again for half a minute; a copy, which
    /// waits for its like, for longer.
    func perform(_ operation: Operation) async throws(HostError) {
        if operation.verb == .wait { return try await wait(operation) { _ in } }
        let session = session
        try await session.waitForOrigin(of: operation)
        let limit = isCopy(operation) ? HostSession.longPatience : .seconds(30)
        try await session.patiently(for: limit) { () async throws(HostError) in try await attempt(operation) }
    }

    func wait(
        _ operation: Operation, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) {
        let session = session
        try await session.lanes.run { () throws(HostError) in try session.store?.materialise(session) }
        try await DomainWait(connected: connected, operation: operation, progress: progress).run()
    }

    func fill(
        _ operation: Operation, with image: LocalImage, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(HostError) {
        guard session.features.contains(.upload) else {
            // Nothing is in a simulated volume; its size is that of what would be.
            try await perform(operation.with(capacityAtLeast: image.capacity))
            return progress(image.length)
        }
        try await VolumeFill(session, operation, image, progress).run()
    }

    private func isCopy(_ operation: Operation) -> Bool {
        operation.verb == .create && operation.set[.copy] != nil
    }

    private func attempt(_ operation: Operation) async throws(HostError) {
        let session = session
        if operation.object.kind == .domain, operation.verb == .stop {
            try await session.lanes.run { () throws(HostError) in try session.store?.materialise(session) }
            return try await session.stopDomain(operation)
        }
        let lanes = isCopy(operation) ? session.transfers : session.lanes
        try await lanes.run { () throws(HostError) in
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

extension Operation {
    fileprivate func with(capacityAtLeast size: Int64) -> Operation {
        var set = set
        if size > set[.capacity]?.number ?? 0 { set[.capacity] = .integer(size) }
        return Operation(verb, object, of: address, set: set, timeout: timeout, force: force, stamp: stamp)
    }
}
