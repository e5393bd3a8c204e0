import Model
import StateFile
import TestSupport
import Testing

@Suite struct ContentNameTests {
    private let machine = Lab.address("VirtualMachine/default/web")

    private func desired(_ userData: String, policy: SeedSource.ChangePolicy = .nextBoot) -> DesiredState {
        var state = Lab.desired([
            Lab.resource(
                "VirtualMachine/web",
                ["disks/cidata/source": "default/web-seed.iso", "networks/lan/source": "network/lan"],
                needs: ["VirtualMachine/default/web/seed/new"]),
            Lab.resource("VirtualMachine/default/web/seed/new", .volume, pool: "default", ["format": "iso"]),
            Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default", ["capacity": 1]),
        ])
        for index in state.resources.indices where state.resources[index].address.text.hasSuffix("new") {
            state.resources[index].object = ObjectReference(
                .volume, host: Lab.host.address, name: "web-seed.iso", pool: "default")
        }
        state.contents[machine.part("seed/new")] = .seed(
            Seed(
                hostName: "web", userData: Secret(userData), networks: [SeedNetwork(item: "lan")], policy: policy))
        return state
    }

    private func identified(_ state: DesiredState, _ key: SensitiveKey?) -> DesiredState {
        identify(state, lineage: Lab.lineage, recorded: RecordedState(lineage: Lab.lineage), key: key)
    }

    private func seed(of state: DesiredState) -> Resource? {
        state.resources.first { $0.address.text.hasPrefix("\(machine.text)/seed/") }
    }

    @Test func aSeedIsNamedByWhatIsInIt() throws {
        let scratch = try ScratchDirectory()
        let key = try SensitiveKey.load(try StateLocation(scratch.path + "/state.json"))
        let first = identified(desired("a"), key)
        let volume = try #require(seed(of: first))
        let digest = try #require(volume.address.text.split(separator: "/").last)
        #expect(digest.count == 12 && volume.object.name == "web-seed-\(digest).iso")
        let web = try #require(first.resources.first { $0.address == machine })
        #expect(web.attributes[.diskSource, "cidata"]?.value == .string("default/web-seed-\(digest).iso"))
        #expect(web.needs == [volume.address])
        guard case .seed(let named)? = first.contents[volume.address] else {
            Issue.record("the content goes with its volume")
            return
        }
        #expect(
            named.digest == String(digest) && named.networks.first?.mac == web.attributes[.nicMAC, "lan"]?.value.text)
        #expect(seed(of: identified(desired("a"), key)) == volume)
        #expect(seed(of: identified(desired("b"), key))?.address != volume.address)
        let other = try SensitiveKey.load(try StateLocation(scratch.path + "/other/state.json"))
        #expect(seed(of: identified(desired("a"), other))?.address != volume.address)
    }

    @Test func withoutAKeyItHasNoNameYet() {
        #expect(seed(of: identified(desired("a"), nil))?.address == machine.part("seed/new"))
    }

    @Test func aDiskMayHaveToGoWithItsSeed() throws {
        let scratch = try ScratchDirectory()
        let key = try SensitiveKey.load(try StateLocation(scratch.path + "/state.json"))
        let state = identified(desired("a", policy: .replace), key)
        let disk = state.resources.first { $0.address.text.hasSuffix("disk/root") }
        #expect(disk?.attributes[.seed]?.value.text.map { seed(of: state)?.address.text.hasSuffix($0) == true } == true)
        #expect(identified(desired("a"), key).resources.allSatisfy { $0.attributes[.seed] == nil })
    }
}
