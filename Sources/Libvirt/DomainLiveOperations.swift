import CLibvirt
import Glibc
import Hypervisor
import Model

extension HostSession {
    /// Gives a running domain what is set, by the call that there is for it.
    func changeLive(_ operation: Operation, _ purpose: Purpose) throws(HostError) {
        let domain = try domain(operation.object, purpose)
        guard try state(of: domain, purpose) != .off else {
            // It has stopped since the plan: its definition has the rest, but a disk's size is nowhere else.
            return try resizeDisks(operation.set, of: domain, isRunning: false, purpose)
        }
        var troubles = Troubles()
        var devices = Attributes()
        var memory: Int64?
        for (path, value) in operation.set {
            if [.diskSource, .nicSource].contains(path.attribute.row.list) {
                if path.attribute != .diskCapacity { devices[path] = value }
                continue
            }
            troubles.collect { () throws(HostError) in
                try change(path, to: value, of: domain, purpose)
                if path.attribute == .memory { memory = value.number }
            }
        }
        if !devices.isEmpty {
            troubles.collect { () throws(HostError) in try changeDevices(domain, devices, purpose) }
        }
        troubles.collect { () throws(HostError) in
            try resizeDisks(operation.set, of: domain, isRunning: true, purpose)
        }
        if let memory {
            troubles.collect { () throws(HostError) in try waitForMemory(memory, of: domain, purpose) }
        }
        try store?.save(domain, operation.object.name, autostart: operation.set[.autostart]?.flag, purpose)
        if let error = troubles.sum { throw error }
    }

    /// Changes what belongs to no device.
    private func change(
        _ path: AttributePath, to value: Value, of domain: borrowing DomainHandle, _ purpose: Purpose
    ) throws(HostError) {
        let live = VIR_DOMAIN_AFFECT_LIVE.rawValue
        switch path.attribute {
        case .memory:
            guard let bytes = value.number else { return }
            try purpose.check(
                "virDomainSetMemoryFlags",
                virDomainSetMemoryFlags(domain.pointer, UInt(clamping: (bytes + 1023) / 1024), live))
        case .vcpus:
            if let number = value.number { try setProcessors(number, of: domain, purpose) }
        case .description:
            try purpose.check(
                "virDomainSetMetadata",
                virDomainSetMetadata(
                    domain.pointer, Int32(VIR_DOMAIN_METADATA_DESCRIPTION.rawValue), value.text, nil, nil, live))
        case .autostart:
            guard let flag = value.flag else { return }
            try purpose.check("virDomainSetAutostart", virDomainSetAutostart(domain.pointer, flag ? 1 : 0))
        default:
            throw purpose.error(
                .unsupported, "“\(path)” cannot be changed while it runs: it is seen at the next start.")
        }
    }

    /// A guest gives processors back only if it can do without them, and none that it was started with.
    private func setProcessors(
        _ number: Int64, of domain: borrowing DomainHandle, _ purpose: Purpose
    ) throws(HostError) {
        let live = VIR_DOMAIN_AFFECT_LIVE.rawValue
        do throws(HostError) {
            try purpose.check(
                "virDomainSetVcpusFlags", virDomainSetVcpusFlags(domain.pointer, UInt32(clamping: number), live))
        } catch {
            let count = try purpose.check("virDomainGetVcpusFlags", virDomainGetVcpusFlags(domain.pointer, live))
            guard count > number else { throw error }
            throw purpose.error(
                error.reason,
                "The guest has \(count) processors, was asked to go on with \(number), and has not let go of the others. It has "
                    + "what its definition says when it has been turned off and on again.")
        }
    }

