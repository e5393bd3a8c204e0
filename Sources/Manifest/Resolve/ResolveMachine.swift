import Model

/// 64 TiB. Who comes to more has counted in another unit.
private let mostMemory: Int64 = 64 << 40

/// A machine's domain as it comes together, with the volumes made for it.
struct MachineParts {
    let document: Document
    let host: Int
    /// Libvirt's name of it.
    let name: String
    let machineClass: MachineClass
    let disks: [NamedItem]
    let interfaces: [NamedItem]
    var settings: [(path: AttributePath, value: Setting)] = []
    var needs: [Address] = []
    /// The pool of its root disk, where its seed goes too.
    var pool: String?
    /// Seconds to wait for the medium that it is installed from.
    var patience = 0
    /// What its cloud-init is told of its interfaces.
    var networks: [SeedNetwork] = []

    mutating func set(_ attribute: Attribute, _ setting: Setting) { set(attribute, "", setting) }

    mutating func set(_ attribute: Attribute, _ item: String, _ setting: Setting) {
        settings.append((AttributePath(attribute, item), setting))
    }

    mutating func set(_ attribute: Attribute, asOrderOf items: [NamedItem]) {
        let names = items.map(\.name.value)
        if names != names.sorted() {
            set(attribute, Setting(.list(names.map(Value.string)), at: items.first?.record.location))
        }
    }
}

/// An item of a list with its name, which no other item of it has.
struct NamedItem {
    let name: Found<String>
    let record: Record
}

extension Resolver {
    mutating func resolveMachine(_ document: Document) {
        let record = document.record
        let disks = namedItems(record.records("disks"), "disks", document)
        let interfaces = namedItems(record.records("networks"), "network interfaces", document)
        let machineClass = machineClass(of: document)
        let image = image(of: document)
        guard let host = host(of: document), let machineClass else { return }
        let name =
            document.namespace == Address.defaultNamespace ? document.name : "\(document.namespace).\(document.name)"
        var parts = MachineParts(
            document: document, host: host, name: name, machineClass: machineClass, disks: disks, interfaces: interfaces
        )
        parts.set(.power, record.text("powerState")?.setting { $0 == "On" ? "On" : "Off" } ?? Setting("On"))
        if let autostart = annotatedFlag("rigaud.io/autostart", document) ?? machineClass.autostart {
            parts.set(.autostart, autostart)
        }
        if let description = document.annotation("rigaud.io/description") {
            parts.set(.description, Setting(.string(description.value), at: description.location))
        }
        addProcessorsAndMemory(to: &parts)
        parts.settings.append(contentsOf: machineClass.domain)
        addDisks(image, to: &parts)
        checkDrives(of: parts)
        addInterfaces(to: &parts)
        parts.set(.diskOrder, asOrderOf: disks.filter { $0.name.value != rootDisk })
        parts.set(.nicOrder, asOrderOf: interfaces)
        addReadiness(to: &parts)
        checkInterfaces(of: parts)
        addIgnition(to: &parts)
        addSeed(image, to: &parts)
        var machine = Resource(
            document.address, ObjectReference(.domain, host: hosts[host].host.address, name: name),
            attributes: AttributeMap(parts.settings), needs: parts.needs, isProtected: isProtected(document),
            shutdownTimeout: Int(
                clamping: record.integer("lifecycle.gracefulShutdownTimeout")?.value
                    ?? Int64(Resource.defaultShutdownTimeout)),
            readyTimeout: Int(
                clamping: document.annotation("rigaud.io/ready-timeout").flatMap { parseDuration($0.value) }
                    ?? Int64(Resource.defaultReadyTimeout)),
            fixedAddresses: parts.networks.flatMap(\.addresses).map { String($0.prefix { $0 != "/" }) },
            patience: parts.patience, origin: document.location)
        machine.keepsSeed =
            document.annotation("rigaud.io/seed-change")?.value == SeedSource.ChangePolicy.ignore.rawValue
        add(machine)
    }

    private mutating func namedItems(_ records: [Record], _ what: String, _ document: Document) -> [NamedItem] {
        var items: [NamedItem] = []
        for record in records {
            guard let name = record.text("name") else { continue }
            if items.contains(where: { $0.name.value == name.value }) {
                problems.add(
                    .duplicateName, at: name.location, address: document.address,
                    "\(document.address) has two \(what) called `\(name.value)`.")
            } else {
                items.append(NamedItem(name: name, record: record))
            }
        }
        return items
    }

