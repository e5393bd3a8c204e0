import Glibc
import Hypervisor
import Libvirt
import Model
import Testing

/// A host that the contract is held against.
struct ContractHost: Sendable, CustomTestStringConvertible {
    let name: String
    let host: Host
    let hypervisor: LibvirtHypervisor
    /// A pool with this directory is made for the tests' volumes.
    let pool: String
    let poolDirectory: String
    let isSimulated: Bool
    /// Where simulated hosts are.
    let directory: String

    var testDescription: String { name }
}

enum ContractHosts {
    /// The simulated host, new for each test, and real QEMU where `RIGAUD_TEST_QEMU_URI` says where it is.
    static var all: [ContractHost] {
        var hosts = [simulated()]
        if let uri = environment("RIGAUD_TEST_QEMU_URI") {
            hosts.append(
                ContractHost(
                    name: "QEMU", host: Host(Address(kind: "Provider", name: "qemu"), uri: uri),
                    hypervisor: LibvirtHypervisor(simulatedHosts: "/nonexistent"), pool: "rigaud-test",
                    poolDirectory: environment("RIGAUD_TEST_QEMU_POOL") ?? "/var/lib/libvirt/rigaud-test",
                    isSimulated: false, directory: ""))
        }
        return hosts
    }

    /// A new simulated host, in a directory of its own.
    static func simulated(uri: String = "test:///default") -> ContractHost {
        let directory = scratchDirectory()
        return ContractHost(
            name: "simulated", host: Host(Address(kind: "Provider", name: "lab"), uri: uri),
            hypervisor: LibvirtHypervisor(simulatedHosts: directory), pool: "rigaud-test",
            poolDirectory: "/srv/rigaud-test", isSimulated: true, directory: directory)
    }

    static func scratchDirectory() -> String {
        var template = Array("/tmp/rigaud-libvirt-XXXXXX".utf8CString)
        return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
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

    /// What a new reader sees of an object; nil where it is not there.
    func observe(_ object: ObjectReference) async throws -> ObservedObject? {
        let reader = try await hypervisor.reader(for: host)
        if object.kind == .volume {
            let pool = object.pool ?? ""
            let found = try await reader.observe(Interest(volumes: [pool: [object.name]], pools: [pool]))
            return found.volumes[VolumeReference(pool: pool, name: object.name)]
        }
        guard let id = object.id else { return nil }
        return try await reader.observe(Interest(objects: [id])).objects[id]
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
