import CLibvirt
import Glibc
import Model
import Synchronization

/// Where a simulated host is written down: a small file an object, so that an operation writes what it changed and
/// nothing else. Each file is complete or is not there, whenever the process ends.
///
///     domains/web.xml            what runs, or would; with the run state
///     domains/web.pending        what its next start brings, where that differs
///     domains/web.autostart      an empty mark for what XML does not hold
///     networks/lab.xml .autostart .inactive
///     pools/default/pool.xml pool.autostart pool.inactive
///     pools/default/volumes/web-root.qcow2.xml
struct SimulatedHostStore: Sendable {
    let directory: String
    private let materialised = Flag()

    init(directory: String) { self.directory = directory }

    private final class Flag: Sendable { let isSet = Mutex(false) }

    var exists: Bool { access(directory, F_OK) == 0 }

    /// Writes the whole host down before its first change; from then on only what changes.
    func materialise(_ session: HostSession) throws(HostError) {
        let result = materialised.isSet.withLock { isSet -> Result<Void, HostError> in
            guard !isSet else { return .success(()) }
            return Result { () throws(HostError) in
                if !exists { try writeAll(session) }
                isSet = true
            }
        }
        try result.get()
    }

    private func writeAll(_ session: HostSession) throws(HostError) {
        let purpose = session.purpose("write the simulated host down", directory)
        let new = SimulatedHostStore(directory: "\(directory).new-\(getpid())")
        try Files.makeDirectory(new.directory, purpose)
        let connection = session.connection
        let networks = try Inventory<NetworkKind>(connection)
        for entry in networks.entries {
            try new.save(
                networks.listing.handle(at: entry.index), entry.name, isActive: entry.isActive,
                autostart: entry.startsWithHost, purpose)
        }
        let pools = try Inventory<PoolKind>(connection)
        for entry in pools.entries {
            let pool = pools.listing.handle(at: entry.index)
            try new.save(pool, entry.name, isActive: entry.isActive, autostart: entry.startsWithHost, purpose)
            guard entry.isActive else { continue }
            let volumes = try VolumeReader(session: session, pool: entry.name).list(pool)
            let names = volumes.map { virStorageVolGetName($0).map { String(cString: $0) } ?? "" }
            for (index, name) in names.enumerated() {
                let reference = ObjectReference(.volume, host: session.host.address, name: name, pool: entry.name)
                try new.save(volumes.handle(at: index), reference, purpose)
            }
        }
        let domains = try Inventory<DomainKind>(connection)
        for entry in domains.entries {
            try new.save(
                domains.listing.handle(at: entry.index), entry.name, autostart: entry.startsWithHost, purpose)
        }
        guard rename(new.directory, directory) == 0 else { throw Files.failure("renamed", new.directory, purpose) }
    }

    // MARK: Saving

    func save(
        _ domain: borrowing DomainHandle, _ name: String, autostart: Bool?, _ purpose: Purpose
    ) throws(HostError) {
        let base = "\(directory)/domains/\(SimulatedHostStore.fileName(name))"
        let secure = VIR_DOMAIN_XML_SECURE.rawValue
        let defined = try purpose.text(
            "virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, secure | VIR_DOMAIN_XML_INACTIVE.rawValue)
        ).string
        var state: Int32 = 0
        try purpose.check("virDomainGetState", virDomainGetState(domain.pointer, &state, nil, 0))
        let isOff = state == Int32(VIR_DOMAIN_SHUTOFF.rawValue)
        let running =
            isOff
            ? defined : try purpose.text("virDomainGetXMLDesc", virDomainGetXMLDesc(domain.pointer, secure)).string
        let hasPending = !afterFirstLine(running).elementsEqual(afterFirstLine(defined))
        if hasPending { try Files.write(defined, to: base + ".pending", purpose) }
        try Files.write(
            inserting(DomainFiles.mark(state), beforeEndOf: "domain", in: running), to: base + ".xml", purpose)
        if !hasPending { try Files.remove(base + ".pending", purpose) }
        if let autostart { try Files.mark(base + ".autostart", autostart, purpose) }
    }

