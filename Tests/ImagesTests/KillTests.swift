import Dispatch
import Glibc
import Images
import Model
import TestSupport
import Testing

@Suite("A process that is killed while it fetches", .needs("python3", "zstd"), .hangLimit)
struct KillTests {
    private static let content = randomBytes(3_000_000) + [UInt8](repeating: 0, count: 1 << 20)

    /// Each is killed three times at random moments, and the fetch after that gives the right image.
    @Test("leaves nothing that a later one trusts wrongly", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func killed(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let server = try await ImageServer()
        let cache = try Cache()
        let path = try server.files.write(KillTests.content, to: "disk.img")
        let isPacked = generator.oneIn(2)
        if isPacked { _ = try await runProcess("zstd", ["-q", "-1", "--rm", path, "-o", "\(path).zst"]) }
        let name = isPacked ? "disk.img.zst" : "disk.img"
        let hasChecksum = generator.oneIn(2)
        let digits = hasChecksum ? try await checksum(.sha256, server.files.path(name)) : ""
        let url = server.url("slow/\(name)")
        for _ in 0..<3 {
            let delay = Int.random(in: 1_000...2_500_000, using: &generator)
            let directory = cache.path
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    url = url as String, digits = digits as String, directory = directory as String,
                    delay = delay as Int
                ] in
                let source = ImageSource(url: url, checksum: digits.isEmpty ? nil : .digest(.sha256, digits))
                let death = DispatchTime.now() + .microseconds(delay)
                DispatchQueue(label: "death").asyncAfter(deadline: death) { kill(getpid(), SIGKILL) }
                // A process may be faster than its death, which is then at another moment of the next fetch.
                while true { _ = try? await ImageStore(directory: directory).fetch(source) }
            }
        }
        let source = ImageSource(url: url, checksum: hasChecksum ? .digest(.sha256, digits) : nil)
        let image = try await cache.store.fetch(source)
        #expect(try readFile(image.path) == KillTests.content)
        let kind = hasChecksum ? "sha256" : "url"
        #expect(try cache.contents == ["\(kind).img", "\(kind).json"])
    }
}
