package import Model

/// What an apply may do, and to what.
package struct Policy: Sendable {
    /// Disruptions permitted beyond those that are free.
    package var allowed: Set<Disruption>
    /// Only these (and what they need) are planned; empty means all. An address covers its parts.
    package var targets: [Address]
    package var excludes: [Address]

    package init(allowed: Set<Disruption> = [], targets: [Address] = [], excludes: [Address] = []) {
        self.allowed = allowed
        self.targets = targets
        self.excludes = excludes
    }

    func permits(_ disruption: Disruption) -> Bool { disruption.isFree || allowed.contains(disruption) }
}

extension Address {
    /// Whether this is the other address, or a part of it.
    package func isWithin(_ other: Address) -> Bool { self == other || text.hasPrefix("\(other.text)/") }
}