    func save(
        _ network: borrowing NetworkHandle, _ name: String, isActive: Bool?, autostart: Bool?, _ purpose: Purpose
    ) throws(HostError) {
        let base = "\(directory)/networks/\(SimulatedHostStore.fileName(name))"
        let xml = try purpose.text(
            "virNetworkGetXMLDesc", virNetworkGetXMLDesc(network.pointer, 0))
        if let isActive { try Files.mark(base + ".inactive", !isActive, purpose) }
        if let autostart { try Files.mark(base + ".autostart", autostart, purpose) }
        try Files.write(xml.string, to: base + ".xml", purpose)
    }

    func save(
        _ pool: borrowing PoolHandle, _ name: String, isActive: Bool?, autostart: Bool?, _ purpose: Purpose
    ) throws(HostError) {
        let base = "\(directory)/pools/\(SimulatedHostStore.fileName(name))/pool"
        let xml = try purpose.text("virStoragePoolGetXMLDesc", virStoragePoolGetXMLDesc(pool.pointer, 0))
        if let isActive { try Files.mark(base + ".inactive", !isActive, purpose) }
        if let autostart { try Files.mark(base + ".autostart", autostart, purpose) }
        try Files.write(xml.string, to: base + ".xml", purpose)
    }

    func save(
        _ volume: borrowing VolumeHandle, _ object: ObjectReference, _ purpose: Purpose
    ) throws(HostError) {
        let xml = try purpose.text("virStorageVolGetXMLDesc", virStorageVolGetXMLDesc(volume.pointer, 0))
        try Files.write(xml.string, to: volumePath(object.name, pool: object.pool ?? ""), purpose)
    }

    func forgetVolume(_ name: String, pool: String, _ purpose: Purpose) throws(HostError) {
        try Files.remove(volumePath(name, pool: pool), purpose)
    }

    /// Its own file goes first: what is left after that means nothing.
    func forget(_ kind: ResourceKind, _ name: String, _ purpose: Purpose) throws(HostError) {
        let file = SimulatedHostStore.fileName(name)
        switch kind {
        case .domain:
            for suffix in ["xml", "pending", "autostart"] {
                try Files.remove("\(directory)/domains/\(file).\(suffix)", purpose)
            }
        case .network:
            for suffix in ["xml", "inactive", "autostart"] {
                try Files.remove("\(directory)/networks/\(file).\(suffix)", purpose)
            }
        case .pool:
            let pool = "\(directory)/pools/\(file)"
            for name in ["pool.xml", "pool.inactive", "pool.autostart"] { try Files.remove("\(pool)/\(name)", purpose) }
            for name in Files.names(in: "\(pool)/volumes") { try Files.remove("\(pool)/volumes/\(name)", purpose) }
            rmdir("\(pool)/volumes")
            rmdir(pool)
        case .volume: break
        }
    }

    private func volumePath(_ name: String, pool: String) -> String {
        "\(directory)/pools/\(SimulatedHostStore.fileName(pool))/volumes/\(SimulatedHostStore.fileName(name)).xml"
    }

    /// A name as a file's: letters, digits, `-`, `_` and inner dots as they are, every other byte as `%XX`.
    static func fileName(_ name: String) -> String {
        var result = ""
        for (index, byte) in name.utf8.enumerated() {
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 128 && (character.isLetter || character.isNumber || "-_".contains(character))
            if isPlain || (character == "." && index > 0) {
                result.append(character)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// A running domain's XML has its number in the first line, and is else the definition's.
    private func afterFirstLine(_ xml: String) -> Substring.UTF8View {
        let bytes = xml.utf8
        return xml[(bytes.firstIndex(of: 10) ?? xml.startIndex)...].utf8
    }

    private func inserting(_ text: String, beforeEndOf element: String, in xml: String) -> String {
        let end = "</\(element)>"
        var trimmed = Substring(xml)
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        return trimmed.hasSuffix(end) ? trimmed.dropLast(end.count) + text + end + "\n" : xml
    }
}
