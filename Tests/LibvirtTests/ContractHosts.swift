import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// The kinds of host that the contract is held against.
enum HostKind: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case simulated
    /// Real libvirtd and QEMU, without KVM; one host for all tests, whose objects have different names.
    case qemu

    var testDescription: String { rawValue }

    /// Those that there can be on this machine. `PrivateLibvirt.obstacle` says why QEMU is not among them.
    static var available: [HostKind] { PrivateLibvirt.obstacle == nil ? allCases : [.simulated] }

    /// A new simulated host, or the one with QEMU.
    func host() async throws -> ContractHost {
        switch self {
        case .simulated: try ContractHosts.simulated()
        case .qemu: try await ContractHosts.qemu()
        }
    }
}

/// A host that the contract is held against.
struct ContractHost: Sendable {
    let host: Host
    let hypervisor: LibvirtHypervisor
    /// The pool of the tests' volumes, and its directory.
    let pool: String
    let poolDirectory: String
    let isSimulated: Bool
    /// Where simulated hosts are.
    let scratch: ScratchDirectory
    /// What real QEMU runs in.
    let daemon: PrivateLibvirt?

    var directory: String { scratch.path }
}

enum ContractHosts {
    /// It ends with the test process.
    private static let daemon = Task { try await PrivateLibvirt.start() }

    static func qemu() async throws -> ContractHost { try qemu(on: await daemon.value) }

    static func qemu(on daemon: PrivateLibvirt) throws -> ContractHost {
        let scratch = try ScratchDirectory()
        return ContractHost(
            host: Host(Address(kind: "Provider", name: "qemu"), uri: daemon.uri),
            hypervisor: LibvirtHypervisor(simulatedHosts: scratch.path), pool: "default",
            poolDirectory: daemon.imagesDirectory, isSimulated: false, scratch: scratch, daemon: daemon)
    }

    /// A new simulated host, in a directory of its own.
    static func simulated(uri: String = "test:///default") throws -> ContractHost {
        let scratch = try ScratchDirectory()
        return ContractHost(
            host: Host(Address(kind: "Provider", name: "lab"), uri: uri),
            hypervisor: LibvirtHypervisor(simulatedHosts: scratch.path), pool: "rigaud-test",
            poolDirectory: "/srv/rigaud-test", isSimulated: true, scratch: scratch, daemon: nil)
    }
}

extension ContractHost {
    func reference(_ kind: ResourceKind, _ name: String, pool: String? = nil) -> ObjectReference {
        ObjectReference(kind, host: host.address, name: name, pool: pool, id: kind == .volume ? nil : .random())
    }

    func operation(
        _ verb: Operation.Verb, _ object: ObjectReference, _ set: [(AttributePath, Value)] = [], timeout: Int = 0,
        force: Bool = false, stamp: Stamp? = nil
    ) -> Operation {
        Operation(
            verb, object, of: Address(kind: "VirtualMachine", name: object.name),
            set: Attributes(set.map { (path: $0.0, value: $0.1) }), timeout: timeout, force: force, stamp: stamp)
    }

    /// Does one operation on a connection of its own.
    func perform(
        _ verb: Operation.Verb, _ object: ObjectReference, _ set: [(AttributePath, Value)] = [], timeout: Int = 0,
        force: Bool = false, stamp: Stamp? = nil
    ) async throws {
        let writer = try await hypervisor.writer(for: host)
        try await writer.perform(operation(verb, object, set, timeout: timeout, force: force, stamp: stamp))
    }

    /// Fills a volume on a connection of its own.
    func fill(
        _ object: ObjectReference, with image: LocalImage, _ set: [(AttributePath, Value)],
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws {
        let writer = try await hypervisor.writer(for: host)
        try await writer.fill(operation(.create, object, set), with: image, progress: progress)
    }

    /// What a new reader sees of an object; nil where it is not there.
    func observe(_ object: ObjectReference) async throws -> ObservedObject? {
        let reader = try await hypervisor.reader(for: host)
        if object.kind == .volume {
            let pool = object.pool ?? ""
            var interest = Interest(volumes: [pool: [object.name]], pools: [pool])
            interest.doubtful = interest.volumes
            let found = try await reader.observe(interest)
            return found.volumes[VolumeReference(pool: pool, name: object.name)]
        }
        guard let id = object.id else { return nil }
        return try await reader.observe(Interest(objects: [id])).objects[id]
    }

    /// Has libvirt write down what the guest says: a change of somebody else's, which stays.
    func log(consoleOf domain: ObjectReference) async throws -> String {
        let daemon = try #require(daemon)
        let path = "\(daemon.directory)/log/\(domain.name).console"
        let xml = try await daemon.virsh("dumpxml", "--inactive", domain.name)
            .replacing("<serial type='pty'>", with: "<serial type='pty'><log file='\(path)' append='on'/>")
        try await daemon.virsh("define", scratch.write(xml, to: "domain.xml"))
        return path
    }

    /// A domain's definition, as the host has it.
    func xml(of domain: ObjectReference) async throws -> String {
        if let daemon { return try await daemon.virsh("dumpxml", "--inactive", domain.name) }
        return try scratch.read("default.lab/domains/\(domain.name).xml")
    }

    /// The pool that volumes are made in.
    func preparePool() async throws {
        let reader = try await hypervisor.reader(for: host)
        guard try await reader.observe(Interest()).names[.pool]?[pool] == nil else { return }
        try await perform(
            .create, reference(.pool, pool), [(.init(.poolType), "dir"), (.init(.poolTarget), .string(poolDirectory))])
    }
}

extension AttributePath {
    static func of(_ attribute: Attribute, _ item: String = "") -> AttributePath { AttributePath(attribute, item) }
}
