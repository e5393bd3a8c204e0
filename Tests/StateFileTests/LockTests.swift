import Glibc
import StateFile
import TestSupport
import Testing

@Suite struct LockTests {
    let scratch = Scratch()

    private func failure(_ location: StateLocation, wait: Duration = .zero) async -> StateError? {
        do throws(StateError) {
            _ = try await StateSession.open(location, as: holder, wait: wait)
            return nil
        } catch {
            return error
        }
    }

    @Test func aSecondRunIsToldWhoHoldsIt() async throws {
        let location = try scratch.location
        let session = try await StateSession.open(location, as: holder)
        let error = await failure(location)
        #expect(error?.code == .locked)
        for word in ["ada", "desk", "42", "rigaud apply", "2026-01-02T03:04:05Z"] {
            #expect(error?.detail.contains(word) ?? false)
        }
        #expect(try FileStore(location).lockHolder() == holder)
        _ = consume session
        #expect(try FileStore(location).lockHolder() == nil)
        #expect(await failure(location) == nil)
    }

    @Test func itIsWaitedFor() async throws {
        let location = try scratch.location
        let session = try await StateSession.open(location, as: holder)
        async let second = failure(location, wait: .hang)
        try await Task.sleep(for: .milliseconds(150))
        _ = consume session
        #expect(await second == nil)
    }

    @Test func itGoesWithAKilledHolder() async throws {
        let location = try scratch.location
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = location.path as String] in
            let session = try await StateSession.open(StateLocation(path), as: holder)
            kill(getpid(), SIGKILL)
            _ = consume session
        }
        #expect(try FileStore(location).lockHolder() == nil)
        #expect(await failure(location) == nil)
    }

    @Test func aSymbolicLinkIsNotWrittenThrough() async throws {
        let location = try scratch.location
        mkdir(location.directory, 0o700)
        put(Array("precious".utf8), at: scratch.path + "/precious")
        symlink(scratch.path + "/precious", location.lockPath)
        #expect(await failure(location)?.code == .unwritable)
        #expect(contents(scratch.path + "/precious") == Array("precious".utf8))
    }
}
