import Model

/// What a class gives to each of its machines, worked out once.
struct MachineClass {
    var cpu: Setting
    var memory: Setting
    var hasProcessorHeadroom = false
    var hasMemoryHeadroom = false
    var sockets: Setting?
    var cores: Setting?
    var threads: Setting?
    /// Settings of the domain that are the same for all machines, in the order of their paths.
    var domain: [(path: AttributePath, value: Setting)] = []
    /// Whether a machine without an image gets a root disk.
    var hasDiskDefaults = false
    var diskSize: Setting?
    var pool: Setting?
    var format: Setting?
    var cache: Setting?
    var io: Setting?
    var bus = Setting("virtio")
    var nicModel = Setting("virtio")
    var autostart: Setting?

    /// For a machine without a class.
    static let none = MachineClass(cpu: Setting(1), memory: Setting(.integer(bytesPerGiB)))
}

extension Resolver {
    mutating func resolveClass(_ document: Document) -> MachineClass {
        let record = document.record
        var result = MachineClass.none
        if let cpu = record.integer("cpu") { result.cpu = cpu.setting }
        if let memory = record.integer("memory") { result.memory = memory.setting }
        result.hasProcessorHeadroom = record.flag("performanceProfile.cpuHotAddEnabled")?.value ?? false
        result.hasMemoryHeadroom = record.flag("performanceProfile.memoryHotAddEnabled")?.value ?? false
        result.sockets = record.integer("spec.cpu.topology.sockets")?.setting
        result.cores = record.integer("spec.cpu.topology.cores")?.setting
        result.threads = record.integer("spec.cpu.topology.threads")?.setting

        for (attribute, path) in Resolver.plainText {
            if let found = record.text(path) { result.domain.append((AttributePath(attribute), found.setting)) }
        }
        for (attribute, path) in Resolver.plainFlags {
            if let found = record.flag(path) { result.domain.append((AttributePath(attribute), found.setting)) }
        }
        addTimers(of: document, to: &result)
        result.domain.sort { $0.path < $1.path }

        result.hasDiskDefaults = record.cells.contains { $0.slot == record.scope.slot("diskDefaults.size") }
        result.diskSize = record.integer("diskDefaults.size")?.setting
        result.pool = record.text("spec.storage.pool")?.setting ?? record.text("diskDefaults.storageClass")?.setting
        result.format = format(of: document)
        result.cache = (record.text("spec.devices.disk.cache") ?? record.text("spec.storage.cache"))?.setting
        result.io = (record.text("spec.devices.disk.io") ?? record.text("spec.storage.io"))?.setting
        let cache = result.cache?.value.text ?? "default"
        if result.io?.value.text == "native", cache != "none", cache != "directsync" {
            problems.add(
                .conflict, at: result.io?.origin, address: document.address,
                "The I/O mode `native` needs the cache `none` or `directsync`; here it is `\(cache)`.")
        }
        if let bus = record.text("spec.devices.disk.bus") { result.bus = bus.setting }
        if result.bus.value == "ide", record.text("spec.machine")?.value.contains("q35") == true {
            problems.add(
                .conflict, at: result.bus.origin, address: document.address,
                "A machine of the type `q35` has no IDE. Give its disks the bus `sata`, or say `machine: pc`.")
        }
        if let model = record.text("spec.devices.network.model") { result.nicModel = model.setting }
        readExtraConfig(of: document, into: &result)
        return result
    }

    /// Fields that become the same text of a domain.
    private static let plainText: [(Attribute, String)] = [
        (.machine, "spec.machine"), (.cpuMode, "spec.cpu.mode"), (.clockOffset, "spec.clock.offset"),
        (.videoModel, "spec.devices.video.model"),
    ]

    private static let plainFlags: [(Attribute, String)] = [
        (.acpi, "spec.features.acpi"), (.apic, "spec.features.apic"), (.pae, "spec.features.pae"),
    ]

    /// The timers that libvirt knows (formatdomain, "Time keeping") and QEMU has, and the tick policies of those that do not have all.
    private static let timerNames = ["rtc", "pit", "hpet", "tsc", "kvmclock", "hypervclock", "armvtimer"]
    private static let tickPolicies = ["delay", "catchup", "merge", "discard"]
    private static let fewerPolicies = [
        "rtc": ["delay", "catchup"], "pit": ["delay", "catchup", "discard"], "kvmclock": [], "hypervclock": [],
    ]

    private static func policies(of timer: String) -> [String] { fewerPolicies[timer] ?? tickPolicies }

    private mutating func addTimers(of document: Document, to result: inout MachineClass) {
        for pair in document.record.pairs("spec.clock.timers") {
            let place = document.record.location(of: pair.line, pair.column)
            if !Resolver.timerNames.contains(pair.key) {
                let advice = nearest(to: pair.key, in: Resolver.timerNames).map { "Did you mean `\($0)`?" }
                problems.add(
                    .unknownField, at: place, address: document.address,
                    "There is no timer `\(pair.key)`. \(advice ?? "There are \(Resolver.timerNames.joined(separator: ", ")).")"
                )
            } else if let policy = pair.value.text, case let policies = Resolver.policies(of: pair.key),
                !policies.contains(policy)
            {
                problems.add(
                    .invalidValue, at: place, address: document.address,
                    "`spec.spec.clock.timers.\(pair.key)` is "
                        + (policies.isEmpty
                            ? "`true` or `false`."
                            : "`true`, `false`, or one of \(policies.joined(separator: ", "))."))
            } else {
                result.domain.append((AttributePath(.timer, pair.key), Setting(pair.value, at: place)))
            }
        }
    }

    /// `spec.storage.format`, or what the documentation's `diskDefaults.type: qcow2` means.
    private mutating func format(of document: Document) -> Setting? {
        let format = document.record.text("spec.storage.format")
        guard let type = document.record.text("diskDefaults.type"), type.value == "qcow2" || type.value == "raw" else {
            return format?.setting
        }
        if let format, format.value != type.value {
            problems.add(
                .conflictingSpellings, at: type.location, address: document.address,
                "`spec.diskDefaults.type` says something else than `spec.spec.storage.format` at \(format.location). Keep one of them."
            )
        }
        return format?.setting ?? type.setting
    }

    private mutating func readExtraConfig(of document: Document, into result: inout MachineClass) {
        for pair in document.record.pairs("extraConfig") {
            let place = document.record.location(of: pair.line, pair.column)
            if pair.key == "autostart" {
                if let flag = readFlag(pair.value.text ?? "") {
                    result.autostart = Setting(.bool(flag), at: place)
                } else {
                    problems.add(
                        .invalidValue, at: place, address: document.address,
                        "`spec.extraConfig.autostart` is `\"true\"` or `\"false\"`.")
                }
            } else if pair.key.hasPrefix("vsphere.") || pair.key.hasPrefix("proxmox.") {
                problems.add(
                    .otherHypervisor, .warning, at: place, address: document.address,
                    "`spec.extraConfig.\(pair.key)` is for another hypervisor. It means nothing to libvirt and is left out."
                )
            } else {
                problems.add(
                    .notHonoured, .warning, at: place, address: document.address,
                    "`spec.extraConfig.\(pair.key)` is accepted, but rigaud does not act on it.")
            }
        }
    }
}
