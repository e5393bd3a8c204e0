import Differ
import Model
import TestSupport
import Testing

private func image(_ version: String) -> Resource {
    Lab.resource("VMImage/default/deb/lab:default/\(version)", .volume, pool: "default", ["format": "qcow2"])
}

/// As the volume of that version is called here.
private func volume(_ version: String) -> String { "default/deb-lab:default-\(version)" }

private func disk(_ name: String, on version: String, of image: String = "VMImage/default/deb") -> Resource {
    Lab.resource(
        "VirtualMachine/\(name)/disk/root", .volume, pool: "default",
        [
            "capacity": 1024, "backing": .string(volume(version)), "backing/format": "qcow2",
            "image": .string(image),
        ], needs: ["VMImage/default/deb/lab:default/\(version)"])
}

private func settled(_ desired: [Resource], recorded: [Resource]) -> [Resource] {
    settle(Lab.desired(desired), recorded: Lab.recorded(recorded)).resources
}

private func backing(of name: String, in resources: [Resource]) -> Value? {
    resources.first { $0.address.text == "VirtualMachine/default/\(name)/disk/root" }?.attributes[.backing]?.value
}

@Suite struct SettleTests {
    @Test func aDiskKeepsTheVersionThatItIsBuiltOn() {
        let result = settled(
            [image("2"), disk("old", on: "2"), disk("new", on: "2")], recorded: [image("1"), disk("old", on: "1")])
        #expect(backing(of: "old", in: result) == .string(volume("1")))
        #expect(backing(of: "new", in: result) == .string(volume("2")))
        #expect(
            result.map(\.address.text).filter { $0.hasPrefix("VMImage") } == [
                "VMImage/default/deb/lab:default/1", "VMImage/default/deb/lab:default/2",
            ])
        #expect(
            result.first { $0.address.text.hasSuffix("old/disk/root") }?.needs.map(\.text) == [
                "VMImage/default/deb/lab:default/1"
            ])
    }

    @Test func nothingKeepsAVersionThatNoDiskIsBuiltOn() {
        let result = settled([image("2"), disk("new", on: "2")], recorded: [image("1"), disk("old", on: "1")])
        #expect(!result.contains { $0.address.text.hasSuffix("/1") })
    }

    @Test func anotherImageIsAnotherDisk() {
        let result = settled(
            [image("2"), disk("old", on: "2", of: "VMImage/default/other")],
            recorded: [image("1"), disk("old", on: "1")])
        #expect(backing(of: "old", in: result) == .string(volume("2")))
    }

    /// A host that lost its disks, or the image under one, gets what is wanted now: nobody could bring the former version.
    @Test(arguments: [(["old/disk/root"], "2"), (["deb/lab:default/1"], "2"), ([], "1")] as [([String], String)])
    func whatIsGoneIsNotKept(gone: [String], version: String) {
        let recorded = Lab.recorded([image("1"), disk("old", on: "1")])
        let addresses = recorded.records.keys.filter { address in gone.contains(where: address.text.hasSuffix) }
        let result = settle(
            Lab.desired([image("2"), disk("old", on: "2")]), recorded: recorded, gone: Set(addresses)
        ).resources
        #expect(addresses.count == gone.count)
        #expect(backing(of: "old", in: result) == .string(volume(version)))
        #expect(result.contains { $0.address.text.hasSuffix("/1") } == gone.isEmpty)
    }

    @Test func aDiskThatWasNotFinishedStartsFromTheNewVersion() {
        var recorded = Lab.recorded([image("1"), disk("old", on: "1")])
        recorded.records[Lab.address("VirtualMachine/old/disk/root")]?.isPartial = true
        let result = settle(Lab.desired([image("2"), disk("old", on: "2")]), recorded: recorded).resources
        #expect(backing(of: "old", in: result) == .string(volume("2")))
    }

    @Test func whatChangedShowsNoChangeOfTheDisk() {
        let before = [image("1"), disk("old", on: "1")]
        let desired = settle(Lab.desired([image("2"), disk("old", on: "2")]), recorded: Lab.recorded(before))
        let changes = diff(desired: desired, recorded: Lab.recorded(before), observed: Lab.observed(before))
        #expect(changes.changes.map { "\($0.action.rawValue) \($0.address)" } == ["create VMImage/deb/lab:default/2"])
    }

}

/// A seed that changed, or that its manifest has no longer.
@Suite struct IgnoredSeedTests {
    private static func stack(_ digest: String?, keepsSeed: Bool = true) -> [Resource] {
        var values: [String: Value] = ["power": "On"]
        if let digest {
            values["disks/cidata/source"] = .string("default/web-\(digest)")
            values["disks/cidata/device"] = "cdrom"
        }
        let seed = digest.map { "VirtualMachine/web/seed/\($0)" }
        var machine = Lab.resource("VirtualMachine/web", values, needs: seed.map { [$0] } ?? [])
        machine.keepsSeed = keepsSeed
        return [machine] + (seed.map { [Lab.resource($0, .volume, pool: "default", ["format": "iso"])] } ?? [])
    }

    private static let new = Lab.address("VirtualMachine/default/web/seed/new")

