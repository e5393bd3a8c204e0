import TestSupport
import Testing

@Suite("The architecture holds")
struct ArchitectureTests {
    @Test("of every file", arguments: try filesBelow(PackageFiles.path("Sources"), withSuffix: ".swift"))
    func sourceFile(path: String) throws {
        let parts = path.dropFirst(PackageFiles.path("Sources/").count).split(separator: "/", maxSplits: 1)
        try #require(parts.count == 2, "\(path) belongs to no module.")
        let text = String(decoding: try readFile(path), as: UTF8.self)
        let file = SourceFile(module: String(parts[0]), name: String(parts[1]), text: text)
        #expect(file.violations.isEmpty, "\(file.violations.joined(separator: "\n"))")
    }

    @Test("and of every module: those on disk are those of the table")
    func modules() throws {
        let withSwift = try filesIn(PackageFiles.path("Sources")).filter { folder in
            try !filesBelow(PackageFiles.path("Sources/\(folder)"), withSuffix: ".swift").isEmpty
        }
        #expect(withSwift == ImportTable.allowed.keys.sorted())
    }
}
