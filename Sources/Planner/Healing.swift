import Model

/// Keeps of some changes what is healed, and gives what is left. What is suspended stays: it is refused as such.
///
/// The desired state is what was last applied, so that everything that differs is drift, but for what an interrupted run
/// left behind: that is neither healed nor left.
func keep(_ heal: Heal, of changes: inout [Change], _ exceptions: Exceptions) -> [PlannedChange] {
    var left: [PlannedChange] = []
    changes = changes.compactMap { change in
        if exceptions.suspension(of: change.address, on: change.object.host) != nil { return change }
        guard change.cause != .config else { return nil }
        let costs = change.fields.map(change.disruption(of:))
        var (healed, rest) = (change, change)
        let fields = zip(change.fields, costs)
        healed.fields = change.action == .update ? fields.filter { heal.mends($0, at: $1) }.map(\.0) : []
        rest.fields = change.action == .update ? fields.filter { !heal.mends($0, at: $1) }.map(\.0) : change.fields
        if change.action != .update || !rest.fields.isEmpty {
            left.append(
                PlannedChange(
                    rest, fieldDisruptions: rest.fields.map(change.disruption(of:)), disruption: rest.disruption,
                    refusal: .notHealed(heal)))
        }
        return healed.fields.isEmpty ? nil : healed
    }
    return left
}

extension Heal {
    fileprivate func mends(_ field: FieldChange, at cost: Disruption) -> Bool {
        guard field.cause == .drift else { return false }
        return switch self {
        case .power: field.path.attribute == .power
        case .live: cost <= .live
        case .nextBoot: cost <= .nextBoot
        }
    }
}
