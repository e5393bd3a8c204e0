import Model
import StateFile
import Testing

@Suite struct IdentityTests {
    private let lineage = ObjectID(high: 1, low: 2)

    private func desired(_ names: [String], macs: [String: Value] = [:]) -> DesiredState {
        DesiredState(
            stack: StackSettings(name: "lab"), hosts: [],
            resources: names.map { name in
                var attributes = AttributeMap<Setting>()
                attributes[.nicSource, "lan"] = Setting("network/default")
                attributes[.nicMAC, "lan"] = macs[name].map { Setting($0) }
                return Resource(
                    Address(kind: "VirtualMachine", name: name), ObjectReference(.domain, host: lab, name: name),
                    attributes: attributes)
            })
    }

    @Test func aUUIDIsVersionFiveOfItsName() throws {
        // RFC 9562, appendix A.4: www.example.com in the namespace of DNS names.
        let dns = try #require(ObjectID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        #expect(derivedID(dns, "www.example.com").description == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    @Test func nothingIsFilledInWithoutALineage() {
        let result = identify(desired(["web"]), lineage: nil, recorded: RecordedState())
        #expect(result.resources == desired(["web"]).resources)
    }

    @Test func isTheSameEachTimeAndOtherElsewhere() throws {
        let one = identify(desired(["web"]), lineage: lineage, recorded: RecordedState()).resources
        #expect(one == identify(desired(["web"]), lineage: lineage, recorded: RecordedState()).resources)
        let other = identify(desired(["web"]), lineage: ObjectID(high: 1, low: 3), recorded: RecordedState()).resources
        #expect(one[0].object.id != nil && one[0].object.id != other[0].object.id)
        let mac = try #require(one[0].attributes[.nicMAC, "lan"])
        #expect(mac.origin == nil)
        #expect(try #require(mac.value.text).wholeMatch(of: /52:54:00(:[0-9a-f]{2}){3}/) != nil)
        #expect(mac != other[0].attributes[.nicMAC, "lan"])
    }

    @Test func whatIsWrittenOrRecordedWins() throws {
        var record = domain("web")
        record.object.id = ObjectID(high: 9, low: 9)
        record.attributes[.nicMAC, "lan"] = "52:54:00:aa:bb:cc"
        let recorded = RecordedState(records: [record.address: record])
        let found = identify(desired(["web"]), lineage: lineage, recorded: recorded).resources[0]
        #expect(found.object.id == ObjectID(high: 9, low: 9))
        #expect(found.attributes[.nicMAC, "lan"]?.value == "52:54:00:aa:bb:cc")
        let written = identify(
            desired(["web"], macs: ["web": "02:00:00:00:00:01"]), lineage: lineage, recorded: recorded)
        #expect(written.resources[0].attributes[.nicMAC, "lan"]?.value == "02:00:00:00:00:01")
    }

    @Test func noTwoInterfacesShareAMAC() {
        let names = (0..<20_000).map { "vm-\($0)" }
        let result = identify(desired(names), lineage: lineage, recorded: RecordedState())
        #expect(Set(result.resources.compactMap { $0.attributes[.nicMAC, "lan"]?.value }).count == names.count)
    }

    @Test func aSensitiveValueIsRecordedUnderItsKeyOnly() throws {
        let scratch = Scratch()
        let location = try scratch.location
        let key = try SensitiveKey.load(location)
        let address = Address(kind: "VirtualMachine", name: "web")
        let digest = key.digest(of: Secret("hunter2"), at: address, AttributePath(.description))
        #expect(
            digest == (try SensitiveKey.load(location)).digest(of: Secret("hunter2"), at: address, .init(.description)))
        #expect(digest != key.digest(of: Secret("hunter3"), at: address, .init(.description)))
        #expect(digest != key.digest(of: Secret("hunter2"), at: address, .init(.machine)))
        #expect(!digest.contains("hunter2"))
        let other = Scratch()
        #expect(
            digest
                != (try SensitiveKey.load(try other.location)).digest(
                    of: Secret("hunter2"), at: address, .init(.description)))
    }

    @Test(arguments: [
        ("state.json", "state.json"), ("/a/b.json", "/a/b.json"), ("file:///a/b%20c.json", "/a/b c.json"),
        ("file://localhost/a.json", "/a.json"), ("odd:name.json", "odd:name.json"),
    ])
    func aLocationIsAPath(text: String, path: String) throws {
        #expect(try StateLocation(text).path == path)
    }

    @Test(arguments: [
        "https://example.com/s.json", "s3://bucket/key", "file://elsewhere/a", "", "dir/", "file:///%zz", "file:///%00",
    ])
    func otherLocationsAreRefused(text: String) {
        let error = #expect(throws: StateError.self) { try StateLocation(text) }
        #expect(error?.code == .unsupportedLocation)
    }
}
