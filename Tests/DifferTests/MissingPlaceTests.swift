import Differ
import Model
import TestSupport
import Testing

/// Networks and pools that are neither on a host nor in the desired graph.
@Suite struct MissingPlaceTests {
    static let lan = Lab.resource("Network/lan", .network)
    static let fast = Lab.resource("StoragePool/fast", .pool)

    static func web(_ network: String, power: Value = "Off") -> Resource {
        Lab.resource("VirtualMachine/web", ["power": power, "networks/a/source": .string(network)])
    }

    static func disk(_ pool: String, backing: String? = nil) -> Resource {
        Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: pool,
            ["capacity": 1024].merging(backing.map { ["backing": .string($0)] } ?? [:]) { $1 })
    }

    /// What is recorded and on the host, what is wanted, and what is missing. The host has a network `lan` and the pools
    /// `default` and `fast`.
    @Test(
        arguments: [
            ("a network of the host", [], [web("network/lan")], []),
            ("one that is nowhere", [], [web("network/lam")], ["network-missing"]),
            ("a bridge", [], [web("bridge/br9")], []),
            ("none of libvirt's", [], [web("user")], []),
            (
                "one that comes with it", [], [web("network/dmz"), Lab.resource("Network/dmz", .network)], []
            ),
            ("an interface that moves", [web("network/lan")], [web("network/lam")], ["network-missing"]),
            ("one that is where it was", [web("network/gone")], [web("network/gone")], []),
            (
                "a machine that is started", [web("network/gone")], [web("network/gone", power: "On")],
                ["network-missing"]
            ),
            ("a pool of the host", [], [disk("fast")], []),
            ("a pool that is nowhere", [], [disk("slow")], ["pool-missing"]),
            ("one that comes too", [], [disk("slow"), Lab.resource("StoragePool/slow", .pool)], []),
            ("a disk that moves", [disk("fast")], [disk("slow")], ["pool-missing"]),
            ("an image's pool", [], [disk("fast", backing: "images/debian")], ["pool-missing"]),
            ("an image's path", [], [disk("fast", backing: "/images/debian")], ["image-missing"]),
            ("a path in no pool", [], [disk("fast", backing: "/srv/debian")], ["base-unseen"]),
        ] as [(String, [Resource], [Resource], [String])])
    func isFound(name: String, before: [Resource], after: [Resource], codes: [String]) {
        let features: Set<HostFeature> = [.hotplug, .resize, .upload, .connect]
        func changes(on features: Set<HostFeature>) -> ChangeSet {
            diff(
                desired: Lab.desired(after), recorded: Lab.recorded(before),
                observed: Lab.observed(before + [Self.lan, Self.fast], features: features))
        }
        let found = changes(on: features).diagnostics
        #expect(found.map(\.code) == codes, "\(name)")
        #expect(
            found.allSatisfy {
                $0.severity == ($0.code == "base-unseen" ? .notice : .error) && $0.location?.file == "lab.yaml"
            }, "\(name)")
        // Networks of a simulated host are not those of the one that it stands for.
        let simulated = changes(on: [.resize]).diagnostics.filter { $0.code == "network-missing" }
        #expect(simulated.allSatisfy { $0.severity == .warning }, "\(name)")
    }

    @Test func nothingIsSaidOfAHostThatWasNotRead() {
        let error = HostError(.unreachable, "A host cannot be reached", "It does not answer.")
        let changes = diff(
            desired: Lab.desired([Self.web("network/lam"), Self.disk("slow")]), recorded: .init(),
            observed: ObservedState(hosts: [Lab.host.address: .unknown(error)]))
        #expect(changes.diagnostics.isEmpty)
    }

    @Test func manyThatWantItAreOneDiagnostic() {
        let machines = (1...4).map { Lab.resource("VirtualMachine/web\($0)", ["networks/a/source": "network/lam"]) }
        let found = diff(
            desired: Lab.desired(machines), recorded: .init(), observed: Lab.observed([Self.lan], features: [.connect])
        )
        .diagnostics
        #expect(found.count == 1)
        #expect(found.first?.detail.hasPrefix("VirtualMachine/web1 and 3 more are to be on the network `lam`") == true)
        #expect(found.first?.detail.contains("Did you mean `lan`?") == true)
    }
}
