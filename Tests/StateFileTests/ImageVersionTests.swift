import Model
import StateFile
import TestSupport
import Testing

/// A version is named after its stack, which may be called otherwise at each checkout; what was brought is not brought
/// again for it.
@Suite struct ImageVersionTests {
    private static let digest = ImageSource.Checksum.digest(.sha256, "ab")

    private func stack(_ version: String, _ source: ImageSource, shown: String? = nil) -> DesiredState {
        var attributes: [String: Value] = ["format": .string(source.format), "content": .string(shown ?? source.url)]
        switch source.checksum {
        case .digest(_, let digest): attributes["checksum"] = .string("sha256:\(digest)")
        case .list(let url): attributes["checksum"] = .string(url)
        case nil: break
        }
        let image = Lab.resource("VMImage/default/deb/lab:default/\(version)", .volume, pool: "default", attributes)
        var state = Lab.desired([
            image,
            Lab.resource(
                "VirtualMachine/web/disk/root", .volume, pool: "default",
                ["backing": .string("default/\(image.object.name)")], needs: [image.address.text]),
        ])
        state.contents[image.address] = .image(source)
        return state
    }

    private func identified(_ state: DesiredState, after former: DesiredState) -> DesiredState {
        identify(state, lineage: Lab.lineage, recorded: Lab.recorded(former.resources))
    }

    @Test(
        arguments: [
            ImageSource(url: "https://h/d", checksum: digest),
            ImageSource(url: "https://h/d", checksum: .list(url: "https://h/SUMS")), ImageSource(url: "https://h/d"),
        ])
    func whatIsTheSameIsTheRecordedVersion(_ source: ImageSource) {
        let former = stack("1", source)
        let result = identified(stack("2", source), after: former)
        #expect(result.resources == former.resources && result.contents == former.contents)
    }

    @Test func aMirrorHasTheSameBytes() {
        let former = stack("1", ImageSource(url: "https://h/d", checksum: Self.digest))
        let result = identified(stack("2", ImageSource(url: "https://mirror/d", checksum: Self.digest)), after: former)
        #expect(result.resources.map(\.address) == former.resources.map(\.address))
    }

    /// Another content, another format, and what is masked in an address and may be another one.
    @Test(
        arguments: [
            (ImageSource(url: "https://h/d"), ImageSource(url: "https://h/e"), nil),
            (ImageSource(url: "https://h/d"), ImageSource(url: "https://h/d", checksum: digest), nil),
            (ImageSource(url: "https://h/d"), ImageSource(url: "https://h/d", format: "raw"), nil),
            (ImageSource(url: "https://h/d?v=1"), ImageSource(url: "https://h/d?v=2"), "https://h/d?..."),
        ] as [(ImageSource, ImageSource, String?)])
    func anythingElseIsAnotherOne(_ before: ImageSource, _ after: ImageSource, _ shown: String?) {
        let wanted = stack("2", after, shown: shown)
        let result = identified(wanted, after: stack("1", before, shown: shown))
        #expect(result.resources == wanted.resources)
    }
}
