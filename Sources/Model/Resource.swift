/// The four kinds of object that libvirt keeps for rigaud.
package enum ResourceKind: String, Hashable, Sendable, CaseIterable {
    case pool, network, volume, domain
}

/// Where an object is, in libvirt's terms: what an operation is done to and what an observation is of.
package struct ObjectReference: Hashable, Sendable {
    package let kind: ResourceKind
    /// The address of the Provider whose host it is on.
    package let host: Address
    /// Libvirt's name of it, on its host; of a volume, within its pool.
    package let name: String
    /// The pool of a volume.
    package let pool: String?
    /// Of everything but a volume, which has none. Nil until there is a lineage to derive it from.
    package var id: ObjectID?

    package init(_ kind: ResourceKind, host: Address, name: String, pool: String? = nil, id: ObjectID? = nil) {
        self.kind = kind
        self.host = host
        self.name = name
        self.pool = pool
        self.id = id
    }
}

/// A wanted value and where in the manifests it comes from; nil for a default of ours.
package struct Setting: Hashable, Sendable {
    package var value: Value
    package var origin: SourceLocation?

    package init(_ value: Value, at origin: SourceLocation? = nil) {
        self.value = value
        self.origin = origin
    }
}

/// A node of the desired graph: one object that should be on a host.
package struct Resource: Hashable, Sendable {
    package let address: Address
    package var object: ObjectReference
    package var attributes: AttributeMap<Setting>
    /// What must be there before it, and go after it. Always resources of the same graph.
    package var needs: [Address]
    /// Never deleted or replaced (`rigaud.io/protect`).
    package var isProtected: Bool
    /// Seconds that a guest gets to shut down by itself.
    package var shutdownTimeout: Int
    /// Seconds that a guest gets to be ready, once it is started.
    package var readyTimeout: Int
    /// Those that its guest has by the manifests, without prefixes, whether or not anybody sees them.
    package var fixedAddresses: [String]
    /// It keeps the cloud-init seed that it has, whatever its manifest says of one (`rigaud.io/seed-change: ignore`).
    package var keepsSeed = false
    /// Seconds to wait for what a volume starts from, or a machine is installed from, where somebody else brings it.
    package var patience: Int
    package let origin: SourceLocation?

    package init(
        _ address: Address, _ object: ObjectReference, attributes: AttributeMap<Setting> = .init(),
        needs: [Address] = [], isProtected: Bool = false, shutdownTimeout: Int = Resource.defaultShutdownTimeout,
        readyTimeout: Int = Resource.defaultReadyTimeout, fixedAddresses: [String] = [], patience: Int = 0,
        origin: SourceLocation? = nil
    ) {
        self.address = address
        self.object = object
        self.attributes = attributes
        self.needs = needs
        self.isProtected = isProtected
        self.shutdownTimeout = shutdownTimeout
        self.readyTimeout = readyTimeout
        self.fixedAddresses = fixedAddresses
        self.patience = patience
        self.origin = origin
    }

    /// What is waited for after its start; nil where it is ready as soon as it runs.
    package var wait: Wait? {
        guard let ready = attributes[.ready]?.value else { return nil }
        guard let text = ready.text, text.hasPrefix("tcp:"), !fixedAddresses.isEmpty else {
            return Wait(condition: ready, timeout: readyTimeout)
        }
        return Wait(condition: .string("\(text) at \(fixedAddresses.joined(separator: ", "))"), timeout: readyTimeout)
    }

    /// Whether an attribute is of a disk that is a CD-ROM: its medium and its drive change at the next boot.
    package func isInDrive(_ path: AttributePath) -> Bool {
        path.attribute.row.list == .diskSource && attributes[.diskDevice, path.item]?.value == "cdrom"
    }

    /// The bus of a disk of the manifest's.
    package func bus(of disk: String) -> Value? { attributes[.diskBus, disk]?.value }

    /// What a guest is to have, and how long it gets.
    package struct Wait: Hashable, Sendable {
        /// What `ready` says; of a port also the guest's fixed addresses, at which it is tried whatever is seen:
        /// `tcp:22 at 192.0.2.10, 2001:db8::10`.
        package let condition: Value
        /// Seconds.
        package let timeout: Int
    }

    /// Long enough for a guest that installs packages at its first boot.
    package static let defaultReadyTimeout = 600
    /// VirtRigaud's `lifecycle.gracefulShutdownTimeout`.
    package static let defaultShutdownTimeout = 60
}
