/// What was last applied to one object.
package struct Record: Hashable, Sendable {
    package let address: Address
    package var object: ObjectReference
    /// The wanted values that have been applied; a sensitive one is a keyed digest.
    package var attributes: Attributes
    package var needs: [Address]
    package var isProtected: Bool
    package var shutdownTimeout: Int
    /// False for what was adopted: it is never deleted with its data.
    package var isCreated: Bool
    /// True for a volume whose making was interrupted: nothing uses it yet, and it is made anew without asking.
    package var isPartial: Bool
    /// What the definition has been given and the running guest has not, and why it was to change: a change while it runs that
    /// was not made, or not to its end.
    package var unfinished: AttributeMap<Cause>

    package init(
        _ address: Address, _ object: ObjectReference, attributes: Attributes, needs: [Address] = [],
        isProtected: Bool = false, shutdownTimeout: Int = Resource.defaultShutdownTimeout, isCreated: Bool = true,
        isPartial: Bool = false, unfinished: AttributeMap<Cause> = .init()
    ) {
        self.address = address
        self.object = object
        self.attributes = attributes
        self.needs = needs
        self.isProtected = isProtected
        self.shutdownTimeout = shutdownTimeout
        self.isCreated = isCreated
        self.isPartial = isPartial
        self.unfinished = unfinished
    }
}

extension Record {
    /// What will have been applied once a resource is as it is wanted.
    package init(of resource: Resource) {
        self.init(
            resource.address, resource.object, attributes: resource.attributes.mapValues(\.value),
            needs: resource.needs, isProtected: resource.isProtected, shutdownTimeout: resource.shutdownTimeout)
    }
}

/// What the state file says: all that was last applied, and where it is.
package struct RecordedState: Hashable, Sendable {
    /// Nil before the first apply.
    package var lineage: ObjectID?
    /// Grows by one with every apply that wrote something.
    package var serial: Int
    package var records: [Address: Record]
    /// The URIs of the hosts that records are on, so that they are found when their Provider has gone.
    package var hosts: [Address: String]

    package init(
        lineage: ObjectID? = nil, serial: Int = 0, records: [Address: Record] = [:], hosts: [Address: String] = [:]
    ) {
        self.lineage = lineage
        self.serial = serial
        self.records = records
        self.hosts = hosts
    }
}
