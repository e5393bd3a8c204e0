import Differ
import Model
import TestSupport
import Testing

/// A pool that somebody pointed elsewhere: what was made in it is not gone.
@Suite struct StrayedPoolTests {
    let disk = Lab.resource("Volume/data", .volume, pool: "tank", ["capacity": 1024])
    let web = Lab.resource("VirtualMachine/web", ["power": "On", "disks/data/source": "tank/data"])

    private func pool(_ target: String) -> Resource {
        Lab.resource("StoragePool/tank", .pool, ["active": true, "target": .string(target)])
    }

    /// The host has the pool at a place, and there is nothing in it but what is given.
    private func host(_ target: String, paths: [String] = []) -> ObservedState {
        var host = Lab.observedHost([pool(target), web])
        host.poolTargets["tank"] = target
        host.objects[Lab.id("web")]?.attributes[.diskSource, "data"] = "/srv/tank/data"
        host.objects[Lab.id("web")]?.running?[.diskSource, "data"] = "/srv/tank/data"
        for path in paths {
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let place = VolumeReference(pool: "tank", name: name)
            host.volumePaths[place] = path
            host.volumes[place] = ObservedObject(disk.object, attributes: Lab.attributes(["capacity": 1024]))
        }
        return ObservedState(hosts: [Lab.host.address: .read(host)])
    }

    private func changes(made: String = "/srv/tank", wanted: String? = "/srv/tank", _ observed: ObservedState)
        -> ChangeSet
    {
        let desired = Lab.desired(wanted.map { [pool($0), disk, web] } ?? [web])
        let recorded = Lab.recorded([pool(made), disk, web])
        return diff(
            desired: desired, recorded: recorded,
            observed: hideStrayedPools(in: observed, recorded: recorded, desired: desired))
    }

    @Test(arguments: [[], ["/srv/other/data"]])
    func whatWasMadeInItIsUnknown(paths: [String]) {
        let found = changes(host("/srv/other", paths: paths))
        #expect(found.changes.map(\.address) == [Lab.address("StoragePool/tank")], "\(found.changes)")
        #expect(found.unknown == [disk.address] && found.hidden == [disk.address])
        #expect(found.diagnostics.map(\.code) == ["pool-strayed"])
        #expect(found.diagnostics.allSatisfy { $0.detail.contains("/srv/tank") })
    }

    @Test func aNewVolumeIsNotMadeInTheWrongPlace() {
        let desired = Lab.desired([pool("/srv/tank"), disk])
        let recorded = Lab.recorded([pool("/srv/tank")])
        let observed = hideStrayedPools(in: host("/srv/other"), recorded: recorded, desired: desired)
        let found = diff(desired: desired, recorded: recorded, observed: observed)
        #expect(found.changes.map(\.object.kind) == [.pool] && found.unknown == [disk.address])
    }

    @Test func whatNobodyWantsAnyMoreIsUnknownToo() {
        let found = changes(wanted: nil, host("/srv/other"))
        #expect(found.changes.map(\.action) == [.delete] && found.unknown == [disk.address])
    }

    /// Until it is started anew, a pool looks where it did.
    @Test func aPoolThatIsOnlyDefinedOtherwise() {
        let found = changes(host("/srv/other", paths: ["/srv/tank/data"]))
        #expect(found.changes.map(\.address) == [Lab.address("StoragePool/tank")] && found.unknown.isEmpty)
    }

    @Test func aPoolThatTheManifestsMove() {
        let moved = changes(wanted: "/srv/other", host("/srv/tank", paths: ["/srv/tank/data"]))
        #expect(moved.changes.map(\.address) == [Lab.address("StoragePool/tank")] && moved.unknown.isEmpty)
        let gone = changes(wanted: "/srv/other", host("/srv/other"))
        #expect(gone.changes.contains { $0.address == disk.address && $0.action == .create }, "\(gone.changes)")
        #expect(gone.unknown.isEmpty && gone.diagnostics.isEmpty)
    }

    @Test func aPoolThatIsWhereItWasMade() {
        let found = changes(host("/srv/tank"))
        #expect(found.changes.map(\.address) == [disk.address] && found.changes.map(\.cause) == [.drift])
    }
}
