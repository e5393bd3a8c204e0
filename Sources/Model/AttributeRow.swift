/// One row of the attribute table: what the differ and the planner must know of a property of a resource.
///
/// The same property's place in libvirt's XML is its lens, in `Libvirt`. A new attribute is a case of `Attribute`, a row
/// here, a lens there.
package struct AttributeRow: Sendable {
    /// How a wanted and an observed value are held against each other.
    package enum Comparison: Sendable {
        case exact
        case ignoringCase
        /// The observed machine may be the versioned name that libvirt made of an alias: `q35` is `pc-q35-7.2`.
        case machine
        /// A volume is named by `pool/volume` or by its path on the host, and both may mean the same.
        case volume
        case unordered
        /// Held against what was last applied, since no host keeps it.
        case recorded
        /// Said of how it was made; what is made is not changed for it.
        case informative
        /// Where libvirt says nothing, this is what it is: a logical volume is raw and does not say so, nor does a disk
        /// whose cache is the default.
        case absentMeans(Value)
    }

    /// What changing it costs while the object is in use. An object at rest is changed for nothing.
    package enum Cost: Sendable {
        case none
        case live
        /// Live as long as it stays within the maximum that the running guest was started with.
        case liveUpTo(Attribute)
        /// Live where the host can plug devices, else at a restart.
        case hotplug
        case nextBoot
        case restart
        case replace
        /// Growing is live, shrinking means a new one.
        case growOnly
        case power
        /// What a guest would go on with is lost, which is as much as a restart takes, although it is off.
        case memory
    }

    package enum Unit: Sendable { case none, bytes }

    /// A maximum that is chosen when a guest is made, so that its value can grow while it runs.
    package struct Ceiling: Sendable {
        package let maximum: Attribute
        package let value: Attribute
    }

    package let attribute: Attribute
    package let comparison: Comparison
    package let cost: Cost
    /// What it goes back to when it leaves the manifest: `.null` takes it out of the XML; nil leaves it as it is.
    package let fallback: Value?
    package let unit: Unit
    /// The attribute that an item of the same list always has; nil where the attribute is not in a list.
    package let list: Attribute?
    /// Of what is `liveUpTo` a maximum: it stays in a running guest as it was set, so that another value there is somebody's
    /// doing. Memory is not steady: its balloon moves when a guest starts and when its host is short of it.
    package let isSteady: Bool
    /// Whether what runs comes to another value by itself.
    package var moves: Bool { if case .liveUpTo = cost { !isSteady } else { false } }
    /// Set for what makes room above a value: as long as the value fits, whatever room there is will do.
    package let ceiling: Ceiling?

    init(
        _ attribute: Attribute, _ cost: Cost, compare comparison: Comparison = .exact, fallback: Value? = nil,
        unit: Unit = .none, in list: Attribute? = nil, steady isSteady: Bool = false, ceiling: Ceiling? = nil
    ) {
        self.attribute = attribute
        self.cost = cost
        self.comparison = comparison
        self.fallback = fallback
        self.unit = unit
        self.list = list
        self.isSteady = isSteady
        self.ceiling = ceiling
    }
}

extension AttributeRow.Ceiling {
    fileprivate static let vcpus = AttributeRow.Ceiling(maximum: .maximumVCPUs, value: .vcpus)
    fileprivate static let memory = AttributeRow.Ceiling(maximum: .maximumMemory, value: .memory)
}

extension AttributeRow {
    static let all: [AttributeRow] = [
        .init(.power, .power),
        .init(.persistent, .none, compare: .absentMeans(true)),
        .init(.savedState, .memory),
        .init(.protect, .none),
        .init(.autostart, .none, fallback: false),
        .init(.description, .none, fallback: .null),
        .init(.ready, .none, compare: .recorded),
        .init(.vcpus, .liveUpTo(.maximumVCPUs), steady: true),
        .init(.maximumVCPUs, .restart, ceiling: .vcpus),
        .init(.memory, .liveUpTo(.maximumMemory), unit: .bytes),
        .init(.maximumMemory, .restart, unit: .bytes, ceiling: .memory),
        .init(.machine, .restart, compare: .machine),
        .init(.cpuMode, .restart),
        .init(.cpuSockets, .restart, fallback: .null, ceiling: .vcpus),
        .init(.cpuCores, .restart, fallback: .null),
        .init(.cpuThreads, .restart, fallback: .null),
        .init(.acpi, .restart, fallback: true),
        .init(.apic, .restart, fallback: true),
        .init(.pae, .restart, fallback: false),
        .init(.ignition, .nextBoot, compare: .volume, fallback: .null),
        .init(.bootDevices, .nextBoot),
        .init(.clockOffset, .restart, fallback: "utc"),
        .init(.timer, .restart, fallback: .null, in: .timer),
        .init(.videoModel, .restart, fallback: "virtio"),
        .init(.diskOrder, .none, compare: .informative),
        .init(.diskSource, .hotplug, compare: .volume, fallback: .null, in: .diskSource),
        .init(.diskDevice, .hotplug, in: .diskSource),
        .init(.diskFormat, .restart, in: .diskSource),
        .init(.diskBus, .restart, in: .diskSource),
        .init(.diskCache, .restart, compare: .absentMeans("default"), fallback: .null, in: .diskSource),
        .init(.diskIO, .restart, fallback: .null, in: .diskSource),
        .init(.diskCapacity, .live, unit: .bytes, in: .diskSource),
        .init(.nicOrder, .none, compare: .informative),
        .init(.nicSource, .hotplug, fallback: .null, in: .nicSource),
        .init(.nicMAC, .restart, compare: .ignoringCase, in: .nicSource),
        .init(.nicModel, .restart, in: .nicSource),

        .init(.capacity, .growOnly, unit: .bytes),
        .init(.volumeFormat, .replace, compare: .absentMeans("raw")),
        .init(.backing, .replace, compare: .volume),
        .init(.backingFormat, .replace),
        .init(.copy, .replace, compare: .recorded),
        .init(.allocation, .none, compare: .informative),
        .init(.image, .none, compare: .recorded),
        .init(.content, .none, compare: .informative),
        .init(.checksum, .none, compare: .informative),
        .init(.seed, .replace, compare: .recorded),

        .init(.active, .live),
        .init(.poolType, .replace),
        .init(.poolTarget, .replace),
        .init(.poolSource, .replace),
        .init(.forwardMode, .restart),
        .init(.forwardDevice, .restart, fallback: .null),
        .init(.bridge, .restart, fallback: .null),
        .init(.dnsDomain, .restart, fallback: .null),
        .init(.addressPrefix, .restart, fallback: .null, in: .addressPrefix),
        .init(.dhcpRanges, .live, compare: .unordered, fallback: .null, in: .addressPrefix),
        .init(.dhcpHost, .live, fallback: .null, in: .dhcpHost),
        .init(.dnsHost, .live, fallback: .null, in: .dnsHost),
    ]

    /// By ordinal.
    private static let table: [AttributeRow] = {
        let rows = Dictionary(uniqueKeysWithValues: all.map { ($0.attribute, $0) })
        return Attribute.allCases.map { rows[$0] ?? AttributeRow($0, .restart) }
    }()

    static func row(of attribute: Attribute) -> AttributeRow { table[Int(attribute.ordinal)] }
}

extension Attribute {
    package var row: AttributeRow { AttributeRow.row(of: self) }
}
