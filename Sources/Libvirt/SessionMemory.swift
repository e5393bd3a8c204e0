import CLibvirt
import Model
import Synchronization

/// What a session knows of its host from its own calls, and need not ask again: a round trip each, for every object.
///
/// It is of use and never of consequence: what is forgotten is asked, and what has meanwhile changed is an error of
/// libvirt's at the call that rests on it.
final class SessionMemory: Sendable {
    private struct State: Sendable {
        var pools: [String: SharedHandle<PoolKind>] = [:]
        var poolTypes: [String: String] = [:]
        /// The paths of volumes that the session made itself.
        var paths: [VolumeReference: String] = [:]
        /// The domains that were there at the last look and those that were defined since; nil before the first look.
        var domains: Set<ObjectID>?
        /// The objects of the stack, as far as looks were for them.
        var ours: Set<ObjectID> = []
        /// Domains that were defined anew and have not been started.
        var unstarted: [ObjectID: SharedHandle<DomainKind>] = [:]
    }

    private let state = Mutex(State())
    /// What volumes are made of, by the text that names it. Apart, since it is held during a look-up.
    private let origins = Mutex<[String: VolumeOrigin?]>([:])
    /// Who used volumes at the last look. Held during a look.
    private let users = Mutex<UserListing?>(nil)

    func pool(_ name: String) -> SharedHandle<PoolKind>? { state.withLock { $0.pools[name] } }
    func note(_ pool: SharedHandle<PoolKind>, named name: String) { state.withLock { $0.pools[name] = pool } }
    func forgetPool(_ name: String) {
        state.withLock {
            $0.pools[name] = nil
            $0.poolTypes[name] = nil
        }
    }
    func type(ofPool name: String, _ lookUp: () throws(HostError) -> String) throws(HostError) -> String {
        if let known = state.withLock({ $0.poolTypes[name] }) { return known }
        let found = try lookUp()
        state.withLock { $0.poolTypes[name] = found }
        return found
    }

    func path(of volume: VolumeReference) -> String? { state.withLock { $0.paths[volume] } }
    /// Nil takes what was known away.
    func note(path: String?, of volume: VolumeReference) { state.withLock { $0.paths[volume] = path } }

    /// What was found by a look-up, which is done where it has not been; others wait for it meanwhile.
    func origin(
        _ text: String, _ lookUp: () throws(HostError) -> VolumeOrigin?
    ) throws(HostError) -> VolumeOrigin? {
        try origins.withLock { (origins) throws(HostError) in
            if let known = origins[text] { return known }
            let found = try lookUp()
            origins[text] = .some(found)
            return found
        }
    }

    func forgetOrigin(_ text: String) { origins.withLock { $0[text] = nil } }

    func forgetOrigin(_ volume: VolumeReference) {
        origins.withLock { origins in
            guard !origins.isEmpty else { return }
            let end = "/\(volume.name)"
            origins = origins.filter { !$0.key.hasSuffix(end) }
        }
    }

    /// Who uses a volume. That nobody does is taken from a look that was just had; what was seen then may be gone.
    func user(
        of volume: VolumeFace, mayBeBase: Bool, _ look: () throws(HostError) -> UserListing
    ) throws(HostError) -> VolumeUser? {
        try users.withLock { (last) throws(HostError) in
            if let last, last.isFresh, last.isDeep || !mayBeBase, last.user(of: volume) == nil { return nil }
            let found = try look()
            last = found
            return found.user(of: volume)
        }
    }

    func note(ours: Set<ObjectID>) { state.withLock { $0.ours.formUnion(ours) } }

    func isOurs(_ id: ObjectID) -> Bool { state.withLock { $0.ours.contains(id) } }

    func note(domains: Set<ObjectID>) { state.withLock { $0.domains = domains } }

    /// Whether a domain was not there at the last look.
    func isAbsent(_ id: ObjectID) -> Bool { state.withLock { $0.domains.map { !$0.contains(id) } ?? false } }

    func note(new domain: SharedHandle<DomainKind>, _ id: ObjectID) {
        state.withLock { state in
            state.domains?.insert(id)
            state.unstarted[id] = domain
        }
    }

    func takeUnstarted(_ id: ObjectID) -> SharedHandle<DomainKind>? {
        state.withLock { $0.unstarted.removeValue(forKey: id) }
    }
}

/// A handle that several may use.
///
/// Unchecked: it never changes, and libvirt lets any thread use a handle.
final class SharedHandle<Kind: HandleKind>: @unchecked Sendable {
    let handle: Handle<Kind>

    init(_ handle: consuming Handle<Kind>) { self.handle = handle }
}
