import Glibc
import Model
import StateFile
import Testing

/// A full disk and a directory that cannot be written, at each write of the state. Whatever fails says so with a typed
/// error, and what was acknowledged before is there afterwards.
@Suite(.serialized) struct WriteFailureTests {
    /// Three groups of two steps, and a fold after each. Gives the addresses whose record was acknowledged, and the
    /// error that stopped it.
    private static func work(
        _ location: StateLocation, before each: (Int) -> Void = { _ in }
    ) async -> (acknowledged: [Address], error: StateError?) {
        var acknowledged: [Address] = []
        var write = 0
        func next() {
            write += 1
            each(write)
        }
        do throws(StateError) {
            next()
            var session = try await StateSession.open(location, as: holder)
            next()
            try session.note(hosts: [lab: labURI])
            for round in 0..<3 {
                let records = [domain("a\(round)"), domain("b\(round)")]
                next()
                let ids = try session.intend(records.map { step(.create, $0) })
                for (id, record) in zip(ids, records) {
                    next()
                    try session.conclude(id, .done)
                    acknowledged.append(record.address)
                }
                next()
                try session.fold(by: author, from: source)
            }
            return (acknowledged, nil)
        } catch {
            return (acknowledged, error)
        }
    }

    private static let writes = 14

    /// The state is whole, and goes on.
    private static func expectIntact(_ location: StateLocation, _ acknowledged: [Address]) async throws {
        let view = try readState(location)
        #expect(Set(view.recorded.records.keys).isSuperset(of: acknowledged))
        let (_, error) = await work(location)
        #expect(error == nil)
        #expect(try readState(location).recorded.records.count == 6)
        #expect(try verifyState(location).isWhole)
    }

    @Test(.enabled(if: geteuid() == 0, "a file system of a few pages can be mounted by root only"))
    func aFullDisk() async throws {
        let scratch = Scratch()
        try #require(
            mount("tmpfs", scratch.path, "tmpfs", 0, "size=256k,nr_inodes=64") == 0, "no tmpfs may be mounted here")
        defer { umount2(scratch.path, Int32(MNT_DETACH)) }
        var failures = 0
        for free in 0..<24 {
            Scratch.remove(scratch.path + "/.rigaud")
            mkdir(scratch.path + "/.rigaud", 0o700)
            let ballast = scratch.path + "/ballast"
            Self.fill(ballast, leavingPages: free)
            let (acknowledged, error) = await Self.work(try scratch.location)
            unlink(ballast)
            if let error {
                failures += 1
                #expect(error.code == .full, "with \(free) pages free: \(error.detail)")
                #expect(error.command?.hasPrefix("df") ?? false)
            }
            try await Self.expectIntact(try scratch.location, acknowledged)
        }
        #expect(failures > 4 && failures < 24, "both ends of the range are of interest, and there were \(failures)")
    }

    /// Takes all of the disk and gives some of it back.
    private static func fill(_ path: String, leavingPages pages: Int) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 1, count: 4096)
        var written = 0
        while write(descriptor, page, page.count) == page.count { written += 1 }
        ftruncate(descriptor, off_t(max(0, written - pages) * 4096))
    }

    /// A limit on the size of files needs no privileges and fails in the middle of a write.
    @Test(arguments: [0, 1, 100, 300, 700, 1000, 1500, 2000])
    func aLimitOnTheSizeOfFiles(bytes: Int) async throws {
        let scratch = Scratch()
        let location = try scratch.location
        await #expect(processExitsWith: .success) { [path = location.path as String, bytes = bytes as Int] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: .max)
            getrlimit(Int32(RLIMIT_FSIZE.rawValue), &limit)
            limit.rlim_cur = rlim_t(bytes)
            setrlimit(Int32(RLIMIT_FSIZE.rawValue), &limit)
            let location = try StateLocation(path)
            let (acknowledged, error) = await Self.work(location)
            limit.rlim_cur = limit.rlim_max
            setrlimit(Int32(RLIMIT_FSIZE.rawValue), &limit)
            #expect(error?.code == .full)
            try await Self.expectIntact(location, acknowledged)
        }
    }

    @Test(arguments: 1...writes) func aReadOnlyDirectory(write: Int) async throws {
        let scratch = Scratch()
        chmod(scratch.path, 0o777)
        await #expect(processExitsWith: .success) { [path = scratch.path as String, write = write as Int] in
            // Root may write anywhere.
            if geteuid() == 0 { try #require(seteuid(65_534) == 0) }
            let location = try StateLocation(path + "/.rigaud/state.json")
            mkdir(location.directory, 0o700)
            let (acknowledged, error) = await Self.work(location) {
                if $0 == write { chmod(location.directory, 0o500) }
            }
            chmod(location.directory, 0o700)
            if let error {
                #expect(error.code == .unwritable)
                #expect(error.command?.hasPrefix("ls -ld") ?? false)
            }
            // A journal that is open already is written to; everything else needs the directory. The last write is a fold.
            #expect(error != nil)
            try await Self.expectIntact(location, acknowledged)
        }
    }
}
