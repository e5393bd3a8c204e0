import Manifest
import Model
import Testing

private let host = document("Provider", "h", "type: libvirt\nendpoint: \"qemu:///system\"")
private let other = document("Provider", "g", "type: libvirt\nendpoint: \"qemu+ssh://g/system\"")
private let small = document("VMClass", "c", "cpu: 1\nmemory: 1Gi")
private let digest = String(repeating: "ab", count: 32)
/// FNV-1a, twice: other texts have other digits, which is all that is asked of a version.
private let options = LoadOptions(hash: { bytes in
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16) + String(repeating: "0", count: 48)
})

private func image(_ spec: String) -> String { document("VMImage", "deb", spec) }
private func machine(_ name: String, _ more: String = "", provider: String = "h", metadata: String = "") -> String {
    document(
        "VirtualMachine", name, "providerRef: \(provider)\nclassRef: c\nimageRef: deb\n\(more)", metadata: metadata)
}
private func annotated(_ text: String) -> String { "  annotations: {\(text)}\n" }
private let url = "source: {libvirt: {url: \"https://u:p@example.com/d.qcow2\", checksum: \"sha256:\(digest)\"}}"

@Suite struct ImageTests {
    @Test func oneVolumeAHostAndPool() throws {
        let loaded = load(
            host + other + small + image(url) + machine("a") + machine("b")
                + machine("c", "disks: [{name: root, size: 30Gi}]") + machine("d", provider: "g"))
        #expect(loaded.errors.map(\.detail) == [])
        let images = try #require(loaded.desired).resources.filter { $0.address.kind == "VMImage" }
        #expect(images.count == 2 && images.allSatisfy { $0.object.pool == "default" })
        #expect(
            images.map { String($0.address.text.prefix(28)) }.sorted() == [
                "VMImage/default/deb/g:defaul", "VMImage/default/deb/h:defaul",
            ])
        let a = try #require(loaded.resource("VirtualMachine/default/a/disk/root"))
        #expect(a.needs == [images[1].address])
        #expect(a.attributes[.backing]?.value.text == "default/\(images[1].object.name)")
        #expect(a.attributes[.image]?.value == "VMImage/default/deb")
        #expect(loaded.desired?.contents.count == 2)
    }

    @Test func itsUserIsNotShown() throws {
        let loaded = load(host + small + image(url) + machine("a"))
        let images = try #require(loaded.desired).resources.filter { $0.address.kind == "VMImage" }
        #expect(images.first?.attributes[.content]?.value == "https://example.com/d.qcow2")
    }

    @Test func itsVersionIsWhatItHolds() {
        func name(_ spec: String) -> String? {
            load(host + small + image(spec) + machine("a"), options).desired?.resources
                .first { $0.address.kind == "VMImage" }?.address.text
        }
        let first = name(url)
        #expect(first != nil)
        #expect(name(url.replacing("example.com", with: "mirror.example.com")) == first)
        let list = url.replacing("sha256:\(digest)", with: "https://example.com/SUMS")
        #expect(name(list) != first)
        #expect(name(list.replacing("SUMS", with: "LATER")) != name(list))
        #expect(name(url + "\nprepare: {storage: {preferredFormat: raw}}") != nil)
    }

    @Test(arguments: [
        ("checksum: \(digest)", ImageSource.Checksum.digest(.sha256, digest)),
        ("checksum: \"sha256:\(digest)\"", .digest(.sha256, digest)),
        ("checksum: \(digest.uppercased())", .digest(.sha256, digest)),
        ("checksum: \(digest.prefix(32))\nchecksumType: md5", .digest(.md5, String(digest.prefix(32)))),
        ("checksum: \(digest.prefix(40))", .digest(.sha1, String(digest.prefix(40)))),
        ("checksum: \"https://example.com/SHA256SUMS\"", .list(url: "https://example.com/SHA256SUMS")),
    ])
    func checksums(_ text: String, _ expected: ImageSource.Checksum) {
        let spec = "source:\n  libvirt:\n    url: https://example.com/d\n    \(text.replacing("\n", with: "\n    "))"
        let loaded = load(host + small + image(spec) + machine("a"))
        guard case .image(let source)? = loaded.desired?.contents.values.first else {
            Issue.record("\(loaded.diagnostics)")
            return
        }
        #expect(source.checksum == expected)
    }

    @Test(arguments: [
        "checksum: abc", "checksum: \"sha512:\(digest)\"", "checksum: \(digest)\nchecksumType: sha1",
        "checksum: \"sha256:\(digest)\"\nchecksumType: sha512",
    ])
    func badChecksums(_ text: String) {
        let spec = "source:\n  libvirt:\n    url: https://example.com/d\n    \(text.replacing("\n", with: "\n    "))"
        #expect(load(host + small + image(spec) + machine("a")).errors.map(\.code).contains("invalid-value"))
    }

    @Test func credentialsComeFromSecrets() {
        let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {username: u, password: p}\n"
        let spec =
            "source: {http: {url: \"https://example.com/d\", authentication: {basicAuth: {secretRef: {name: s}}}}}"
        let loaded = load(secret + host + small + image(spec) + machine("a"))
        guard case .image(let source)? = loaded.desired?.contents.values.first else {
            Issue.record("\(loaded.diagnostics)")
            return
        }
        #expect(source.authentication == .basic(user: Secret("u"), password: Secret("p")))
        let wrong = spec.replacing("secretRef", with: "passwordKey: nope, secretRef")
        let errors = load(secret + host + small + image(wrong) + machine("a")).errors
        #expect(errors.first?.code == "missing-reference" && errors.first?.detail.contains("`nope`") == true)
    }

    @Test(arguments: [
        ("Wait", "timeout: 5m", 300), ("Fail", "timeout: 5m", 0),
    ])
    func othersMayBringIt(_ policy: String, _ more: String, _ patience: Int) throws {
        let loaded = load(host + small + image(url + "\nprepare: {onMissing: \(policy), \(more)}") + machine("a"))
        let disk = try #require(loaded.resource("VirtualMachine/default/a/disk/root"))
        #expect(disk.attributes[.backing]?.value == "default/deb.qcow2" && disk.patience == patience)
        #expect(loaded.desired?.contents.isEmpty == true)
    }

    /// The pool is prepare's, else the source's, else the Provider's; a volume's own stands beside its name.
    @Test(arguments: [
        ("", "", "fast/deb.qcow2"), ("storagePool: own", "", "own/deb.qcow2"),
        ("storagePool: own", "prepared", "prepared/deb.qcow2"), ("", "prepared", "prepared/deb.qcow2"),
        ("volume: v", "prepared", "prepared/v"), ("volume: v, storagePool: own", "prepared", "own/v"),
        ("volume: v", "", "fast/v"),
    ])
    func itIsLookedForInItsPool(_ source: String, _ prepared: String, _ expected: String) throws {
        let provider = document(
            "Provider", "h", "type: libvirt\nendpoint: \"qemu:///system\"\ndefaults: {storagePool: fast}")
        let place =
            source.contains("volume")
            ? source : "url: \"https://example.com/d\"" + (source.isEmpty ? "" : ", \(source)")
        let storage = prepared.isEmpty ? "" : ", storage: {libvirt: {storagePool: \(prepared)}}"
        let spec = "source: {libvirt: {\(place)}}\nprepare: {onMissing: Fail\(storage)}"
        let loaded = load(provider + small + image(spec) + machine("a"))
        let disk = try #require(loaded.resource("VirtualMachine/default/a/disk/root"), "\(loaded.report)")
        #expect(disk.attributes[.backing]?.value == .string(expected))
    }

    @Test func aMediumMayBeWaitedFor() {
        func patience(_ policy: String) -> Int? {
            load(
                host + small
                    + image(
                        "source: {libvirt: {volume: cd.iso, format: iso}}\nprepare: {onMissing: \(policy), timeout: 6s}"
                    )
                    + machine("a")
            ).resource("VirtualMachine/default/a")?.patience
        }
        #expect(patience("Wait") == 6)
        #expect(patience("Fail") == 0)
    }

    /// A volume may name what an image becomes, or a machine's disk; then it goes before them.
    @Test func aVolumeNeedsWhatItLiesOn() throws {
        let name = try #require(
            load(host + small + image(url) + machine("a")).desired?.resources.first { $0.address.kind == "VMImage" })
        for (base, need) in [
            (name.object.name, name.address.text), ("a-root.qcow2", "VirtualMachine/default/a/disk/root"),
        ] {
            let volume = own("Volume", "clone", "providerRef: h\nsize: 30Gi\nbacking: default/\(base)")
            let loaded = load(host + small + image(url) + machine("a") + volume)
            #expect(loaded.resource("Volume/default/clone")?.needs.map(\.text) == [need], "\(loaded.report)")
        }
    }

    @Test(arguments: [
        (annotated("rigaud.io/disk-copy: \"true\""), "", false),
        ("", "disks: [{name: root, size: 9Gi, type: thick}]", true),
    ])
    func aFullCopy(_ metadata: String, _ more: String, _ isThick: Bool) throws {
        let loaded = load(host + small + image(url) + machine("a", more, metadata: metadata))
        let disk = try #require(loaded.resource("VirtualMachine/default/a/disk/root"))
        #expect(disk.attributes[.copy] != nil && disk.attributes[.backing] == nil && disk.needs.count == 1)
        #expect(disk.attributes[.allocation]?.value == (isThick ? "thick" : nil))
    }

    @Test func anInstallMediumGoesIntoADrive() throws {
        let loaded = load(
            host + small + image("source: {libvirt: {path: /srv/install.iso, format: iso}}") + machine("a"))
        let machine = try #require(loaded.resource("VirtualMachine/default/a"))
        #expect(machine.attributes[.diskSource, "install"]?.value == "/srv/install.iso")
        #expect(machine.attributes[.diskDevice, "install"]?.value == "cdrom")
        #expect(machine.attributes[.bootDevices]?.value == ["hd", "cdrom"])
        #expect(loaded.resource("VirtualMachine/default/a/disk/root")?.attributes[.backing] == nil)
    }

    @Test func vhdxIsSaidAtOnceToBeOfNoUse() {
        let loaded = load(document("VMImage", "i", "source: {libvirt: {url: \"https://h/i\", format: vhdx}}"))
        #expect(loaded.codes.first?.hasPrefix("warning unsupported-image") == true, "\(loaded.codes)")
    }

    /// What is no good URL may hold a password all the same.
    @Test(arguments: [
        "http://user:PW/SECRET@127.0.0.1/x", "user:PWSECRET@h/x", "http:/user:PWSECRET@h/x", "https://user:SECRET@h/x",
        #"https:\\\\user:SECRET@h/x"#, "http://h/x?token=SECRET",
    ])
    func noPasswordIsShown(url: String) {
        let loaded = load(
            document("VMImage", "i", "source: {libvirt: {url: \"\(url)\", checksum: nonsense}}")
                + document("VMImage", "j", "source: {libvirt: {url: \"\(url)\"}}"))
        #expect(!loaded.report.contains("SECRET"), "\(loaded.report)")
        let contents = loaded.desired?.resources.compactMap { $0.attributes[.content]?.value.text } ?? []
        #expect(!contents.contains { $0.contains("SECRET") }, "\(contents)")
    }
}
