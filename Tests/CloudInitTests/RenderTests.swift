import CloudInit
import Model
import TestSupport
import Testing

@Suite struct RenderTests {
    @Test func theMachineGetsADrive() throws {
        var testCase = SeedCase("#cloud-config\nhostname: {{ .Name }}\n")
        testCase.source.pool = "fast"
        testCase.resources[0].isProtected = true
        testCase.resources += [
            Lab.resource("StoragePool/default/fast", .pool),
            Lab.resource("VirtualMachine/default/web/disk/root", .volume, pool: "fast"),
            Lab.resource("VirtualMachine/default/zoo"),
        ]
        let (desired, diagnostics) = testCase.render()
        #expect(diagnostics == [])
        #expect(desired.seeds == [])
        #expect(desired.resources.map(\.address) == desired.resources.map(\.address).sorted())
        let address = Lab.address("VirtualMachine/default/web/seed/new")
        let volume = try #require(desired.resources.first { $0.address == address })
        #expect(
            volume.object
                == ObjectReference(
                    .volume, host: Lab.host.address,
                    name: "default-web-seed.iso".replacing("default-web", with: testCase.resources[0].object.name),
                    pool: "fast"))
        #expect(volume.attributes.mapValues(\.value) == Lab.attributes(["format": "iso", "content": "cloud-init"]))
        #expect(volume.needs == [Lab.address("StoragePool/default/fast")])
        #expect(volume.isProtected)
        #expect(volume.origin == testCase.source.origin)
        let machine = try #require(desired.resources.first { $0.address == SeedCase.machine })
        #expect(machine.needs == [address])
        #expect(
            machine.attributes.mapValues(\.value)
                == Lab.attributes([
                    "power": "On", "disks/cidata/source": .string("fast/\(volume.object.name)"),
                    "disks/cidata/device": "cdrom", "disks/cidata/format": "raw",
                    "disks/cidata/bus": "scsi",
                ]))
        #expect(testCase.seed?.userData?.shown == "#cloud-config\nhostname: web\n")
        #expect(testCase.seed?.hostName == "web")
    }

    @Test func takenNamesAreErrors() {
        var disk = SeedCase("#cloud-config\n")
        disk.resources = [Lab.resource("VirtualMachine/default/web", ["disks/cidata/source": "default/x"])]
        #expect(disk.codes == ["error seed-disk-taken 1:1"])
        var volume = SeedCase("#cloud-config\n")
        volume.resources.append(
            Lab.resource("Volume/default/\(volume.resources[0].object.name)-seed.iso", .volume, pool: "default"))
        volume.resources[1].object = ObjectReference(
            .volume, host: Lab.host.address, name: "\(volume.resources[0].object.name)-seed.iso", pool: "default")
        #expect(volume.codes == ["error seed-volume-taken 3:1"])
        #expect(volume.render().desired.seeds.count == 1)
        #expect(volume.render().desired.contents.isEmpty)
    }

    /// The template of an image is used by many machines; its mistake is said once. The others go on.
    @Test func aSharedMistakeIsReportedOnce() {
        var desired = Lab.desired((0..<5).map { Lab.resource("VirtualMachine/default/m\($0)") })
        desired.seeds = (0..<5).map { number in
            SeedSource(
                machine: Lab.address("VirtualMachine/default/m\(number)"),
                userData: [SeedCase.part(number == 4 ? "#cloud-config\n" : "#cloud-config\n{{ .Nmae }}")])
        }
        let (result, diagnostics) = renderSeeds(of: desired)
        #expect(diagnostics.map(\.code) == ["unknown-template-name"])
        #expect(result.seeds.count == 4)
        #expect(result.contents.count == 1)
    }

    /// What is wrong with it whoever uses it.
    @Test(arguments: [
        ("#cloud-config\na: {{ .Nmae }\n", ["invalid-template"]), ("#cloud-config\na: [\n", ["invalid-user-data"]),
        ("#cloud-config\na: {{ if .Labels.x }}b\n", ["invalid-template"]),
        ("#cloud-config\na: {{ .Labels.role }}\n", []), ("hi", ["unknown-user-data"]),
        ("## template: jinja\n{{ x", []),
    ])
    func aTemplateThatNoMachineUsesIsChecked(_ text: String, _ codes: [String]) {
        var desired = Lab.desired([])
        desired.unusedTemplates = [
            SeedSource(machine: Lab.address("VMImage/default/deb"), userData: [SeedCase.part(text)])
        ]
        let diagnostics = renderSeeds(of: desired).diagnostics
        #expect(diagnostics.map(\.code) == codes, "\(diagnostics)")
        #expect(diagnostics.allSatisfy { $0.location != nil })
    }

    @Test func secretsHaveNoDescription() throws {
        var testCase = SeedCase("#cloud-config\npassword: hunter2\n", isPublic: false)
        testCase.source.metaData = [SeedCase.part("key: hunter2", isPublic: false)]
        let seed = try #require(testCase.seed)
        #expect(!"\(seed) \(testCase.render().desired) \(seedFiles(of: seed))".contains("hunter2"))
        var dumped = ""
        dump(seed, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(seed.file("user-data")?.contains("hunter2") == true)
    }
}
