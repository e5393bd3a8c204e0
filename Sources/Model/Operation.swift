/// One thing done to one object on a host. Each is idempotent: done twice, it leaves what once would have left.
package struct Operation: Hashable, Sendable {
    package enum Verb: String, Hashable, Sendable, CaseIterable {
        /// Makes it from `set`: defines a domain or network; defines, builds and starts a pool; creates a volume.
        case create
        /// Patches the persistent definition with `set`, and resizes a volume. What `set` does not name stays.
        case update
        /// Makes the running domain or network have `set` too, by the live calls.
        case updateLive = "update-live"
        case start
        /// Asks a guest to shut down; after `timeout`, turns it off if `force`, else fails. Also stops networks and pools.
        case stop
        /// Waits until a domain is ready as `set[.ready]` says (see `Resource.Wait`), at most `timeout` seconds.
        case wait
        /// Undefines; of a volume, deletes it. A pool's directory and its content stay.
        case delete
    }

    package let verb: Verb
    package let object: ObjectReference
    package let address: Address
    /// Values to be had; `.null` takes an attribute, and with a list's first attribute the item, out.
    package let set: Attributes
    /// Seconds: for `stop` and `wait`; and for `create` and `update`, until there is what a volume starts from, or a
    /// domain has in its drives.
    package let timeout: Int
    package let force: Bool
    /// Written into a new domain's metadata.
    package let stamp: Stamp?

    package init(
        _ verb: Verb, _ object: ObjectReference, of address: Address, set: Attributes = .init(), timeout: Int = 0,
        force: Bool = false, stamp: Stamp? = nil
    ) {
        self.verb = verb
        self.object = object
        self.address = address
        self.set = set
        self.timeout = timeout
        self.force = force
        self.stamp = stamp
    }
}
