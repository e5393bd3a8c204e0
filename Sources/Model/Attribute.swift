/// The name of a property of a resource. The raw value is its path in plans and state; `*` stands for the item of a list.
///
/// What libvirt's XML calls it is in the lens table of `Libvirt`; how it compares and what changing it costs, in `AttributeRow`.
package enum Attribute: String, Hashable, Sendable, CaseIterable {
    // domain
    case power
    /// False of what runs and has no definition any more: it is gone when it stops. Never in a manifest or a record.
    case persistent
    /// Whether memory of its was saved when it was last off, so that it goes on with that when it is started. In changes alone.
    case savedState = "saved-state"
    /// Whether it may be deleted or replaced (`rigaud.io/protect`), as recorded: no host knows of it. In changes alone.
    case protect
    case autostart
    case description
    /// How its guest is known to be ready: "running", "address", "agent", "cloud-init", "tcp:PORT".
    case ready
    case vcpus
    case maximumVCPUs = "vcpus/maximum"
    case memory
    case maximumMemory = "memory/maximum"
    case machine
    case cpuMode = "cpu/mode"
    case cpuSockets = "cpu/topology/sockets"
    case cpuCores = "cpu/topology/cores"
    case cpuThreads = "cpu/topology/threads"
    case acpi = "features/acpi"
    case apic = "features/apic"
    case pae = "features/pae"
    /// The volume with the guest's Ignition configuration, handed over by the firmware configuration interface.
    case ignition = "firmware/ignition"
    /// What is started from, in order: "hd", "cdrom".
    case bootDevices = "boot"
    case clockOffset = "clock/offset"
    case timer = "clock/timers/*"
    case videoModel = "video/model"
    /// The disks beside `root` as the manifest has them, where that is not the order of their names: for making them.
    case diskOrder = "disks/order"
    case diskSource = "disks/*/source"
    case diskDevice = "disks/*/device"
    case diskFormat = "disks/*/format"
    case diskBus = "disks/*/bus"
    case diskCache = "disks/*/cache"
    case diskIO = "disks/*/io"
    /// Bytes; only ever set live, since the size of a disk at rest is its volume's `capacity`.
    case diskCapacity = "disks/*/capacity"
    /// The interfaces as the manifest has them, where that is not the order of their names: a guest counts them by it.
    case nicOrder = "networks/order"
    case nicSource = "networks/*/source"
    case nicMAC = "networks/*/mac"
    case nicModel = "networks/*/model"
    // volume
    case capacity
    case volumeFormat = "format"
    case backing
    case backingFormat = "backing/format"
    /// A `pool/volume` or path that the volume is a full copy of, made on the host.
    case copy
    /// "thin" or "thick".
    case allocation
    /// The address of the VMImage that a disk started from.
    case image
    /// What the volume was filled with: an image's URL, "cloud-init" or "ignition".
    case content
    /// Of what it was filled with, as the manifest has it.
    case checksum
    /// Of the seed that a disk was first started with, where another one means another disk.
    case seed
    // pool and network
    case active
    case poolType = "type"
    case poolTarget = "target"
    case poolSource = "source"
    case forwardMode = "forward/mode"
    case forwardDevice = "forward/device"
    case bridge
    case dnsDomain = "domain"
    case addressPrefix = "addresses/*/prefix"
    case dhcpRanges = "addresses/*/dhcp"
    case dhcpHost = "dhcp/hosts/*"
    case dnsHost = "dns/hosts/*"

    /// Its place in the total order of attributes, which is the order of plans.
    ///
    /// An enumeration without payloads is stored as the number of its case, which saves a look-up at every comparison
    /// of every attribute of every object; a test holds it against `allCases`.
    package var ordinal: UInt8 { unsafeBitCast(self, to: UInt8.self) }

    /// By its number: a raw value's hash would be that of its text.
    package func hash(into hasher: inout Hasher) { hasher.combine(ordinal) }

    /// By ordinal, the place of the list that an attribute is in, or its own.
    fileprivate static let groups = allCases.map { ($0.row.list ?? $0).ordinal }

    /// Found by its raw value, quickly.
    package static let byName = Dictionary(uniqueKeysWithValues: Attribute.allCases.map { ($0.rawValue, $0) })
}

/// An attribute of a resource, with the item of the list that it belongs to: the cache mode of the disk `root`.
package struct AttributePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let attribute: Attribute
    /// The disk's or interface's name, an address, a MAC; empty where the attribute is not in a list.
    package let item: String

    package init(_ attribute: Attribute, _ item: String = "") {
        self.attribute = attribute
        self.item = item
    }

    /// Reads what `description` wrote. The item may hold anything but a slash.
    package init?(_ text: String) {
        if let attribute = Attribute.byName[text], !text.contains("*") {
            self.init(attribute)
            return
        }
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)
        for index in parts.indices.dropFirst() {
            let item = parts[index]
            parts[index] = "*"
            if let attribute = Attribute.byName[parts.joined(separator: "/")] {
                self.init(attribute, String(item))
                return
            }
            parts[index] = item
        }
        return nil
    }

    /// `disks/root/cache`: what plans and state call it.
    package var description: String {
        guard !item.isEmpty else { return attribute.rawValue }
        return attribute.rawValue.split(separator: "*", omittingEmptySubsequences: false).joined(separator: item)
    }

    package static func < (left: AttributePath, right: AttributePath) -> Bool {
        let (leftOrdinal, rightOrdinal) = (left.group, right.group)
        if leftOrdinal != rightOrdinal { return leftOrdinal < rightOrdinal }
        if left.item != right.item { return left.item < right.item }
        return left.attribute.ordinal < right.attribute.ordinal
    }

    /// Attributes of one list stand together, item by item.
    private var group: UInt8 { Attribute.groups[Int(attribute.ordinal)] }
}
