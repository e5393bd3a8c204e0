import Differ
import Model
import TestSupport
import Testing

/// A VMImage `deb` with versions, and what lies on them. Its volume of version 1 is `default/deb-lab:default-1`.
private func image(_ version: String) -> Resource {
    Lab.resource("VMImage/default/deb/lab:default/\(version)", .volume, pool: "default", ["format": "qcow2"])
}

private func volume(_ version: String) -> String { "default/deb-lab:default-\(version)" }

private func disk(on version: String?) -> Resource {
    let base: [String: Value] =
        version.map {
            ["backing": .string(volume($0)), "backing/format": "qcow2", "image": "VMImage/default/deb"]
        } ?? [:]
    return Lab.resource(
        "VirtualMachine/web/disk/root", .volume, pool: "default",
        ["capacity": 1024, "format": "qcow2"].merging(base) { $1 },
        needs: version.map { ["VMImage/default/deb/lab:default/\($0)"] } ?? [])
}

private func clone(on version: String, needs: [String] = []) -> Resource {
    Lab.resource(
        "Volume/clone", .volume, pool: "default",
        ["format": "qcow2", "backing": .string(volume(version)), "backing/format": "qcow2"], needs: needs)
}

/// What a plan compares, host and all: settled as it is.
private func changes(
    _ desired: [Resource], recorded: [Resource], found: [Resource], contents: [Address: VolumeContent] = [:]
) -> ChangeSet {
    let recorded = Lab.recorded(recorded)
    let observed = Lab.observed(found, features: [.upload])
    var wanted = Lab.desired(desired)
    wanted.contents = contents
    let settled = settle(wanted, recorded: recorded, gone: goneVolumes(recorded, in: observed))
    return diff(desired: settled, recorded: recorded, observed: observed)
}

extension ChangeSet {
    fileprivate var words: [String] {
        changes.map { change in
            let fields = change.fields.map { "\($0.path) \($0.cause.rawValue)" }.joined(separator: ", ")
            return "\(change.action.rawValue) \(change.address)" + (change.action == .update ? ": \(fields)" : "")
        } + diagnostics.map(\.code)
    }
}

@Suite struct FormerBaseTests {
    /// Its manifest has no image any more, and it lies on that nevertheless.
    @Test(arguments: [["1"], ["1", "2"]])
    func aDiskWithoutAnImageStaysOnWhatItLiesOn(versions: [String]) {
        let before = [image("1"), disk(on: "1")]
        let desired = Lab.desired(versions.dropFirst().map(image) + [disk(on: nil)])
        let settled = settle(desired, recorded: Lab.recorded(before))
        let root = settled.resources.first { $0.address.isPart && $0.address.kind == "VirtualMachine" }
        #expect(root.map { Record(of: $0) } == Record(of: disk(on: "1")))
        #expect(settled.resources.contains { $0.address == image("1").address })
        #expect(settled.keepers.keys.map(\.text) == versions.dropFirst().map { image($0).address.text })
        #expect(
            changes(desired.resources, recorded: before, found: before).words
                == versions.dropFirst().map {
                    "create VMImage/deb/lab:default/\($0)"
                })
    }

    @Test func anImageThatIsWantedIsNeeded() {
        let desired = Lab.desired([image("1"), disk(on: nil)])
        let settled = settle(desired, recorded: Lab.recorded([image("1"), disk(on: "1")]))
        #expect(settled.resources.first { $0.attributes[.backing] != nil }?.needs == [image("1").address])
        #expect(settled.keepers.isEmpty)
    }

    /// One that is made anew is made as its manifest has it.
    @Test func aDiskThatIsGoneIsMadeWithoutAnImage() {
        let before = [image("1"), disk(on: "1")]
        let found = changes([disk(on: nil)], recorded: before, found: [image("1")])
        #expect(found.words == ["delete VMImage/deb/lab:default/1", "create VirtualMachine/web/disk/root"])
        #expect(found.changes.last?.fields.contains { $0.path.attribute == .backing } == false)
    }

    /// A Volume names a version by its volume, and keeps that one as a machine's disk does.
    @Test(arguments: [[], [image("1").address.text]])
    func aVolumeKeepsTheVersionThatItNames(needs: [String]) {
        let before = [image("1"), clone(on: "1", needs: needs)]
        let desired = [image("2"), clone(on: "1")]
        let settled = settle(Lab.desired(desired), recorded: Lab.recorded(before))
        #expect(settled.resources.first { $0.address.kind == "Volume" }?.needs == [image("1").address])
        #expect(settled.keepers == [image("2").address: [clone(on: "1").address]])
        #expect(changes(desired, recorded: before, found: before).words == ["create VMImage/deb/lab:default/2"])
    }
}

@Suite struct DeletionOrderTests {
    /// By its path too, and whatever was recorded that it needs.
    @Test(arguments: [volume("1"), "/images/deb-lab:default-1"])
    func whatLiesOnSomethingGoesBeforeIt(base: String) {
        let clone = Lab.resource("Volume/clone", .volume, pool: "default", ["backing": .string(base)])
        let stack = [image("1"), clone]
        let found = changes([], recorded: stack, found: stack)
        #expect(found.words == ["delete VMImage/deb/lab:default/1", "delete Volume/clone"])
        #expect(found.changes.last?.record?.needs == [image("1").address])
        #expect(found.changes.first?.record?.needs == [])
    }
}

