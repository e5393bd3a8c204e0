/// A kind of document that rigaud reads.
final class Kind: Sendable {
    enum Group: String, Sendable {
        case virtrigaud = "infra.virtrigaud.io"
        case rigaud = "rigaud.io"
        case core = ""

        /// The versions that are read; the first is the one to write.
        var versions: [String] {
            switch self {
            case .virtrigaud: ["v1beta1", "v1alpha1"]
            case .rigaud: ["v1alpha1"]
            case .core: ["v1"]
            }
        }

        var apiVersions: [String] { versions.map { self == .core ? $0 : "\(rawValue)/\($0)" } }
    }

    let name: String
    let group: Group
    /// One or two sentences.
    let doc: String
    let scope: Scope

    init(_ name: String, _ group: Group, _ doc: String, @RowBuilder _ rows: () -> [Row]) {
        self.name = name
        self.group = group
        self.doc = doc
        scope = Scope(rows())
    }

    /// Everything in a Secret stands beside `metadata`; in any other kind below `spec`.
    var hasSpec: Bool { group != .core }

    static let all: [Kind] = [
        provider, virtualMachine, machineClass, image, networkAttachment, stack, pool, network, volume, secret,
    ]

    /// VirtRigaud's other kinds, which are known and left out.
    static let unsupported: Set<String> = ["VMSnapshot", "VMClone", "VMSet", "VMPlacementPolicy", "VMMigration"]

    static func named(_ name: String, in group: Group) -> Kind? {
        all.first { $0.name == name && $0.group == group }
    }
}