    @Test(arguments: ["new", nil], [true, false])
    func aMachineKeepsItsSeedIfItIsTo(_ wanted: String?, _ keepsSeed: Bool) {
        var desired = Lab.desired(Self.stack(wanted, keepsSeed: keepsSeed))
        if wanted != nil { desired.contents[Self.new] = .seed(Seed(hostName: "web")) }
        let before = Lab.recorded(Self.stack("old"))
        let result = settle(desired, recorded: before)
        let expected = keepsSeed ? "old" : wanted
        #expect(
            result.resources.map(\.address.text)
                == ["VirtualMachine/default/web"] + (expected.map { ["VirtualMachine/default/web/seed/\($0)"] } ?? []))
        let source = expected.map { Value.string("default/web-\($0)") }
        #expect(result.resources[0].attributes[.diskSource, "cidata"]?.value == source)
        #expect(result.resources[0].needs.count == (expected == nil ? 0 : 1))
        #expect((result.contents[Self.new] == nil) == (keepsSeed || wanted == nil))
        let changes = diff(desired: result, recorded: before, observed: Lab.observed(Self.stack("old"))).changes
        #expect(changes.isEmpty == keepsSeed, "\(changes)")
    }

    /// It gets the new one then, which is not the manifest's doing.
    @Test(arguments: [true, false]) func aSeedThatSomebodyTookAwayIsDrift(_ keepsSeed: Bool) {
        var desired = Lab.desired(Self.stack("new", keepsSeed: keepsSeed))
        desired.contents[Self.new] = .seed(Seed(hostName: "web"))
        let before = Lab.recorded(Self.stack("old"))
        let observed = Lab.observed(Self.stack("old").filter { $0.object.kind == .domain })
        let settled = settle(desired, recorded: before, gone: goneVolumes(before, in: observed))
        let changes = diff(desired: settled, recorded: before, observed: observed).changes
        let created = changes.first { $0.action == .create }
        #expect(created?.address == Self.new && created?.cause == (keepsSeed ? .drift : .config), "\(changes)")
    }
}

/// A disk that is made anew with another seed: what it was started with, the seeds of its machine, recorded and wanted.
@Suite struct SeedReplacementTests {
    private static func machine(_ seed: String?) -> Resource {
        let drive: [String: Value] = seed.map { ["disks/cidata/source": .string("default/web-\($0)")] } ?? [:]
        return Lab.resource(
            "VirtualMachine/web", ["power": "On"].merging(drive) { $1 },
            needs: seed.map { ["VirtualMachine/web/seed/\($0)"] } ?? [])
    }

    private static func disk(_ seed: String?) -> Resource {
        let value: [String: Value] = seed.map { ["seed": .string($0)] } ?? [:]
        return Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": 1024].merging(value) { $1 })
    }

    @Test(
        arguments: [
            ("a", "a", "a", false), ("a", "a", "b", true), (nil, "a", "a", false), (nil, "a", "b", true),
            (nil, nil, "b", true),
        ] as [(String?, String?, String, Bool)])
    func anotherSeedIsAnotherDisk(started: String?, recorded: String?, wanted: String, isReplaced: Bool) {
        let before = [Self.machine(recorded), Self.disk(started)]
        let changes = diff(
            desired: Lab.desired([Self.machine(wanted), Self.disk(wanted)]), recorded: Lab.recorded(before),
            observed: Lab.observed(before))
        let fields = changes.changes.first { $0.object.kind == .volume }?.fields.map(\.path.attribute) ?? []
        #expect(fields == (isReplaced ? [.seed] : []))
    }
}

@Suite struct MissingImageTests {
    private func codes(
        features: Set<HostFeature> = [.upload], patience: Int = 0, needs: [String] = [], found: [Resource] = []
    ) -> [String] {
        let pool = Lab.resource("StoragePool/default", .pool, ["active": true])
        var disk = Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "default", ["backing": "default/deb"], needs: needs)
        disk.patience = patience
        var host = Lab.observedHost([pool] + found, features: features)
        host.names[.pool] = ["default": Lab.id("default")]
        return diff(
            desired: Lab.desired([disk]), recorded: RecordedState(),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)])
        ).diagnostics.map(\.code)
    }

    @Test func itIsAnErrorOfThePlan() { #expect(codes() == ["image-missing"]) }

    /// An overlay on a raw image that is said to be qcow2 could not be made.
    @Test(arguments: [("raw", ["image-format"]), ("qcow2", [])])
    func itIsOfTheFormatThatIsSaid(format: String, expected: [String]) {
        let image = Lab.resource("VMImage/deb", .volume, pool: "default", ["format": .string(format)])
        let disk = Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "default",
            ["backing": .string("default/\(image.object.name)"), "backing/format": "qcow2"])
        var host = Lab.observedHost([image], features: [.upload])
        host.names[.pool] = ["default": Lab.id("default")]
        host.volumePaths[VolumeReference(pool: "default", name: image.object.name)] = "/p/deb"
        let codes = diff(
            desired: Lab.desired([disk]), recorded: RecordedState(),
            observed: ObservedState(hosts: [Lab.host.address: .read(host)])
        ).diagnostics.map(\.code)
        #expect(codes == expected)
    }

    @Test func itMayBeThereOrCome() {
        #expect(codes(features: []) == [])
        #expect(codes(patience: 60) == [])
        #expect(codes(needs: ["VMImage/default/deb/lab:default/1"]) == [])
        let there = Lab.resource("Volume/deb.qcow2", .volume, pool: "default")
        #expect(codes(found: [there]) == [])
    }
}
