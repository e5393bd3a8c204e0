import Foundation
import Manifest
import Model
import Testing

/// A directory that goes when the test ends.
private struct Scratch: ~Copyable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "rigaud-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: url.appending(path: name).path, withDestinationPath: target)
    }

    func load(_ options: LoadOptions = LoadOptions()) -> Loaded { loadManifests(from: .path(url.path), options) }

    deinit { try? FileManager.default.removeItem(at: url) }
}

@Suite struct SourceTests {
    @Test func filesAreReadInTheOrderOfTheirNames() throws {
        let scratch = try Scratch()
        for name in ["b.yaml", "a/z.yml", "a/a.json", "c.txt", ".hidden.yaml", ".git/x.yaml"] {
            try scratch.write(name, "{}")
        }
        let loaded = scratch.load(LoadOptions(digest: { files in files.map { String($0.bytes.count) }.joined() }))
        #expect(loaded.files.map { $0.dropFirst(scratch.url.path.count + 1) } == ["a/a.json", "a/z.yml", "b.yaml"])
        #expect(loaded.desired?.digest == "222")
    }

    @Test func aDirectoryWithoutManifests() throws {
        let scratch = try Scratch()
        try scratch.write("readme.md", "")
        #expect(scratch.load().errors.map(\.code) == ["no-manifests"])
    }

    @Test func aLinkOutOfTheTree() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", "{}")
        try scratch.link("out.yaml", to: "/etc/passwd")
        try scratch.link("out", to: "/etc")
        try scratch.link("dangling.yaml", to: "nowhere")
        #expect(scratch.load().errors.map(\.code) == ["unreadable-source", "link-outside", "link-outside"])
    }

    @Test func linksWithinTheTreeAreReadOnce() throws {
        let scratch = try Scratch()
        try scratch.write("..data/a.yaml", document("VMClass", "a", "cpu: 1\nmemory: 1Gi"))
        try scratch.link("a.yaml", to: "..data/a.yaml")
        try scratch.link("b.yaml", to: "..data/a.yaml")
        try scratch.link("loop", to: ".")
        #expect(scratch.load().codes == [])
        #expect(scratch.load().files.count == 1)
    }

    @Test(arguments: ["missing", "socket.yaml/x"])
    func whatCannotBeRead(_ name: String) {
        #expect(loadManifests(from: .path("/nonexistent/\(name)")).errors.map(\.code) == ["unreadable-source"])
    }

    @Test func somethingThatIsNoFile() throws {
        let scratch = try Scratch()
        #expect(mkfifo(scratch.url.appending(path: "pipe.yaml").path, 0o600) == 0)
        #expect(scratch.load().errors.map(\.code) == ["unreadable-source"])
    }

    @Test func whatIsTooLargeIsNotRead() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", String(repeating: "#", count: 100))
        try scratch.write("b.yaml", "{}")
        var options = LoadOptions()
        options.limits.fileSize = 99
        #expect(scratch.load(options).errors.map(\.code) == ["too-large"])
        options = LoadOptions()
        options.limits.files = 1
        #expect(scratch.load(options).errors.map(\.code) == ["too-large"])
    }
}

@Suite struct JSONSchemaTests {
    @Test(arguments: kindNames)
    func everyKindHasASchema(_ kind: String) throws {
        let schema = try #require(jsonSchema(kind: kind))
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema["title"] == .string(kind))
        #expect(JSONWriter.text(of: schema).contains("\"additionalProperties\":false"))
    }

    /// A field that is null is left out, which a required one cannot be.
    @Test func nullIsNothing() throws {
        func field(_ kind: String, _ name: String) throws -> String {
            JSONWriter.text(of: try #require(jsonSchema(kind: kind)?["properties"]?["spec"]?["properties"]?[name]))
        }
        #expect(try field("VirtualMachine", "powerState").contains("null"))
        #expect(try field("VirtualMachine", "disks").contains("[\"array\",\"null\"]"))
        #expect(try field("StoragePool", "autostart").contains(",null]"))
        #expect(try !field("Provider", "type").contains("null"))
        #expect(
            load("apiVersion: rigaud.io/v1alpha1\nkind: Volume\nmetadata: {name: a}\nspec: {size: null}").errors.isEmpty
                == false)
    }

    @Test func otherSpellingsAreInIt() throws {
        let properties = try #require(jsonSchema(kind: "VMClass")?["properties"]?["spec"]?["properties"]?.members)
        #expect(properties["cpu"] != nil && properties["cpus"] != nil && properties["memoryMiB"] != nil)
        #expect(jsonSchema(kind: "Nonsense") == nil)
        #expect(jsonSchema()?["$defs"]?.members?.count == kindNames.count)
    }
}
