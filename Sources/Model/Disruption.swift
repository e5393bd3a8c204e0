/// What a change costs whoever uses the thing, from nothing to the loss of data.
package enum Disruption: String, Hashable, Sendable, CaseIterable, Comparable {
    case none
    /// Done while it runs.
    case live
    /// Written now, seen by the guest when it next starts; nothing is wrong until then.
    case nextBoot = "next-boot"
    /// The guest differs from its definition until it is restarted.
    case restart
    /// Deleted and made anew; it holds no data.
    case replace
    /// Deleted; it holds no data.
    case delete
    /// Deleted, with the data in it, whether or not it is made anew.
    case deleteData = "delete-data"

    /// Whether an apply does it without being given leave.
    package var isFree: Bool { self <= .nextBoot || self == .delete }

    package static func < (left: Disruption, right: Disruption) -> Bool { left.rank < right.rank }

    private var rank: Int { Disruption.allCases.firstIndex(of: self) ?? 0 }
}
