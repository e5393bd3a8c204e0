import Model
import StateFile

/// Sees whether another run changes a stack while this one only looks, without taking the lock. While one does, hosts and state
/// differ, which is no drift, and steps without an outcome were not interrupted.
struct StateWatch {
    /// Why what was seen may not be of one moment.
    enum Disturbance {
        case underWay(LockHolder)
        case moved
    }

    private let store: FileStore
    private let before: StateRevision

    init(_ location: StateLocation) throws(Failure) {
        store = FileStore(location)
        do throws(StateError) { before = try store.revision() } catch { throw Failure(error) }
    }

    func isUnderWay() throws(Failure) -> Bool {
        if case .underWay? = try disturbance() { true } else { false }
    }

    /// Nil where nobody has recorded anything since the watch began, and nobody is about to.
    func disturbance() throws(Failure) -> Disturbance? {
        do throws(StateError) {
            // In this order: a run that has ended by now has recorded what it did.
            if let holder = try store.lockHolder() { return .underWay(holder) }
            return try store.revision() == before ? nil : .moved
        } catch {
            throw Failure(error)
        }
    }
}

extension StateWatch.Disturbance {
    fileprivate var words: String {
        switch self {
        case .underWay(let holder):
            """
            \(holder.user) on \(holder.host) has been at it since \(holder.since), as process \(holder.processID): \
            \(holder.command). Until that has ended, hosts and state differ, which is no drift.
            """
        case .moved:
            "It recorded what it did while the hosts were read here, so that what was seen of them is not of one moment."
        }
    }

    fileprivate var command: String? {
        if case .underWay(let holder) = self { "ps -p \(holder.processID)" } else { nil }
    }
}

extension Diagnostic {
    init(_ severity: Severity, _ disturbance: StateWatch.Disturbance, _ consequence: String) {
        self.init(
            severity, "under-way", "Another run changes this stack", "\(disturbance.words) \(consequence)",
            command: disturbance.command)
    }
}
