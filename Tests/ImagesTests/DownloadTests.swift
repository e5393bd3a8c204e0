import Glibc
import Images
import Model
import Synchronization
import TestSupport
import Testing

@Suite("A download", .needs("python3"), .hangLimit)
struct DownloadTests {
    private static let content = randomBytes(3_000_001)

    /// What the server does, and what it is asked: the status of each answer, and whether a part was asked for.
    @Test(
        "comes through, whatever the server does",
        arguments: [
            ("plain", "200"),
            ("chunked", "200"),
            ("no-length", "200"),
            ("no-validator", "200"),
            ("once-break", "200 206+"),
            ("once-break,no-tag", "200 206+"),
            ("once-break,chunked", "200 206+"),
            ("once-break,weak", "200 200"),
            ("once-break,no-validator", "200 200"),
            ("once-break,no-range", "200 200+"),
            ("once-break,off-by-one", "200 206+ 200"),
            ("once-503", "503 200"),
            ("once-429", "429 200"),
            ("once-408", "408 200"),
            ("to-same", "307 200"),
            ("to-other", "302 200"),
        ])
    func comesThrough(behaviour: String, conversation: String) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(DownloadTests.content, to: "disk.img")
        let image = try await cache.store.fetch(ImageSource(url: server.url("\(behaviour)/disk.img")))
        #expect(image.format == .raw)
        #expect(image.length == 3_000_001)
        #expect(image.capacity == 3_000_320)
        #expect(try readFile(image.path) == DownloadTests.content)
        #expect(try cache.contents == ["url.img", "url.json"])
        let expected = conversation.split(separator: " ").map(String.init)
        let requests = try await server.requests(expected.count)
        let said = requests.map { line in
            "\(line.split(separator: " ")[2])\(line.contains("Range=bytes=") && line.contains("If-Range=") ? "+" : "")"
        }
        #expect(said == expected, "\(requests)")
    }

    @Test(
        "that cannot come says why, and is tried again only where that may help",
        arguments: [
            ("404", .missing, 1), ("410", .missing, 1), ("401", .denied, 1), ("403", .denied, 1), ("418", .failed, 1),
            ("204", .failed, 1), ("500", .unreachable, 3), ("503", .unreachable, 3), ("429", .unreachable, 3),
            ("break,no-validator", .unreachable, 3), ("to-file", .unsupported, 1), ("round", .failed, 11),
            ("many-headers", .failed, 1), ("basic", .denied, 1), ("endless", .unsupported, 1),
        ] as [(String, ImageError.Reason, Int)])
    func saysWhy(behaviour: String, reason: ImageError.Reason, requests: Int) async throws {
        let server = try await ImageServer()
        var cache = try Cache()
        cache.settings.largest = 64 << 20
        try server.files.write(DownloadTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("\(behaviour)/disk.img"), retries: 2)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == reason, "\(error)")
        #expect(error.detail.contains("127.0.0.1") || reason == .unsupported || behaviour == "many-headers")
        #expect(try await server.requests(requests).count == requests)
        #expect(try !cache.contents.contains("url.img"))
    }

    @Test("that comes to a halt counts as broken")
    func stalled() async throws {
        let server = try await ImageServer()
        var cache = try Cache()
        cache.settings.stall = 1
        try server.files.write(DownloadTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("once-stall/disk.img"), retries: 10)
        #expect(try readFile(try await cache.store.fetch(source).path) == DownloadTests.content)
        #expect(try await server.requests(2).count >= 2)
    }

    @Test("goes on in a later run where it ended, and only then tells that it did")
    func laterRun() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(DownloadTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("once-break/disk.img"), retries: 0)
        let error = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        #expect(error.reason == .unreachable)
        #expect(try cache.contents == ["url.part", "url.part.json"])
        let first = Mutex<FetchProgress?>(nil)
        let image = try await cache.store.fetch(source) { progress in first.withLock { $0 = $0 ?? progress } }
        #expect(try readFile(image.path) == DownloadTests.content)
        #expect(first.withLock(\.self) == .downloading(done: 1_500_000, total: 3_000_001))
        #expect(try await server.requests(2)[1].contains("206 Range=bytes=1500000- If-Range="))
    }

    @Test(
        "whose file changed on the server between two runs begins anew",
        arguments: ["once-break", "once-break,any-range"])
    func changed(behaviour: String) async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(DownloadTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("\(behaviour)/disk.img"), retries: 0)
        _ = try await failure { () async throws(ImageError) in try await cache.store.fetch(source) }
        let other = randomBytes(3_000_001, seed: 2)
        try server.files.write(other, to: "disk.img")
        let image = try await cache.store.fetch(source)
        #expect(try readFile(image.path) == other)
    }

    @Test("ends when its time is over, or when it is stopped, and what came is kept")
    func ends() async throws {
        let server = try await ImageServer()
        var cache = try Cache()
        cache.settings.stall = 60
        try server.files.write(DownloadTests.content, to: "disk.img")
        let began = ContinuousClock.now
        let late = try await failure { () async throws(ImageError) in
            try await cache.store.fetch(ImageSource(url: server.url("stall/disk.img"), timeout: 1, retries: 0))
        }
        #expect(late.reason == .timedOut)
        let isStopped = Atomic(false)
        let stopping = ImageStore(directory: cache.path, settings: cache.settings) {
            isStopped.load(ordering: .relaxed)
        }
        let stopped = try await failure { () async throws(ImageError) in
            try await stopping.fetch(ImageSource(url: server.url("slow/disk.img"))) { progress in
                if case .downloading(let done, _) = progress, done > 100_000 {
                    isStopped.store(true, ordering: .relaxed)
                }
            }
        }
        #expect(stopped.reason == .stopped)
        #expect(ContinuousClock.now - began < .hang)
        let image = try await cache.store.fetch(ImageSource(url: server.url("slow/disk.img")))
        #expect(try readFile(image.path) == DownloadTests.content)
        #expect(try await server.requests(3).contains { $0.contains("slow/disk.img 206") })
    }

    @Test("is one for all who want it at once")
    func together() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(DownloadTests.content, to: "disk.img")
        let source = ImageSource(url: server.url("slow/disk.img"))
        let (store, other) = (cache.store, cache.store)
        let images = try await withThrowingTaskGroup(of: LocalImage.self) { group in
            for index in 0..<6 { group.addTask { try await (index < 4 ? store : other).fetch(source) } }
            return try await group.reduce(into: Set<LocalImage>()) { $0.insert($1) }
        }
        #expect(images.count == 1)
        let answers = try await server.requests(2).map { $0.split(separator: " ")[2] }
        // The other store knows nothing of this one's tasks, and looks for itself when it is its turn.
        #expect(
            answers.first == "200" && answers.dropFirst().allSatisfy { $0 == "304" } && answers.count > 1, "\(answers)")
    }

    @Test("that nobody waits for any more ends, and one that somebody else waits for does not")
    func cancelled() async throws {
        let server = try await ImageServer()
        let cache = try Cache()
        try server.files.write(DownloadTests.content, to: "disk.img")
        let (store, source) = (cache.store, ImageSource(url: server.url("gate/disk.img")))
        let first = Atomic(false)
        let second = Atomic(false)
        let leaving = Task { try await store.fetch(source) { _ in first.store(true, ordering: .relaxed) } }
        let staying = Task { try await store.fetch(source) { _ in second.store(true, ordering: .relaxed) } }
        while !first.load(ordering: .relaxed) || !second.load(ordering: .relaxed) {
            try await Task.sleep(for: .milliseconds(10))
        }
        leaving.cancel()
        await #expect(throws: ImageError.self) { try await leaving.value }
        try server.files.write("", to: "open")
        #expect(try await staying.value.length == 3_000_001)
        #expect(try await server.requests(1).count == 1)

        try removeFile(server.files.path("open"))
        let alone = Task { try await store.fetch(ImageSource(url: server.url("gate/disk.img?2"))) }
        while try await server.requests(2).count < 2 {}
        alone.cancel()
        await #expect(throws: ImageError.self) { try await alone.value }
        // It has ended, and not only been left: its lock is free, and what it had is gone on with.
        try server.files.write("", to: "open")
        #expect(try await store.fetch(ImageSource(url: server.url("gate/disk.img?2"))).length == 3_000_001)
    }

    @Test("from where nobody is is unreachable")
    func nobody() async throws {
        let cache = try Cache()
        let error = try await failure { () async throws(ImageError) in
            try await cache.store.fetch(ImageSource(url: "http://127.0.0.1:1/x.img", retries: 1))
        }
        #expect(error.reason == .unreachable)
        #expect(error.detail.contains("2 times"))
    }
}
