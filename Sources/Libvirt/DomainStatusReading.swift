import CLibvirt
import Hypervisor
import Model

extension HostSession {
    /// The live facts of a domain; nil where it has gone.
    func status(of object: ObjectReference, _ parser: borrowing Parser) throws(HostError) -> DomainStatus? {
        let purpose = purpose("read a domain's status", object.name)
        guard let domain = try findDomain(object, purpose) else { return nil }
        var info = virDomainInfo()
        try purpose.check("virDomainGetInfo", virDomainGetInfo(domain.pointer, &info))
        var status = DomainStatus(object, power: DomainStatus.Power(state: Int32(info.state)))
        status.vcpus = Int(info.nrVirtCpu)
        status.cpuTime = Int64(clamping: info.cpuTime)
        status.memory = Int64(clamping: info.memory &* 1024)
        status.maximumMemory = Int64(clamping: info.maxMem &* 1024)
        connection.counter.count("virDomainSnapshotNum")
        status.snapshots = Int(max(0, virDomainSnapshotNum(domain.pointer, 0)))
        let text = try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, 0))
        guard let document = parser.document(text) else { throw purpose.unreadable() }
        for disk in diskLenses.elements(document.root) {
            guard let target = disk.child("target")?["dev"],
                let source = diskLenses.fields.first?.read(disk)?.text
            else { continue }
            status.disks.append(
                .init(target: target, source: source, capacity: capacity(of: target, source, in: domain)))
        }
        if status.power == .on {
            status.addresses = addresses(of: domain, macs: interfaceMACs(document.root)).addresses
        }
        return status
    }

    /// Bytes as the guest sees them. The test driver says 1 TiB of every disk: there the volume is asked.
    private func capacity(of target: String, _ source: String, in domain: borrowing DomainHandle) -> Int64? {
        if isTestDriver {
            connection.counter.count("virStorageVolLookupByPath")
            guard let volume = virStorageVolLookupByPath(connection.pointer, source).map({ VolumeHandle($0) }) else {
                return nil
            }
            var info = virStorageVolInfo()
            connection.counter.count("virStorageVolGetInfo")
            return virStorageVolGetInfo(volume.pointer, &info) == 0 ? Int64(clamping: info.capacity) : nil
        }
        var block = virDomainBlockInfo()
        connection.counter.count("virDomainGetBlockInfo")
        let isKnown = virDomainGetBlockInfo(domain.pointer, target, &block, 0) == 0 && block.capacity > 0
        return isKnown ? Int64(clamping: block.capacity) : nil
    }
}

extension DomainStatus.Power {
    init(state: Int32) {
        switch virDomainState(UInt32(bitPattern: state)) {
        case VIR_DOMAIN_RUNNING, VIR_DOMAIN_BLOCKED, VIR_DOMAIN_SHUTDOWN: self = .on
        case VIR_DOMAIN_PAUSED: self = .paused
        case VIR_DOMAIN_CRASHED: self = .crashed
        case VIR_DOMAIN_PMSUSPENDED: self = .suspended
        default: self = .off
        }
    }
}
