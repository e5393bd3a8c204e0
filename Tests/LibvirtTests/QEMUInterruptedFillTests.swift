import Dispatch
import Glibc
import Hypervisor
import Libvirt
import Model
import Synchronization
import TestSupport
import Testing

/// What is left where filling a volume ends in the middle, and what the next run makes of it.
@Suite(.needsPrivateLibvirt, .serialized) struct QEMUInterruptedFillTests {
    /// Without its header an image is none; a raw one without its end is shorter.
    @Test(arguments: [ImageFormat.qcow2, .raw])
    func killedWhileItIsSent(_ format: ImageFormat) async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let disk = try TestImages.raw("disk", length: 24 << 20, parts: [(0, 16 << 20)], in: target.scratch)
        let image = format == .raw ? disk : try await TestImages.converted(disk, to: format, in: target.scratch)
        let volume = target.reference(.volume, "killed.\(format)", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        let set: [(AttributePath, Value)] = [(.of(.volumeFormat), .string(format.rawValue))]

        let (halfway, reached) = AsyncStream.makeStream(of: Void.self)
        let isKilled = DispatchSemaphore(value: 0)
        let isFirst = Atomic(true)
        let filling = Task {
            try await target.fill(volume, with: image, set) { count in
                guard count > 8 << 20, isFirst.exchange(false, ordering: .relaxed) else { return }
                reached.yield()
                isKilled.wait()
            }
        }
        for await _ in halfway { break }
        try await daemon.kill9Daemon()
        isKilled.signal()
        let error = await #expect(throws: HostError.self) { try await filling.value }
        #expect(error?.reason == .unreachable, "\(String(describing: error))")
        #expect(try readFile(path).prefix(4).elementsEqual([0, 0, 0, 0]), "the header goes last")

        try await daemon.startDaemon()
        let half = try #require(try await target.observe(volume)).attributes
        #expect(half[.volumeFormat] == "raw")
        #expect(half[.capacity] != .integer(image.capacity))
        try await target.fill(volume, with: image, set)
        #expect(try await TestImages.areSame(disk, path, format.rawValue))
        #expect(try await daemon.virsh("vol-list", target.pool).contains(".upload") == false)
    }

    @Test func killedWhileItIsConverted() async throws {
        let daemon = try await PrivateLibvirt.start()
        let target = try ContractHosts.qemu(on: daemon)
        let image = try TestImages.raw("disk", length: 192 << 20, parts: [(0, 160 << 20)], in: target.scratch)
        let volume = target.reference(.volume, "killed.qcow2", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        let set: [(AttributePath, Value)] = [(.of(.volumeFormat), "qcow2")]
        async let conversion = Self.stoppedConversion(to: path)
        let filling = Task { try await target.fill(volume, with: image, set) }
        // It stands still while the daemon goes, and is then killed with it.
        let converter = try #require(await conversion)
        try await daemon.kill9Daemon()
        kill(converter, SIGKILL)
        let error = await #expect(throws: HostError.self) { try await filling.value }
        #expect(error?.reason == .unreachable, "\(String(describing: error))")
        #expect(access(path + ".upload", F_OK) == 0)

        try await daemon.startDaemon()
        #expect(try #require(try await target.observe(volume)).attributes.isEmpty)
        try await target.fill(volume, with: image, set)
        #expect(try await TestImages.areSame(image, path, "qcow2"))
        #expect(try await target.observe(volume)?.attributes[.volumeFormat] == "qcow2")
        #expect(access(path + ".upload", F_OK) != 0)
    }

    /// Stops libvirt's qemu-img as soon as it writes this file, and gives its number; nil after some minutes without one. On a thread of
    /// its own that comes before all others: a conversion is over in a moment, and the machine may be busy.
    private static func stoppedConversion(to path: String) async -> pid_t? {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "conversion").async {
                // On Linux, 0 is the calling thread.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -19)
                defer { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0) }
                let deadline = ContinuousClock.now + .hang
                var found: pid_t?
                while found == nil, .now < deadline {
                    guard access(path, F_OK) == 0 else {
                        usleep(300)
                        continue
                    }
                    found = (try? filesIn("/proc"))?.lazy.compactMap { pid_t($0) }.first { number in
                        guard let bytes = try? readFile("/proc/\(number)/cmdline") else { return false }
                        let words = String(decoding: bytes, as: UTF8.self).split(separator: "\0")
                        return words.contains("convert") && words.contains { $0.hasPrefix(path) }
                            && access(path, F_OK) == 0
                    }
                    if let found { kill(found, SIGSTOP) }
                }
                continuation.resume(returning: found)
            }
        }
    }

    /// The local file is cut off while it is read: the stream is broken off, and nothing is left.
    @Test func brokenOffFromHere() async throws {
        let target = try await ContractHosts.qemu()
        let image = try TestImages.raw("disk", length: 16 << 20, parts: [(0, 16 << 20)], in: target.scratch)
        let volume = target.reference(.volume, "cut.raw", pool: target.pool)
        let error = await #expect(throws: HostError.self) {
            try await target.fill(volume, with: image, [(.of(.volumeFormat), "raw")]) { count in
                if count > 4 << 20 { truncate(image.path, 1 << 20) }
            }
        }
        #expect(error?.reason == .failed)
        #expect(error?.detail.contains("cannot be read") == true)
        #expect(access("\(target.poolDirectory)/cut.raw", F_OK) != 0)
    }
}
