import CLibvirt
import Glibc
import Hypervisor
import Model

extension HostSession {
    /// Everything but `stop` and `wait`, which take their time.
    func performOnDomain(_ operation: Operation) throws(HostError) {
        let object = operation.object
        switch operation.verb {
        case .create:
            try define(operation, purpose("create the domain", object.name))
        case .update where operation.set[.savedState] == false:
            try dropSavedState(of: object, purpose("drop the saved state of the domain", object.name))
        case .update:
            try define(operation, purpose("change the domain", object.name))
        case .updateLive:
            try changeLive(operation, purpose("change the running domain", object.name))
        case .start:
            try start(object, purpose("start the domain", object.name))
        case .delete:
            try delete(object, purpose("delete the domain", object.name))
        case .stop, .wait:
            break
        }
    }

    func findDomain(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) -> DomainHandle? {
        try ifThere { () throws(HostError) in
            if let id = object.id {
                return try DomainHandle(
                    purpose.object("virDomainLookupByUUID", virDomainLookupByUUID(connection.pointer, id.bytes)))
            }
            return try DomainHandle(
                purpose.object("virDomainLookupByName", virDomainLookupByName(connection.pointer, object.name)))
        }
    }

    func domain(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) -> DomainHandle {
        guard let domain = try findDomain(object, purpose) else {
            throw purpose.error(
                .missing, "It is not there any more. Run the plan again to see what is.",
                command: "virsh -c '\(host.uri)' list --all")
        }
        return domain
    }

    func state(of domain: borrowing DomainHandle, _ purpose: Purpose) throws(HostError) -> DomainStatus.Power {
        var state: Int32 = 0
        try purpose.check("virDomainGetState", virDomainGetState(domain.pointer, &state, nil, 0))
        return DomainStatus.Power(state: state)
    }

