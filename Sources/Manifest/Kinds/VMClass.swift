import Model

extension Kind {
    static let machineClass = Kind("VMClass", .virtrigaud, "How virtual machines of a class are equipped.") {
        integer("cpu", 1...128, also: ["cpus"], required: true, .feeds(.vcpus, .maximumVCPUs), "Virtual processors.")
        quantity(
            "memory", atLeast: bytesPerMiB, also: [Spelling("memoryMiB", .unit(bytesPerMiB))], required: true,
            .feeds(.memory, .maximumMemory), "Memory, as a quantity.")
        word("firmware", ["BIOS", "UEFI", "EFI"], default: "BIOS", .later, "What starts the guest.")
        quantity(
            "diskDefaults.size", unit: bytesPerGiB, also: ["diskDefaults.sizeGiB"], default: "20Gi", .feeds(.capacity),
            "The size of a root disk that names none: a number of GiB, or a quantity.")
        word(
            "diskDefaults.type", ["thin", "thick", "eagerzeroedthick", "ssd", "hdd", "nvme", "qcow2", "raw"],
            default: "thin", .feeds(.volumeFormat),
            "How space is allocated; disks of ours are thin. `qcow2` and `raw` are taken as the format.")
        integer("diskDefaults.iops", 100...100_000, .later, "Disk operations a second, at most.")
        text("diskDefaults.storageClass", as: .objectName, .used, "The pool for disks that name none.")
        word(
            "guestToolsPolicy", ["install", "skip", "upgrade", "uninstall"], default: "install", .later,
            "What happens to the guest agent.")
        dictionary(
            "extraConfig", .feeds(.autostart),
            "Settings by name. `autostart` says whether machines start with their host.")
        flag(
            "performanceProfile.cpuHotAddEnabled", default: "false", .feeds(.maximumVCPUs),
            "Whether processors can be added while it runs: up to four times as many, at most 64.")
        flag(
            "performanceProfile.memoryHotAddEnabled", default: "false", .feeds(.maximumMemory),
            "Whether memory can be added while it runs: up to four times as much.")
        flag("performanceProfile.nestedVirtualization", default: "false", .later, "Whether the guest may run guests.")
        word(
            "performanceProfile.latencySensitivity", ["low", "normal", "high"], default: "normal", .foreign("vSphere"),
            "How sensitive to latency it is.")
        word(
            "performanceProfile.hyperThreadingPolicy", ["auto", "prefer", "avoid", "require"], default: "auto",
            .foreign("vSphere"),
            "How sibling threads are used.")
        flag(
            "performanceProfile.virtualizationBasedSecurity", default: "false", .foreign("vSphere"),
            "Windows' virtualization-based security.")
        integer("resourceLimits.cpuLimit", 100...100_000, .later, "Processor time at most, in MHz.")
        integer("resourceLimits.cpuReservation", 0...100_000, .later, "Processor time at least, in MHz.")
        integer("resourceLimits.cpuShares", 1...1_000_000, .later, "Its share where processors are scarce.")
        quantity("resourceLimits.memoryLimit", .later, "Memory at most.")
        quantity("resourceLimits.memoryReservation", .later, "Memory at least.")
        flag("securityProfile.secureBoot", default: "false", .later, "Whether only signed code starts the guest.")
        flag("securityProfile.tpmEnabled", default: "false", .later, "Whether it has a TPM.")
        text("securityProfile.tpmVersion", .later, "The TPM's version, `1.2` or `2.0`.")
        flag("securityProfile.vtdEnabled", default: "false", .later, "Whether it has an IOMMU.")
        flag("securityProfile.encryptionPolicy.enabled", default: "false", .later, "Whether its disks are encrypted.")
        word(
            "securityProfile.encryptionPolicy.keyProvider", ["standard", "hardware", "external"], .later,
            "Where the keys are.")
        flag(
            "securityProfile.encryptionPolicy.requireEncryption", default: "false", .later,
            "Whether it may not be without.")
        anything("disks", .later, "Disks that every machine of the class has.")
        anything("networks", .later, "Interfaces that every machine of the class has.")

        text("spec.storage.pool", as: .objectName, .used, "The pool for disks that name none.")
        word(
            "spec.storage.format", ["qcow2", "raw"], default: "qcow2", .feeds(.volumeFormat, .diskFormat),
            "The format of its disks; `raw` in a logical pool.")
        word("spec.storage.cache", cacheModes, .feeds(.diskCache), "How the host caches its disks.")
        word(
            "spec.storage.io", ioModes, .feeds(.diskIO),
            "How the host reads and writes its disks. `native` needs the cache `none` or `directsync`.")
        text(
            "spec.machine", as: .nonEmpty, .feeds(.machine),
            "The machine type: `q35`, `pc`, or a version such as `pc-i440fx-2.12`.")
        word(
            "spec.cpu.mode", ["host-model", "host-passthrough", "maximum"], .feeds(.cpuMode),
            "The processor that the guest sees.")
        integer("spec.cpu.topology.sockets", 1...128, default: "1", .feeds(.cpuSockets), "Sockets.")
        integer("spec.cpu.topology.cores", 1...128, default: "1", .feeds(.cpuCores), "Cores in each socket.")
        integer(
            "spec.cpu.topology.threads", 1...128, default: "1", .feeds(.cpuThreads),
            "Threads in each core. The three multiply to `cpu`.")
        flag("spec.features.acpi", default: "true", .feeds(.acpi), "ACPI, which a clean shutdown needs.")
        flag("spec.features.apic", default: "true", .feeds(.apic), "APIC.")
        flag("spec.features.pae", .feeds(.pae), "PAE, for 32-bit guests.")
        word(
            "spec.clock.offset", ["utc", "localtime"], default: "utc", .feeds(.clockOffset),
            "What the guest's clock shows.")
        timers(
            "spec.clock.timers", .feeds(.timer),
            "Timers by name: a tick policy (`delay`, `catchup`, `merge`, `discard`), or whether it is there.")
        anything("spec.numa", .later, "The guest's NUMA cells.")
        word(
            "spec.devices.disk.bus", ["virtio", "scsi", "sata", "ide", "usb"], default: "virtio", .feeds(.diskBus),
            "The bus of its disks.")
        word(
            "spec.devices.disk.cache", cacheModes, .feeds(.diskCache), "Like `spec.storage.cache`, which it overrides.")
        word("spec.devices.disk.io", ioModes, .feeds(.diskIO), "Like `spec.storage.io`, which it overrides.")
        word(
            "spec.devices.network.model", nicModels, default: "virtio", .feeds(.nicModel),
            "The model of its network interfaces.")
        word(
            "spec.devices.video.model", ["virtio", "qxl", "vga", "cirrus", "bochs", "ramfb", "none"], default: "virtio",
            .feeds(.videoModel), "The model of its display.")
        anything("spec.devices.hostdev", .later, "Devices of the host to pass through.")
    }

    private static let cacheModes: [Word] = ["default", "none", "writethrough", "writeback", "directsync", "unsafe"]
    private static let ioModes: [Word] = ["threads", "native", "io_uring"]
    static let nicModels: [Word] = ["virtio", "e1000", "e1000e", "rtl8139", "pcnet", "ne2k_pci"]
}
