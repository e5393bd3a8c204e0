import Differ
import Model
import Planner
import Reports
import TestSupport
import Testing

@testable import CLI

/// What people look at most, as golden files: one stack through its life.
@Suite struct PlanTextTests {
    static let gib: Int64 = 1 << 30

    static func disk(_ gib: Int64) -> Resource {
        Lab.resource(
            "VirtualMachine/db/disk/root", .volume, pool: "default",
            [
                "capacity": .integer(gib << 30), "format": "qcow2", "backing": "/images/debian-12.qcow2",
                "backing/format": "qcow2",
            ])
    }

    static func machine(memory: Int64 = 4 * gib, power: Value = "On", more: [String: Value] = [:]) -> Resource {
        Lab.resource(
            "VirtualMachine/db",
            [
                "power": power, "vcpus": 2, "vcpus/maximum": 2, "memory": .integer(memory),
                "memory/maximum": .integer(memory), "machine": "q35", "disks/root/source": "default/db-root",
                "disks/root/bus": "virtio", "disks/root/format": "qcow2", "disks/root/cache": "none",
                "networks/lan/source": "network/lan", "networks/lan/model": "virtio",
            ].merging(more) { $1 }, needs: ["VirtualMachine/db/disk/root", "Network/lan"])
    }

    static let network = Lab.resource(
        "Network/lan", .network,
        [
            "active": true, "forward/mode": "nat", "addresses/192.0.2.1/prefix": 24,
            "addresses/192.0.2.1/dhcp": ["192.0.2.10-192.0.2.99"],
        ])

    static func plan(from before: [Resource], to after: [Resource], found: [Resource]? = nil, policy: Policy = Policy())
        -> Plan
    {
        let desired = Lab.desired(after)
        let recorded = Lab.recorded(before)
        let changes = diff(desired: desired, recorded: recorded, observed: Lab.observed(found ?? before))
        return Planner.plan(
            changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: policy)
    }

    static let all = [network, disk(20), machine()]

    @Test(arguments: [
        ("create", plan(from: [], to: all)),
        ("in-sync", plan(from: all, to: all)),
        (
            "restart",
            plan(from: all, to: [network, disk(40), machine(memory: 8 * gib, more: ["description": "the database"])])
        ),
        ("drift", plan(from: all, to: all, found: [network, disk(20), machine(power: "Off", more: ["vcpus": 1])])),
        ("vanished", plan(from: all, to: all, found: [network, disk(20)])),
        ("delete-refused", plan(from: all, to: [network])),
        ("delete", plan(from: all, to: [], policy: Policy(allowed: [.deleteData]))),
        ("shrink-refused", plan(from: all, to: [network, disk(10), machine()])),
    ])
    func text(name: String, plan: Plan) throws {
        let lines = PlanText(plan, style: .plain).lines()
        #expect(lines.allSatisfy { $0.last != " " }, "no line ends in a space")
        try expectGolden(lines.joined(separator: "\n") + "\n", "plan-\(name).txt")
    }

    /// An image that nobody has read yet may be larger than the disk is said to be.
    @Test func aDiskOnAnImageThatIsNotReadIsAtLeastSoLarge() throws {
        let desired = Lab.desired(Self.all)
        let changes = diff(desired: desired, recorded: .init(), observed: Lab.observed([], features: [.upload]))
        let plan = Planner.plan(
            changes, desired: desired, recorded: .init(), hosts: [HostStatus(Lab.host)], policy: Policy())
        #expect(PlanText(plan, style: .plain).lines().contains { $0.contains("at least 20 GiB qcow2 over") })
    }

    @Test func unknownHost() throws {
        let error = HostError(.unreachable, "The host cannot be reached", "Nothing listens there.")
        let desired = Lab.desired(Self.all)
        let changes = diff(
            desired: desired, recorded: Lab.recorded(Self.all),
            observed: ObservedState(hosts: [Lab.host.address: .unknown(error)]))
        let plan = Planner.plan(
            changes, desired: desired, recorded: Lab.recorded(Self.all), hosts: [HostStatus(Lab.host, error: error)],
            policy: Policy())
        #expect(plan.result == .unknown)
        try expectGolden(
            PlanText(plan, style: .plain).lines().joined(separator: "\n") + "\n", "plan-unknown.txt")
    }

    @Test func whatIsHiddenBesideAHostThatIsDown() throws {
        var plan = Self.plan(from: Self.all, to: Self.all)
        let far = Host(Lab.address("Provider/far"), uri: "qemu:///system")
        plan.hosts.append(HostStatus(far, error: HostError(.unreachable, "It cannot be reached", "Nothing listens.")))
        plan.hidden = [Self.disk(20).address]
        plan.unknown = plan.hidden + [Lab.address("VirtualMachine/away")]
        let lines = PlanText(plan, style: .plain).lines().filter { $0.hasPrefix("  ?") }
        #expect(lines.map { $0.split(separator: " ")[1] } == ["Provider/far", "VirtualMachine/db/disk/root"])
    }

    @Test func jsonIsTheContracts() throws {
        let plan = Self.plan(from: Self.all, to: [Self.network, Self.disk(40), Self.machine(memory: 8 * Self.gib)])
        let value = planValue(of: plan, source: RunReport.Source(.directory, location: "stacks/lab"), diagnostics: [])
        try expectGolden(JSONWriter.text(of: value, pretty: true) + "\n", "plan.json")
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (4 << 30, "4 GiB"),
            ((20 << 30) + 1, "20.0 GiB"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, expected: String) { #expect(sizeText(bytes) == expected) }

    @Test func aTextOfSeveralLinesStaysOnItsLine() {
        #expect(Reports.text(of: "two\nlines\n", for: .description) == "two ⏎ lines")
    }

    /// Errors stay apart; of warnings and notices each kind has one heading, and what is said of several places is said once.
    @Test func diagnosticsOfOneKindStandTogether() {
        func diagnostic(_ severity: Diagnostic.Severity, _ word: String, _ detail: String, line: Int) -> Diagnostic {
            Diagnostic(
                severity, word, "A \(word)", detail, at: SourceLocation(file: "a.yaml", line: line, column: 1))
        }
        let told = blocks(
            of: [
                diagnostic(.notice, "default", "It is 1.", line: 7), diagnostic(.warning, "field", "No `a`.", line: 1),
                diagnostic(.error, "typo", "It is wrong.", line: 3), diagnostic(.warning, "field", "No `b`.", line: 4),
                diagnostic(.warning, "field", "No `a`.", line: 5), diagnostic(.error, "typo", "It is wrong.", line: 6),
            ], style: .plain)
        #expect(
            told == [
                "error: A typo\n  a.yaml:3:1\n  It is wrong.", "error: A typo\n  a.yaml:6:1\n  It is wrong.",
                "warning: A field\n  a.yaml:1:1\n  a.yaml:5:1\n  No `a`.\n  a.yaml:4:1\n  No `b`.",
                "notice: A default\n  a.yaml:7:1\n  It is 1.",
            ])
    }

    @Test func whatComesFromOutsideCannotMoveTheCursor() {
        #expect("a\u{1B}[2Jb".printable == "a\\u{1b}[2Jb")
    }
}
