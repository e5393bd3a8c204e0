import CLibArchive
import CloudInit
import Glibc
import Model
import TestSupport
import Testing

@Suite struct SeedImageTests {
    static let seed = Seed(
        hostName: "web", userData: Secret("#cloud-config\n# \(String(repeating: "é", count: 3000))\n"),
        sshPublicKeys: ["ssh-rsa AAAA"],
        networks: [.lan], digest: "abc")

    @Test(arguments: [
        seed, Seed(hostName: "empty"),
        Seed(hostName: "large", userData: Secret([UInt8](repeating: 0x41, count: 3 << 20))),
    ])
    func isReadBack(_ seed: Seed) throws {
        let image = try seedImage(of: seed)
        let files = seedFiles(of: seed)
        let read = try readArchive(image)
        #expect(read.map(\.name).sorted() == files.map(\.name).sorted())
        for file in files {
            let entry = try #require(read.first { $0.name == file.name })
            #expect(Secret(entry.bytes) == file.bytes)
            #expect(entry.time == 0 && entry.owner == 0 && entry.mode & 0o777 == 0o444)
        }
    }

    @Test func labelAndTimesAreFixed() async throws {
        let image = try seedImage(of: SeedImageTests.seed)
        let sector = 2048
        #expect(image.count.isMultiple(of: sector))
        #expect(Array(image[16 * sector + 40..<16 * sector + 48]) == Array("cidata  ".utf8))
        #expect(Array(image[17 * sector + 40..<17 * sector + 52]) == Array("cidata".utf8).flatMap { [0, $0] })
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try seedImage(of: SeedImageTests.seed) == image)
    }

    @Test(.enabled(if: access("/usr/bin/isoinfo", X_OK) == 0, "genisoimage is not installed"), arguments: ["-R", "-J"])
    func isoinfoReadsIt(_ names: String) async throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(try seedImage(of: SeedImageTests.seed), to: "seed.iso")
        let description = try await runProcess("/usr/bin/isoinfo", ["-d", "-i", path]).standardOutput
        #expect(
            description.contains("Volume id: cidata\n") && description.contains("Joliet with UCS level 3")
                && description.contains("Rock Ridge"))
        for file in seedFiles(of: SeedImageTests.seed) {
            let content = try await runProcess("/usr/bin/isoinfo", [names, "-x", "/\(file.name)", "-i", path])
            #expect(content.standardOutput == file.bytes.shown)
        }
    }

    @Test(.enabled(if: access("/usr/bin/xorriso", X_OK) == 0, "xorriso is not installed"))
    func xorrisoReadsIt() async throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(try seedImage(of: SeedImageTests.seed), to: "seed.iso")
        let result = try await runProcess(
            "/usr/bin/xorriso",
            ["-indev", path, "-check_media", "--", "-osirrox", "on", "-extract", "/", scratch.path("out")])
        #expect(result.exitStatus == 0, "\(result)")
        for file in seedFiles(of: SeedImageTests.seed) {
            #expect(try scratch.read("out/\(file.name)") == file.bytes.shown)
        }
    }

    @Test(.enabled(if: access("/sbin/blkid", X_OK) == 0, "blkid is not installed"))
    func blkidSeesTheLabel() async throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(try seedImage(of: SeedImageTests.seed), to: "seed.iso")
        let result = try await runProcess("/sbin/blkid", ["-p", "-o", "value", "-s", "LABEL", path])
        #expect(result.standardOutput == "cidata\n", "\(result)")
    }

    private struct ReadEntry {
        let name: String
        let bytes: [UInt8]
        let time: Int
        let owner: Int64
        let mode: UInt32
    }

    private func readArchive(_ image: [UInt8]) throws -> [ReadEntry] {
        let archive = try #require(archive_read_new())
        defer { archive_read_free(archive) }
        archive_read_support_format_iso9660(archive)
        return try image.withUnsafeBytes { buffer in
            try #require(archive_read_open_memory(archive, buffer.baseAddress, buffer.count) == ARCHIVE_OK)
            var entries: [ReadEntry] = []
            var entry: OpaquePointer?
            while archive_read_next_header(archive, &entry) == ARCHIVE_OK {
                guard archive_entry_filetype(entry) != 0o040000 else { continue }
                var bytes = [UInt8](repeating: 0, count: Int(archive_entry_size(entry)))
                let count = archive_read_data(archive, &bytes, bytes.count)
                #expect(count == bytes.count)
                entries.append(
                    ReadEntry(
                        name: String(cString: archive_entry_pathname(entry)), bytes: bytes,
                        time: Int(archive_entry_mtime(entry)), owner: archive_entry_uid(entry),
                        mode: archive_entry_mode(entry)))
            }
            return entries
        }
    }
}