    /// Plugs in what is new, takes out what is to go, and connects the rest as it is to be. A new device is what the definition
    /// says, if it has it already, so that both use the same names. Of what is there already the rest is seen at the next start.
    private func changeDevices(
        _ domain: borrowing DomainHandle, _ set: Attributes, _ purpose: Purpose
    ) throws(HostError) {
        let parser = Parser()
        let secure = VIR_DOMAIN_XML_SECURE.rawValue
        let runningText = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, secure))
        let definedText = try purpose.text(
            "virDomainGetXMLDesc",
            virDomainGetXMLDesc(domain.pointer, secure | VIR_DOMAIN_XML_INACTIVE.rawValue))
        guard let running = parser.document(runningText), let wanted = parser.document(runningText),
            let defined = parser.document(definedText)
        else { throw purpose.unreadable() }
        domainLenses.recognise(defined.root, in: running.root)
        domainLenses.recognise(defined.root, in: wanted.root)
        let lists = [diskLenses, interfaceLenses]
        let present = Set(
            lists.flatMap { list in
                list.elements(running.root).compactMap(list.name).map { AttributePath(list.key, $0) }
            })
        let changes = set.filter { path, _ in
            guard let list = path.attribute.row.list else { return false }
            return path.attribute == list || !present.contains(AttributePath(list, path.item))
        }
        try domainLenses.write(Attributes(changes), into: wanted.root, surroundings(purpose))
        let live = VIR_DOMAIN_AFFECT_LIVE.rawValue
        if scsiController(running.root) == nil, let controller = scsiController(wanted.root) {
            try purpose.check(
                "virDomainAttachDeviceFlags", virDomainAttachDeviceFlags(domain.pointer, controller.xml, live))
        }
        var troubles = Troubles()
        for list in lists {
            let items = Set(set.lazy.filter { $0.path.attribute.row.list == list.key }.map(\.path.item)).sorted()
            for item in items {
                let before = list.element(named: item, in: running.root)
                let after = list.element(named: item, in: wanted.root)
                troubles.collect { () throws(HostError) in
                    switch (before, after) {
                    case (nil, let after?):
                        let device = list.element(named: item, in: defined.root) ?? after
                        device.removeChildren("address")
                        try purpose.check(
                            "virDomainAttachDeviceFlags", virDomainAttachDeviceFlags(domain.pointer, device.xml, live))
                    case (let before?, nil):
                        before.removeChildren("alias")
                        try purpose.check(
                            "virDomainDetachDeviceFlags", virDomainDetachDeviceFlags(domain.pointer, before.xml, live))
                        try waitUntilGone(item, from: list, of: domain, purpose)
                    case (let before?, let after?):
                        if list.key == .diskSource, readDiskSource(before) == readDiskSource(after) { break }
                        // What the guest has it under stays, and need not be our name for it.
                        after.removeChildren("alias")
                        if try reconnect(before, as: after, of: domain, purpose) { break }
                        defer { endDetour(of: before, purpose) }
                        try purpose.check(
                            "virDomainUpdateDeviceFlags", virDomainUpdateDeviceFlags(domain.pointer, after.xml, live))
                    case (nil, nil): break
                    }
                }
            }
        }
        if let error = troubles.sum { throw error }
    }

    /// A guest gives memory back, or takes it, in its own time, and only if it has a driver for the balloon.
    private func waitForMemory(
        _ wanted: Int64, of domain: borrowing DomainHandle, _ purpose: Purpose
    ) throws(HostError) {
        let parser = Parser()
        var found: Int64?
        for attempt in 0..<100 {
            let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
            guard let document = parser.document(text) else { throw purpose.unreadable() }
            found = currentMemory(document.root)
            if let found, abs(found - wanted) < 1024 { return }
            usleep(UInt32(min(10_000 * (attempt + 1), 100_000)))
        }
        throw purpose.error(
            .timedOut,
            "The guest was asked to go from \((found ?? 0) >> 20) to \(wanted >> 20) MiB of memory and has not within "
                + "ten seconds. It is still starting, or has no driver for the balloon; it gets them at the next restart."
        )
    }

    /// A guest lets go of a device in its own time: libvirt's call returns before.
    private func waitUntilGone(
        _ item: String, from list: ListLens, of domain: borrowing DomainHandle, _ purpose: Purpose
    ) throws(HostError) {
        let parser = Parser()
        for attempt in 0..<100 {
            let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
            guard let document = parser.document(text) else { throw purpose.unreadable() }
            if list.element(named: item, in: document.root) == nil { return }
            usleep(UInt32(min(10_000 * (attempt + 1), 100_000)))
        }
        throw purpose.error(
            .timedOut,
            "The guest was asked to let go of “\(item)” and has not within ten seconds. It goes at the next restart.")
    }
}

/// What went wrong with some of several changes that do not depend on each other: one that cannot be made does not keep the
/// rest from being made.
private struct Troubles {
    private var errors: [HostError] = []

    mutating func collect(_ body: () throws(HostError) -> Void) {
        do throws(HostError) { try body() } catch { errors.append(error) }
    }

    /// All of them as one; nil where there were none.
    var sum: HostError? {
        guard let first = errors.first, errors.count > 1 else { return errors.first }
        return HostError(
            first.reason, first.summary, errors.map(\.detail).joined(separator: "\n"), command: first.command)
    }
}