    /// Writes what is set into the definition that is there, or into a new one.
    private func define(_ operation: Operation, _ purpose: Purpose) throws(HostError) {
        let parser = Parser()
        let existing = try findDefined(operation, purpose)
        let isNew = existing == nil
        let text: String
        var surroundings = surroundings(purpose)
        if let existing {
            if operation.set.contains(where: { $0.path.attribute == .diskSource && !$0.value.isNull }) {
                surroundings.takenTargets = try diskTargets(of: existing, parser, purpose)
            }
            let flags = VIR_DOMAIN_XML_INACTIVE.rawValue | VIR_DOMAIN_XML_SECURE.rawValue
            text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(existing.pointer, flags)).string
        } else {
            guard operation.verb == .create else {
                throw purpose.error(.missing, "It is not there any more. Run the plan again to see what is.")
            }
            text = Skeleton.domain(operation.object, try platform())
        }
        guard let document = parser.document(text) else { throw purpose.unreadable() }
        try domainLenses.write(operation.set, into: document.root, surroundings)
        if let stamp = operation.stamp { writeStamp(stamp, document.root) }
        if isNew, try platform().isEmulatedPC { addSparePorts(document.root) }
        let domain = try DomainHandle(
            purpose.object("virDomainDefineXML", virDomainDefineXML(connection.pointer, document.xml)))
        // A new one does not start with the host.
        if let flag = operation.set[.autostart]?.flag, flag || !isNew {
            try purpose.check("virDomainSetAutostart", virDomainSetAutostart(domain.pointer, flag ? 1 : 0))
        }
        try store?.save(domain, operation.object.name, autostart: operation.set[.autostart]?.flag, purpose)
        if isNew, let id = operation.object.id { memory.note(new: SharedHandle(domain), id) }
    }

    /// Those of its running guest, if it has one.
    private func diskTargets(
        of domain: borrowing DomainHandle, _ parser: borrowing Parser, _ purpose: Purpose
    ) throws(HostError) -> Set<String> {
        let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
        guard let document = parser.document(text) else { throw purpose.unreadable() }
        return targets(ofDisksIn: document.root)
    }

    /// The domain that a definition goes into; one that the last look did not show is not looked for.
    private func findDefined(_ operation: Operation, _ purpose: Purpose) throws(HostError) -> DomainHandle? {
        if operation.verb == .create, let id = operation.object.id, memory.isAbsent(id) { return nil }
        return try findDomain(operation.object, purpose)
    }

    /// Starts a domain that this session defined; false where there is none such or it cannot be done just so.
    private func startNew(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) -> Bool {
        guard let new = object.id.flatMap({ memory.takeUnstarted($0) }) else { return false }
        do throws(HostError) {
            try boot(new.handle, object, purpose)
        } catch {
            // It runs already, or has gone: that is seen by looking.
            guard error.reason == .invalid || error.reason == .missing else { throw error }
            return false
        }
        try store?.save(new.handle, object.name, autostart: nil, purpose)
        return true
    }

    private func start(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) {
        if try startNew(object, purpose) { return }
        let domain = try domain(object, purpose)
        let found = try state(of: domain, purpose)
        if found == .on { return }
        do throws(HostError) {
            switch found {
            case .on: break
            case .paused: try purpose.check("virDomainResume", virDomainResume(domain.pointer))
            case .suspended: try purpose.check("virDomainPMWakeup", virDomainPMWakeup(domain.pointer, 0))
            case .off: try boot(domain, object, purpose)
            case .crashed:
                try purpose.check("virDomainDestroy", virDomainDestroy(domain.pointer))
                try boot(domain, object, purpose)
            }
        } catch {
            // What a run began that was killed, libvirt may have finished meanwhile.
            guard error.reason == .invalid, try state(of: domain, purpose) == .on else { throw error }
        }
        try store?.save(domain, object.name, autostart: nil, purpose)
    }

    private func dropSavedState(of object: ObjectReference, _ purpose: Purpose) throws(HostError) {
        let domain = try domain(object, purpose)
        guard
            try purpose.check("virDomainHasManagedSaveImage", virDomainHasManagedSaveImage(domain.pointer, 0)) > 0
        else { return }
        try purpose.check("virDomainManagedSaveRemove", virDomainManagedSaveRemove(domain.pointer, 0))
    }

    /// Undefines, with a flag for each thing that keeps libvirt from it, and only where the domain has that thing.
    private func delete(_ object: ObjectReference, _ purpose: Purpose) throws(HostError) {
        guard let domain = try findDomain(object, purpose) else {
            try store?.forget(.domain, object.name, purpose)
            return
        }
        if try state(of: domain, purpose) != .off {
            try purpose.check("virDomainDestroy", virDomainDestroy(domain.pointer))
        }
        var flags: UInt32 = 0
        if try purpose.check("virDomainHasManagedSaveImage", virDomainHasManagedSaveImage(domain.pointer, 0)) > 0 {
            flags |= VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue
        }
        connection.counter.count("virDomainSnapshotNum")
        if virDomainSnapshotNum(domain.pointer, 0) > 0 { flags |= VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue }
        var checkpoints: UnsafeMutablePointer<OpaquePointer?>?
        connection.counter.count("virDomainListAllCheckpoints")
        let count = virDomainListAllCheckpoints(domain.pointer, &checkpoints, 0)
        if count > 0, let checkpoints {
            flags |= VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA.rawValue
            for index in 0..<Int(count) { virDomainCheckpointFree(checkpoints[index]) }
        }
        free(checkpoints)
        let text = try purpose.text(
            "virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, VIR_DOMAIN_XML_INACTIVE.rawValue))
        guard let document = Parser().document(text) else { throw purpose.unreadable() }
        if !isTestDriver {
            let os = document.root.child("os")
            if os?.child("nvram") != nil || os?["firmware"] == "efi" { flags |= VIR_DOMAIN_UNDEFINE_NVRAM.rawValue }
            if document.root.descendant(["devices", "tpm", "backend"])?["type"] == "emulator" {
                flags |= VIR_DOMAIN_UNDEFINE_TPM.rawValue
            }
        }
        try purpose.check("virDomainUndefineFlags", virDomainUndefineFlags(domain.pointer, flags))
        try store?.forget(.domain, object.name, purpose)
    }
}
