/// A libvirt that resources are on, as a Provider names it.
package struct Host: Hashable, Sendable {
    package let address: Address
    /// The connection URI, as libvirt takes it.
    package let uri: String
    package let origin: SourceLocation?

    package init(_ address: Address, uri: String, origin: SourceLocation? = nil) {
        self.address = address
        self.uri = uri
        self.origin = origin
    }
}

/// What the stack is called, what is permitted for good, and what is left alone.
package struct StackSettings: Hashable, Sendable {
    package var name: String
    package var allowed: Set<Disruption>
    /// In the order in which they are written; those of annotations follow.
    package var ignored: [IgnoreRule]
    package var suspended: [Suspension]

    package init(
        name: String, allowed: Set<Disruption> = [], ignored: [IgnoreRule] = [], suspended: [Suspension] = []
    ) {
        self.name = name
        self.allowed = allowed
        self.ignored = ignored
        self.suspended = suspended
    }
}

/// The desired graph: everything that the manifests ask for, resolved and checked.
package struct DesiredState: Sendable {
    package var stack: StackSettings
    package var hosts: [Host]
    /// In the order of their addresses; each address once.
    package var resources: [Resource]
    /// What volumes are made with, by their addresses; one that is not here is made empty.
    package var contents: [Address: VolumeContent] = [:]
    /// The machines whose disks stay on a former version of an image, by the version that they do not start from.
    package var keepers: [Address: [Address]] = [:]
    /// Seeds that have not been rendered, in the order of their machines.
    package var seeds: [SeedSource] = []
    /// The user data of images that no machine has it from, in the order of their images: to be checked alone.
    package var unusedTemplates: [SeedSource] = []
    /// SHA-256 of the manifests' bytes in the order of their names, in hexadecimal.
    package var digest: String

    package init(stack: StackSettings, hosts: [Host], resources: [Resource], digest: String = "") {
        self.stack = stack
        self.hosts = hosts
        self.resources = resources
        self.digest = digest
    }
}

extension DesiredState {
    /// By its address, in the order of which they are.
    package func resource(_ address: Address) -> Resource? {
        var (low, high) = (0, resources.count)
        while low < high {
            let middle = (low + high) / 2
            if resources[middle].address < address { low = middle + 1 } else { high = middle }
        }
        return low < resources.count && resources[low].address == address ? resources[low] : nil
    }
}