@Suite struct LostBaseTests {
    /// Whoever knows of the image still, and whatever is wanted instead: it stays a difference until the file is back.
    @Test(arguments: [true, false], ["2", nil])
    func aDiskOnAGoneImageIsADifference(isRecorded: Bool, wanted: String?) {
        let before = (isRecorded ? [image("1")] : []) + [disk(on: "1")]
        let desired = (wanted.map { [image($0)] } ?? []) + [disk(on: wanted)]
        let found = [disk(on: "1")]
        let words = changes(desired, recorded: before, found: found).words
        #expect(words.contains("update VirtualMachine/web/disk/root: backing both"), "\(words)")
        #expect(words.last == "base-lost", "\(words)")
        let back = changes(desired, recorded: before, found: found + [image("1")]).words
        #expect(!back.contains { $0.contains("disk/root") || $0 == "base-lost" }, "\(back)")
    }

    /// Nobody brings what somebody else put there; that it is gone is said all the same.
    @Test func aBaseOfSomebodyElses() {
        let base: [String: Value] = ["format": "qcow2", "backing": "default/theirs.qcow2", "backing/format": "qcow2"]
        let disk = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", base)
        #expect(changes([disk], recorded: [disk], found: [disk]).words == ["base-lost"])
    }

    @Test func anImageThatIsBroughtAgainIsNotLost() {
        let stack = [image("1"), disk(on: "1")]
        #expect(changes(stack, recorded: stack, found: [disk(on: "1")]).words == ["create VMImage/deb/lab:default/1"])
    }

    /// A truncated file is raw to libvirt. What lies on it is not in the way of the same content.
    @Test(arguments: [true, false])
    func anImageThatIsSomethingElseIsBroughtAgain(isKnown: Bool) {
        let stack = [image("1"), disk(on: "1")]
        let broken = Lab.resource(image("1").address.text, .volume, pool: "default", ["format": "raw"])
        let contents = [image("1").address: VolumeContent.image(ImageSource(url: "https://example.com/1"))]
        let found = changes(
            stack, recorded: stack, found: [broken, disk(on: "1")], contents: isKnown ? contents : [:])
        #expect(found.words == [isKnown ? "create VMImage/deb/lab:default/1" : "image-spoiled"])
    }

    @Test func anInterruptedImageIsBroughtAgain() {
        let stack = [image("1"), disk(on: "1")]
        var recorded = Lab.recorded(stack)
        recorded.records[image("1").address]?.isPartial = true
        var desired = Lab.desired(stack)
        desired.contents[image("1").address] = .image(ImageSource(url: "https://example.com/1"))
        let found = diff(
            desired: desired, recorded: recorded, observed: Lab.observed(stack, features: [.upload]))
        #expect(found.words == ["create VMImage/deb/lab:default/1"])
    }
}

@Suite struct UnseenBaseTests {
    private func disk(_ size: Int64) -> Resource {
        Lab.resource(
            "VirtualMachine/web/disk/root", .volume, pool: "default",
            ["capacity": .integer(size << 20), "backing": "/srv/deb.qcow2", "backing/format": "qcow2"])
    }

    /// A disk may be larger than anybody asked for on account of what it lies on. What was asked for, and is to be less, is another disk.
    @Test(
        arguments: [
            (8, 32, 8, nil), (8, 32, 16, nil), (8, 32, 48, "32 -> 48"), (48, 48, 40, "48 -> 40"), (40, 48, 8, nil),
            (8, 8, 8, nil), (16, 8, 16, "8 -> 16"),
        ] as [(Int64, Int64, Int64, String?)])
    func howLargeItIs(asked: Int64, found: Int64, wanted: Int64, change: String?) {
        let observed = Lab.observed([disk(found)], features: [.upload])
        let fields = diff(
            desired: Lab.desired([disk(wanted)]), recorded: Lab.recorded([disk(asked)]), observed: observed
        ).changes.flatMap(\.fields)
        let words = fields.map { "\(($0.before.number ?? 0) >> 20) -> \(($0.after.number ?? 0) >> 20)" }
        #expect(words == (change.map { [$0] } ?? []))
    }
}

@Suite struct RawImageTests {
    /// An install medium that is to be a disk is raw, and libvirt tells what is in it. Any other content was not brought.
    @Test(arguments: [("raw", "iso", false), ("raw", "qcow2", true), ("qcow2", "iso", true), ("iso", "raw", true)])
    func whatIsInIt(wanted: Value, found: Value, isChanged: Bool) {
        let address = image("1").address.text
        let before = Lab.resource(address, .volume, pool: "default", ["format": wanted])
        let now = Lab.resource(address, .volume, pool: "default", ["format": found])
        #expect(changes([before], recorded: [before], found: [now]).words.isEmpty != isChanged)
    }
}

@Suite struct MissingMediumTests {
    private func words(medium: String, patience: Int = 0, needs: [String] = [], of others: [Resource] = []) -> [String]
    {
        var machine = Lab.resource(
            "VirtualMachine/web",
            ["power": "Off", "disks/install/source": .string(medium), "disks/install/device": "cdrom"], needs: needs)
        machine.patience = patience
        return changes([machine] + others, recorded: [], found: []).diagnostics.map(\.code)
    }

    @Test func aMediumThatIsNotThereIsAnError() {
        #expect(words(medium: "default/install.iso") == ["image-missing"])
        #expect(words(medium: "default/install.iso", patience: 6) == [])
        #expect(words(medium: "/srv/install.iso") == [])
        let brought = Lab.resource("VMImage/default/deb/lab:default/1", .volume, pool: "default", ["format": "iso"])
        #expect(words(medium: volume("1"), needs: [brought.address.text], of: [brought]) == [])
    }
}
