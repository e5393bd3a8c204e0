import Glibc
import Model

/// The name of a pool by which a directory is looked into, `rigaud-look-SECONDS-UUID`: with the time at which it was made, so
/// that one whose maker was killed is told from those in use.
struct LookName {
    private let seconds: Int

    /// - Parameter name: The name of any pool; nil where it is not such a one.
    init?(_ name: String) {
        guard name.hasPrefix(LookName.prefix) else { return nil }
        seconds = Int(name.dropFirst(LookName.prefix.count).prefix { $0 != "-" }) ?? 0
    }

    /// A look takes seconds; clocks of different machines may be minutes apart.
    var isLeftBehind: Bool { abs(time(nil) - seconds) > 3600 }

    static var new: String { "\(prefix)\(time(nil))-\(ObjectID.random())" }

    private static let prefix = "rigaud-look-"
}