    /// A PC has room for four disks on IDE, and libvirt gives it no more.
    private mutating func checkDrives(of parts: MachineParts) {
        let count = parts.settings.count { $0.path.attribute == .diskBus && $0.value.value == "ide" }
        guard count > 4 else { return }
        problems.add(
            .conflict, at: parts.disks.last?.record.location, address: parts.document.address,
            "A machine has at most four disks on IDE, and \(parts.document.address) has \(count). Give its class another bus "
                + "(`spec.devices.disk.bus`), such as `virtio`.")
    }

    private mutating func machineClass(of document: Document) -> MachineClass? {
        guard let reference = document.record.reference("classRef") else {
            let parts = [
                document.record.integer("resources.cpu") == nil ? "1 processor" : nil,
                document.record.integer("resources.memoryMiB") == nil ? "1Gi of memory" : nil,
            ].compactMap(\.self)
            if !parts.isEmpty {
                problems.add(
                    .defaulted, .notice, at: document.location, address: document.address,
                    "\(document.address) names no class. It gets \(parts.joined(separator: " and ")).")
            }
            return MachineClass.none
        }
        return find(reference, Kind.machineClass, from: document).flatMap { classes[$0.address] }
    }

    func annotatedFlag(_ key: String, _ document: Document) -> Setting? {
        guard let annotation = document.annotation(key), let flag = readFlag(annotation.value) else { return nil }
        return Setting(.bool(flag), at: annotation.location)
    }

    /// Nothing to be waited for but that it runs needs no mention.
    private func addReadiness(to parts: inout MachineParts) {
        guard let annotation = parts.document.annotation("rigaud.io/ready"),
            let ready = readiness(annotation.value), ready != "running",
            parts.document.record.text("powerState").map({ $0.value == "On" }) ?? true
        else { return }
        parts.set(.ready, Setting(.string(ready), at: annotation.location))
    }

    /// The running guest's amounts, and those that it may grow to: VirtRigaud's four times, at most 64 processors.
    private mutating func addProcessorsAndMemory(to parts: inout MachineParts) {
        let record = parts.document.record
        let machineClass = parts.machineClass
        let cpu = record.integer("resources.cpu")?.setting ?? machineClass.cpu
        var memory = record.integer("resources.memoryMiB")?.setting ?? machineClass.memory
        let cpus = cpu.value.number ?? 1
        var maximum = cpu
        if machineClass.hasProcessorHeadroom { maximum.value = .integer(max(cpus, min(cpus * 4, 64))) }
        parts.set(.vcpus, cpu)
        parts.set(.maximumVCPUs, maximum)

        guard let bytes = memory.value.number, bytes <= mostMemory else {
            problems.add(
                .invalidValue, at: memory.origin, address: parts.document.address,
                "No machine has that much memory. A number alone counts MiB in a VirtualMachine and bytes in a VMClass; "
                    + "say which, as in `4Gi`.")
            return
        }
        // QEMU gives memory in whole MiB, and libvirt rounds up when a guest starts.
        memory = memory.roundedUp(to: bytesPerMiB)
        var most = memory
        if machineClass.hasMemoryHeadroom { most.value = .integer((memory.value.number ?? bytes) * 4) }
        parts.set(.memory, memory)
        parts.set(.maximumMemory, most)
        addTopology(cpu, maximum.value.number ?? cpus, to: &parts)
    }

    /// Sockets, cores and threads multiply to the most processors that the guest can have. A topology that is written for the
    /// processors it starts with gets more sockets.
    private mutating func addTopology(_ cpu: Setting, _ maximum: Int64, to parts: inout MachineParts) {
        let machineClass = parts.machineClass
        guard let given = machineClass.sockets ?? machineClass.cores ?? machineClass.threads else { return }
        var sockets = machineClass.sockets ?? Setting(1)
        let cores = machineClass.cores ?? Setting(1)
        let threads = machineClass.threads ?? Setting(1)
        let inSocket = (cores.value.number ?? 1) * (threads.value.number ?? 1)
        let product = (sockets.value.number ?? 1) * inSocket
        let cpus = cpu.value.number ?? 1
        guard product == maximum || (product == cpus && maximum % inSocket == 0) else {
            problems.add(
                .topology, at: given.origin ?? cpu.origin, address: parts.document.address,
                "The topology has \(product) processors (sockets times cores times threads), and \(parts.document.address) has "
                    + "\(cpus)\(maximum == cpus ? "" : ", growing to \(maximum)"). Make them agree.")
            return
        }
        if product != maximum { sockets.value = .integer(maximum / inSocket) }
        parts.set(.cpuSockets, sockets)
        parts.set(.cpuCores, cores)
        parts.set(.cpuThreads, threads)
    }
}
