import Foundation
import Manifest
import Model
import Testing

@Suite struct StackTests {
    static let all = ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "stacks").path)) ?? [])
        .sorted()

    @Test(arguments: all)
    func anExampleHasNoErrors(_ name: String) throws {
        let path = root.appending(path: "stacks/\(name)").path
        let loaded = loadManifests(from: .path(path))
        #expect(loaded.errors.map(\.detail) == [])
        let text = loaded.attributes.joined(separator: "\n") + "\n"
        try expectGolden(text, "Tests/ManifestTests/Golden/\(name).txt")
        let again = loadManifests(from: .path(path))
        #expect(again.desired?.resources == loaded.desired?.resources)
        #expect(again.diagnostics == loaded.diagnostics)
    }

    @Test func theFieldReferenceIsCurrent() throws {
        try expectGolden(fieldReference(), "docs/fields.md")
    }

    @Test func everyNeedIsInTheGraph() throws {
        let loaded = loadManifests(from: .path(root.appending(path: "stacks/lab").path))
        let desired = try #require(loaded.desired)
        let addresses = Set(desired.resources.map(\.address))
        #expect(desired.resources.count == 33)
        #expect(desired.resources.allSatisfy { $0.needs.allSatisfy(addresses.contains) })
        #expect(desired.resources.map(\.address) == desired.resources.map(\.address).sorted())
    }
}
