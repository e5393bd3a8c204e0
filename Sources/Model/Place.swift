/// What an object is told apart by on the hosts.
package struct Place: Hashable, Sendable {
    package let host: Address
    package let kind: ResourceKind
    package let pool: String?
    package let name: String

    package init(_ host: Address, _ kind: ResourceKind, _ name: String, pool: String? = nil) {
        (self.host, self.kind, self.pool, self.name) = (host, kind, pool, name)
    }

    package init(_ object: ObjectReference) {
        self.init(object.host, object.kind, object.name, pool: object.pool)
    }

    /// What a value of an attribute names; nil where it names nothing.
    package init?(_ value: Value, of attribute: Attribute, on host: Address) {
        guard let text = value.text else { return nil }
        switch attribute {
        case .backing, .diskSource:
            guard let volume = VolumeReference(text) else { return nil }
            self.init(host, .volume, volume.name, pool: volume.pool)
        case .nicSource where text.hasPrefix("network/"): self.init(host, .network, String(text.dropFirst(8)))
        default: return nil
        }
    }
}

extension Resource {
    /// What it is in, starts from or is connected to.
    package var places: [Place] {
        let named = attributes.compactMap { Place($0.value.value, of: $0.path.attribute, on: object.host) }
        return named + (object.pool.map { [Place(object.host, .pool, $0)] } ?? [])
    }
}

extension Record {
    /// What it was in, started from or was connected to when it was last applied.
    package var places: [Place] {
        let named = attributes.compactMap { Place($0.value, of: $0.path.attribute, on: object.host) }
        return named + (object.pool.map { [Place(object.host, .pool, $0)] } ?? [])
    }
}
