package import Model

/// What an apply may do, and to what.
package struct Policy: Sendable {
    /// Disruptions permitted beyond those that are free.
    package var allowed: Set<Disruption>
    /// Only these (and what they need) are planned; empty means all. An address covers its parts.
    package var targets: [Address]
    package var excludes: [Address]
    /// The day that rules and suspensions end by, `2027-01-31`; the empty text is before all days.
    package var today: String
    /// Set where drift of some classes is repaired, and nothing else is done.
    package var heal: Heal?

    package init(
        allowed: Set<Disruption> = [], targets: [Address] = [], excludes: [Address] = [], today: String = "",
        heal: Heal? = nil
    ) {
        self.allowed = allowed
        self.targets = targets
        self.excludes = excludes
        self.today = today
        self.heal = heal
    }

    /// Whether the plan is about this, what it needs aside.
    package func covers(_ address: Address) -> Bool {
        (targets.isEmpty || targets.contains(where: address.isWithin)) && !excludes.contains(where: address.isWithin)
    }

    /// Whether the plan is about the whole stack.
    package var isWhole: Bool { targets.isEmpty && excludes.isEmpty }

    func permits(_ disruption: Disruption) -> Bool { disruption.isFree || allowed.contains(disruption) }
}
