/// What a guest's cloud-init is told, as the manifests have it: texts that are still templates, and what stands for the
/// names in them.
package struct SeedSource: Hashable, Sendable {
    /// A text of a manifest's or a Secret's, and where it begins.
    package struct Part: Hashable, Sendable {
        package var text: Secret
        /// The place of the text's first character that is not white space. Nil for a Secret's, whose lines are not shown.
        package var origin: SourceLocation?
        /// The text may be shown in a message.
        package var isPublic: Bool
        /// Its lines are lines of the file, as in a literal block of YAML; between quotes they are not.
        package var isVerbatim: Bool

        package init(_ text: Secret, at origin: SourceLocation?, isPublic: Bool, isVerbatim: Bool = true) {
            self.text = text
            self.origin = origin
            self.isPublic = isPublic
            self.isVerbatim = isVerbatim
        }
    }

    /// What happens to a machine that has been started with another seed.
    package enum ChangePolicy: String, Hashable, Sendable, CaseIterable {
        case ignore
        /// A new seed and a new instance-id, seen at the next boot.
        case nextBoot = "next-boot"
        /// The root disk is made anew.
        case replace
    }

    package var machine: Address
    package var labels: [String: String]
    package var annotations: [String: String]
    package var sshPublicKeys: [String]
    /// Several become a MIME multipart.
    package var userData: [Part]
    package var metaData: [Part]
    package var networks: [SeedNetwork]
    package var policy: ChangePolicy
    /// The pool of its volume, and the bus of the CD-ROM that it is.
    package var pool: String
    package var bus: String
    package var origin: SourceLocation?

    package init(
        machine: Address, labels: [String: String] = [:], annotations: [String: String] = [:],
        sshPublicKeys: [String] = [], userData: [Part] = [], metaData: [Part] = [], networks: [SeedNetwork] = [],
        policy: ChangePolicy = .nextBoot, pool: String = "default", bus: String = "scsi",
        origin: SourceLocation? = nil
    ) {
        self.machine = machine
        self.labels = labels
        self.annotations = annotations
        self.sshPublicKeys = sshPublicKeys
        self.userData = userData
        self.metaData = metaData
        self.networks = networks
        self.policy = policy
        self.pool = pool
        self.bus = bus
        self.origin = origin
    }
}

/// One of the guest's interfaces, as a seed configures it.
package struct SeedNetwork: Hashable, Sendable {
    package struct Route: Hashable, Sendable {
        /// With the length of its prefix.
        package let to: String
        package let via: String
        package let metric: Int?

        package init(to: String, via: String, metric: Int? = nil) {
            self.to = to
            self.via = via
            self.metric = metric
        }
    }

    /// The interface's name in the manifest, which is the item of its attributes.
    package var item: String
    /// Lower case; nil until it has been given (`identify`).
    package var mac: String?
    /// With the length of their prefixes. Empty means DHCP.
    package var addresses: [String]
    package var gateways: [String]
    package var routes: [Route]
    package var nameServers: [String]
    package var searchDomains: [String]
    /// Bytes; nil leaves it to the guest.
    package var mtu: Int?
    /// Neither addresses nor DHCP: the interface is brought up and left alone.
    package var isUnconfigured: Bool

    package init(
        item: String, mac: String? = nil, addresses: [String] = [], gateways: [String] = [], routes: [Route] = [],
        nameServers: [String] = [], searchDomains: [String] = [], mtu: Int? = nil, isUnconfigured: Bool = false
    ) {
        self.item = item
        self.mac = mac
        self.addresses = addresses
        self.gateways = gateways
        self.routes = routes
        self.nameServers = nameServers
        self.searchDomains = searchDomains
        self.mtu = mtu
        self.isUnconfigured = isUnconfigured
    }
}

/// What a guest's cloud-init is told, rendered and checked. The files are made of it when its volume is.
package struct Seed: Hashable, Sendable {
    package var hostName: String
    /// Nil where there is none: cloud-init wants the file all the same, empty.
    package var userData: Secret?
    /// YAML of the manifest's own, to go into meta-data; a mapping.
    package var metaData: Secret?
    package var sshPublicKeys: [String]
    package var networks: [SeedNetwork]
    /// What the user data said of the network itself (version 1 or 2); it stands instead of `networks`.
    package var networkConfig: Secret?
    package var policy: SeedSource.ChangePolicy
    /// Of all inputs, under the state's key: it names the volume and the instance. Nil before there is a state.
    package var digest: String?

    package init(
        hostName: String, userData: Secret? = nil, metaData: Secret? = nil, sshPublicKeys: [String] = [],
        networks: [SeedNetwork] = [], networkConfig: Secret? = nil, policy: SeedSource.ChangePolicy = .nextBoot,
        digest: String? = nil
    ) {
        self.hostName = hostName
        self.userData = userData
        self.metaData = metaData
        self.sshPublicKeys = sshPublicKeys
        self.networks = networks
        self.networkConfig = networkConfig
        self.policy = policy
        self.digest = digest
    }
}

extension Seed {
    /// The name of the drive that it is in, among the disks of its machine.
    package static let drive = "cidata"
    /// The first word of its volume's part of an address; the second is its digest.
    package static let part = "seed"
}

extension Address {
    /// Whether it is the volume of a seed.
    package var isOfSeed: Bool { isPart && text.hasPrefix("\(owner.text)/\(Seed.part)/") }
    /// Whether it is the volume of a configuration for Ignition.
    package var isOfIgnition: Bool { isPart && text.hasPrefix("\(owner.text)/ignition/") }
}

/// The bytes that a volume is made with, where it is not made empty.
package enum VolumeContent: Hashable, Sendable {
    case image(ImageSource)
    case seed(Seed)
    /// A configuration for Ignition.
    case ignition(Secret)
}
