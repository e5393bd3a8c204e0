import Model

extension ChangeSet {
    /// The networks that would be stopped by this plan if no others' guests were on them.
    func networksInUse(among planned: [PlannedChange], _ policy: Policy) -> [Address] {
        if otherGuests.isEmpty { return [] }
        let stopped = planned.filter {
            $0.refusal == .hasGuests || $0.leavesPendingRestart && policy.permits(.restart)
        }.map(\.change.address)
        let pending = pendingRestarts.lazy.filter { policy.permits(.restart) && policy.covers($0.address) }.map(
            \.address)
        return otherGuests.intersection(stopped + pending).sorted()
    }
}

extension Diagnostic {
    static func networkInUse(_ address: Address) -> Diagnostic {
        Diagnostic(
            .warning, "network-in-use", "A network stays as it is, since others' guests are on it",
            """
            Guests run on \(address) that are not of this stack, or whose manifests do not name it. They would be cut off when it stops, and \
            be connected again only when they are started anew. Move them to another network or turn them off, and apply again.
            """, address: address)
    }
}
