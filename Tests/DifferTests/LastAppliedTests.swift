import Differ
import Model
import TestSupport
import Testing

@Suite struct LastAppliedTests {
    @Test func whateverDiffersIsDrift() {
        let before = [
            Lab.resource("VirtualMachine/web", ["power": "On", "vcpus": 2]),
            Lab.resource("VirtualMachine/db", ["vcpus": 1]),
        ]
        let recorded = Lab.recorded(before)
        var manifests = Lab.desired([Lab.resource("VirtualMachine/web", ["vcpus": 8]), Lab.resource("Network/lan")])
        let other = Host(Address(kind: "Provider", name: "other"), uri: "test:///other")
        manifests.hosts = [Host(Lab.host.address, uri: "test:///moved"), other]
        manifests.stack.suspended = [Suspension(nil, reason: "x")]
        let desired = lastApplied(recorded, beside: manifests)
        #expect(desired.resources.map(\.address.name) == ["db", "web"])
        #expect(desired.hosts.map(\.uri) == [Lab.host.uri, "test:///other"], "it is where it was applied")
        #expect(desired.stack == manifests.stack)
        let same = diff(desired: desired, recorded: recorded, observed: Lab.observed(before))
        #expect(same.changes.isEmpty && same.unrecorded.isEmpty && same.unchanged == 2)
        let found = [Lab.resource("VirtualMachine/web", ["power": "Off", "vcpus": 4])]
        let changed = diff(desired: desired, recorded: recorded, observed: Lab.observed(found))
        #expect(changed.changes.map(\.action) == [.create, .update])
        #expect(changed.changes.allSatisfy { $0.cause == .drift })
    }
}
