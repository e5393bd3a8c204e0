import Differ
import Model
import Planner
import TestSupport
import Testing

/// Networks that others' guests are on.
@Suite struct OtherGuestsTests {
    private static let web = Lab.resource(
        "VirtualMachine/web", ["power": "On", "networks/a/source": "network/lan"], needs: ["Network/lan"])

    private static func lan(_ prefix: Int64) -> Resource {
        Lab.resource("Network/lan", .network, ["active": true, "addresses/192.0.2.1/prefix": .integer(prefix)])
    }

    /// - Parameter runs: The prefix that the network serves with.
    private static func planned(
        _ wanted: [Resource], connections: Int, runs: Int64 = 24, found: [Resource] = [lan(24), web],
        _ policy: Policy = Policy(allowed: [.restart, .replace])
    ) -> Plan {
        var host = Lab.observedHost(found)
        host.objects[Lab.id("lan")]?.running = lan(runs).attributes.mapValues(\.value)
        host.objects[Lab.id("lan")]?.connections = connections
        let (desired, recorded) = (Lab.desired(wanted), Lab.recorded(found))
        return plan(
            diff(
                desired: desired, recorded: recorded, observed: ObservedState(hosts: [Lab.host.address: .read(host)])),
            desired: desired, recorded: recorded, hosts: [HostStatus(Lab.host)], policy: policy)
    }

    /// How many interfaces are on the network, of which one is the stack's; whether it is restarted.
    @Test(arguments: [(1, true), (2, false)])
    func aRestartWaitsUntilTheyHaveGone(connections: Int, isRestarted: Bool) {
        let changed = Self.planned([Self.lan(25), Self.web], connections: connections)
        let pending = Self.planned([Self.lan(24), Self.web], connections: connections, runs: 25)
        let verbs = { (plan: Plan) in plan.steps.map { "\($0.operation.verb.rawValue) \($0.operation.address)" } }
        let restart = [
            "stop VirtualMachine/web", "stop Network/lan", "start Network/lan", "start VirtualMachine/web",
        ]
        #expect(
            verbs(changed).sorted() == (["update Network/lan"] + (isRestarted ? restart : [])).sorted())
        #expect(changed.changes.first?.leavesPendingRestart == !isRestarted)
        #expect(verbs(pending).sorted() == (isRestarted ? restart : []).sorted())
        #expect(pending.pendingRestarts.isEmpty == isRestarted)
        for plan in [changed, pending] {
            #expect(plan.diagnostics.map(\.code) == (isRestarted ? [] : ["network-in-use"]))
        }
    }

    /// What is pending is told as ever where no restart was asked for.
    @Test func withoutLeaveNothingIsSaidOfThem() {
        let plan = Self.planned([Self.lan(25), Self.web], connections: 2, Policy())
        #expect(plan.changes.first?.leavesPendingRestart == true && plan.diagnostics.isEmpty)
    }

    @Test func itIsNotDeletedUnderThem() {
        let alone = Self.planned([], connections: 1, Policy(allowed: [.deleteData]))
        #expect(alone.changes.allSatisfy { $0.refusal == nil } && alone.diagnostics.isEmpty)
        let plan = Self.planned([], connections: 2, Policy(allowed: [.deleteData]))
        #expect(plan.changes.map(\.refusal) == [.hasGuests, nil])
        #expect(plan.steps.map(\.operation.address) == [Self.web.address, Self.web.address])
        #expect(plan.diagnostics.map(\.code) == ["network-in-use"])
    }

    /// One that moves away in the same run is no other; one that somebody plugged in is.
    @Test func theStacksOwnInterfacesAreKnownByTheirManifests() {
        let wan = Lab.resource("Network/wan", .network, ["active": true])
        let moved = Lab.resource(
            "VirtualMachine/web", ["power": "On", "networks/a/source": "network/wan"], needs: ["Network/wan"])
        let plan = Self.planned([wan, moved], connections: 1, found: [Self.lan(24), wan, Self.web])
        #expect(plan.changes.allSatisfy { $0.refusal == nil } && plan.diagnostics.isEmpty)
        let byHand = Lab.resource("VirtualMachine/db", ["power": "On", "networks/x/source": "network/lan"])
        let both = Self.planned(
            [Self.web, byHand, Self.lan(25)], connections: 2, found: [Self.lan(24), Self.web, byHand])
        #expect(both.changes.first?.leavesPendingRestart == true && both.diagnostics.map(\.code) == ["network-in-use"])
    }
}
