package import Hypervisor
package import Model
import Synchronization

/// What goes wrong with an operation.
package enum Fault: Sendable {
    /// Fails, and has done nothing.
    case fail(HostError)
    /// Does it, and fails all the same: the connection broke before the answer.
    case failAfterwards(HostError)
    case delay(Duration)
    /// Waits until the gate is opened.
    case hang(Gate)
    /// A volume is there, without its attributes, and the operation fails.
    case leavePart(HostError)
}

/// A host in memory, which fails where it is told to and remembers what was done to it.
package final class FaultyHost: HostWriting {
    package enum Mark: Sendable {
        case began(Operation)
        case ended(Operation, HostError?)
    }

    package let address: Address
    private let fault: @Sendable (_ number: Int, Operation) -> Fault?
    private let content = Mutex(Content())

    fileprivate struct Content {
        var marks: [Mark] = []
        var count = 0
        var running = 0
        var mostRunning = 0
        var unreachable: HostError?
        var objects: [ObjectReference: ObservedObject] = [:]
    }

    /// `fault` is asked at each operation, which are numbered from 1 in the order in which they begin.
    package init(_ address: Address, fault: @escaping @Sendable (_ number: Int, Operation) -> Fault? = { _, _ in nil })
    {
        self.address = address
        self.fault = fault
    }

    /// Everything that was begun and ended, in that order.
    package var marks: [Mark] { content.withLock { $0.marks } }
    package var mostRunning: Int { content.withLock { $0.mostRunning } }
    package var objects: [ObservedObject] { content.withLock { Array($0.objects.values) } }

    /// From now on every call fails, until nil is given.
    package func setUnreachable(_ error: HostError?) { content.withLock { $0.unreachable = error } }

    /// Takes an object away behind everybody's back.
    package func vanish(_ object: ObjectReference) {
        content.withLock { $0.objects[object.key] = nil }
    }

    /// Puts an object there that nobody made.
    package func place(_ object: ObservedObject) {
        content.withLock { $0.objects[object.object.key] = object }
    }

    package func perform(_ operation: Operation) async throws(HostError) {
        let number = content.withLock { content in
            content.marks.append(.began(operation))
            content.count += 1
            content.running += 1
            content.mostRunning = max(content.mostRunning, content.running)
            return content.count
        }
        var problem: HostError?
        do throws(HostError) { try await perform(operation, with: fault(number, operation)) } catch { problem = error }
        content.withLock { content in
            content.running -= 1
            content.marks.append(.ended(operation, problem))
        }
        if let problem { throw problem }
    }

    package func wait(
        _ operation: Operation, progress: @escaping @Sendable (String) -> Void
    ) async throws(HostError) {
        try await perform(operation)
    }

    package func fill(
        _ operation: Operation, with image: LocalImage, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(HostError) {
        try await perform(operation)
        progress(image.length)
    }

    private func perform(_ operation: Operation, with fault: Fault?) async throws(HostError) {
        switch fault {
        case .fail(let error): throw error
        case .delay(let duration): try? await Task.sleep(for: duration)
        case .hang(let gate): await gate.pass()
        case .leavePart(let error):
            content.withLock {
                $0.objects[operation.object.key] = ObservedObject(operation.object, attributes: .init())
            }
            throw error
        case .failAfterwards, nil: break
        }
        try content.withLock { (content) throws(HostError) in
            if let error = content.unreachable { throw error }
            try content.apply(operation)
        }
        if case .failAfterwards(let error) = fault { throw error }
    }

    package func observe(_ interest: Interest) async throws(HostError) -> ObservedHost {
        try content.withLock { (content) throws(HostError) in
            if let error = content.unreachable { throw error }
            var host = ObservedHost(features: [.hotplug, .resize])
            for object in content.objects.values {
                let reference = object.object
                if let pool = reference.pool {
                    let volume = VolumeReference(pool: pool, name: reference.name)
                    if interest.volumes[pool]?.contains(reference.name) ?? false { host.volumes[volume] = object }
                    if interest.pools.contains(pool) { host.volumePaths[volume] = "/pools/\(volume)" }
                } else if let id = reference.id {
                    host.names[reference.kind, default: [:]][reference.name] = id
                    if interest.objects.contains(id) { host.objects[id] = object }
                }
            }
            return host
        }
    }

    package func status(of domains: [ObjectReference]) async throws(HostError) -> [DomainStatus] {
        content.withLock { content in
            domains.compactMap { domain in
                content.objects[domain.key].map {
                    DomainStatus(domain, power: $0.attributes[.power] == "On" ? .on : .off)
                }
            }
        }
    }
}

extension FaultyHost.Content {
    fileprivate mutating func apply(_ operation: Operation) throws(HostError) {
        let key = operation.object.key
        switch operation.verb {
        case .create:
            if let found = objects[key], found.object.id != operation.object.id {
                throw HostError(.exists, "The name is taken", "\(operation.object.name) exists and is not ours.")
            }
            objects[key] = ObservedObject(operation.object, attributes: operation.set, stamp: operation.stamp)
        case .delete: objects[key] = nil
        case .wait: break
        case .update, .updateLive, .start, .stop:
            guard objects[key] != nil else {
                throw HostError(.missing, "The object has gone", "\(operation.object.name) is not there.")
            }
            for (path, value) in operation.set { objects[key]?.attributes[path] = value.isNull ? nil : value }
            if operation.verb == .start || operation.verb == .stop {
                let runs = operation.verb == .start
                let isDomain = operation.object.kind == .domain
                objects[key]?.attributes[isDomain ? .power : .active] = isDomain ? (runs ? "On" : "Off") : .bool(runs)
            }
        }
    }
}

extension ObjectReference {
    /// By its name, as hosts know it.
    fileprivate var key: ObjectReference { ObjectReference(kind, host: host, name: name, pool: pool) }
}
