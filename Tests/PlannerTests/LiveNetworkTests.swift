import Differ
import Model
import Planner
import TestSupport
import Testing

/// What an active network is given while it serves, and what waits until it is started anew.
@Suite struct LiveNetworkTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// As it was applied, and defined; as it runs, where that is something else; as it is wanted.
        let applied: [String: Value]
        var runs: [String: Value]?
        let wanted: [String: Value]
        /// The fields of its change with their costs, and those of what is pending.
        var costs: [String] = []
        var pending: [String] = []
        var testDescription: String { name }
    }

    private static let subnet: [String: Value] = ["addresses/192.0.2.1/prefix": 24]
    private static let ranges: [String: Value] = ["addresses/192.0.2.1/dhcp": ["192.0.2.10-192.0.2.20"]]
    private static let others: [String: Value] = ["addresses/192.0.2.1/dhcp": ["192.0.2.10-192.0.2.30"]]

    private static func host(_ ip: String) -> [String: Value] {
        ["dhcp/hosts/52:54:00:00:00:01": ["ip": .string(ip)]]
    }

    static let cases = [
        Case(
            name: "other ranges", applied: subnet + ranges, wanted: subnet + others,
            costs: ["addresses/192.0.2.1/dhcp live"]),
        Case(name: "first ranges", applied: subnet, wanted: subnet + ranges, costs: ["addresses/192.0.2.1/dhcp live"]),
        Case(name: "no ranges", applied: subnet + ranges, wanted: subnet, costs: ["addresses/192.0.2.1/dhcp live"]),
        Case(
            name: "another subnet with its ranges", applied: ["addresses/198.51.100.1/prefix": 24],
            wanted: subnet + ranges,
            costs: [
                "addresses/192.0.2.1/prefix restart", "addresses/192.0.2.1/dhcp restart",
                "addresses/198.51.100.1/prefix restart",
            ]),
        Case(
            name: "another prefix with its ranges", applied: subnet + ranges,
            wanted: ["addresses/192.0.2.1/prefix": 23] + others,
            costs: ["addresses/192.0.2.1/prefix restart", "addresses/192.0.2.1/dhcp restart"]),
        Case(
            name: "a subnet that waits", applied: subnet + ranges, runs: [:], wanted: subnet + ranges,
            pending: ["addresses/192.0.2.1/prefix", "addresses/192.0.2.1/dhcp"]),
        Case(
            name: "other ranges of a subnet that waits", applied: subnet + ranges, runs: [:], wanted: subnet + others,
            costs: ["addresses/192.0.2.1/dhcp restart"], pending: ["addresses/192.0.2.1/prefix"]),
        Case(
            name: "ranges that somebody changed", applied: subnet + ranges, runs: subnet + others,
            wanted: subnet + ranges,
            costs: ["addresses/192.0.2.1/dhcp live"]),
        Case(
            name: "a host's other address", applied: subnet + host("192.0.2.7"), wanted: subnet + host("192.0.2.8"),
            costs: ["dhcp/hosts/52:54:00:00:00:01 live"]),
        Case(
            name: "a host of another subnet", applied: subnet + host("192.0.2.7"),
            wanted: ["addresses/198.51.100.1/prefix": 24] + host("198.51.100.7"),
            costs: [
                "addresses/192.0.2.1/prefix restart", "addresses/198.51.100.1/prefix restart",
                "dhcp/hosts/52:54:00:00:00:01 restart",
            ]),
        Case(
            name: "a host of a subnet that waits", applied: subnet + host("192.0.2.7"),
            runs: ["addresses/198.51.100.1/prefix": 24] + host("198.51.100.7"), wanted: subnet + host("192.0.2.7"),
            pending: [
                "addresses/192.0.2.1/prefix", "addresses/198.51.100.1/prefix", "dhcp/hosts/52:54:00:00:00:01",
            ]),
        Case(
            name: "a host outside of the narrower subnet that runs", applied: ["addresses/192.0.2.1/prefix": 25],
            wanted: subnet + host("192.0.2.200"),
            costs: ["addresses/192.0.2.1/prefix restart", "dhcp/hosts/52:54:00:00:00:01 restart"]),
        Case(
            name: "a host that goes with its subnet", applied: subnet + host("192.0.2.7"),
            wanted: ["addresses/198.51.100.1/prefix": 24],
            costs: [
                "addresses/192.0.2.1/prefix restart", "addresses/198.51.100.1/prefix restart",
                "dhcp/hosts/52:54:00:00:00:01 live",
            ]),
        Case(
            name: "a subnet that goes waits to go", applied: subnet,
            runs: subnet + ["addresses/198.51.100.1/prefix": 24],
            wanted: subnet, pending: ["addresses/198.51.100.1/prefix"]),
        Case(
            name: "no addresses of its own", applied: [:], runs: ["addresses/198.51.100.1/prefix": 24], wanted: [:]),
    ]

    @Test(arguments: cases)
    func whatItCosts(_ example: Case) {
        func network(_ attributes: [String: Value]) -> Resource {
            Lab.resource("Network/lan", .network, ["active": true] + attributes)
        }
        let (applied, wanted) = (network(example.applied), network(example.wanted))
        var host = Lab.observedHost([applied])
        host.objects[Lab.id("lan")]?.running = network(example.runs ?? example.applied).attributes.mapValues(\.value)
        let (desired, recorded) = (Lab.desired([wanted]), Lab.recorded([applied]))
        let changes = diff(
            desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)]))
        let plan = plan(
            changes, desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: Policy())
        let costs = plan.changes.flatMap { planned in
            zip(planned.change.fields, planned.fieldDisruptions).map { "\($0.path) \($1)" }
        }
        #expect(costs == example.costs)
        #expect(plan.pendingRestarts.flatMap { $0.fields.map(\.path.description) } == example.pending)
        let live = plan.steps.filter { $0.operation.verb == .updateLive }.flatMap {
            $0.operation.set.map { "\($0.path) live" }
        }
        #expect(live == example.costs.filter { $0.hasSuffix("live") })
    }
}

private func + (left: [String: Value], right: [String: Value]) -> [String: Value] { left.merging(right) { $1 } }
