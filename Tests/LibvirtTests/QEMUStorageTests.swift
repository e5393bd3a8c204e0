import Glibc
import Hypervisor
import Libvirt
import Model
import TestSupport
import Testing

/// What a real host has beside what libvirt knows of it, and what is left where something could not be made.
@Suite(.needsPrivateLibvirt) struct QEMUStorageTests {
    /// A file of somebody's in a pool's directory is not taken for what an interrupted run left.
    @Test(arguments: [("raw", 700_000), ("raw", 1)])
    func aFileThatIsThereIsSomebodys(format: String, length: Int) async throws {
        let target = try await ContractHosts.qemu()
        let volume = target.reference(.volume, "theirs-\(length).raw", pool: target.pool)
        let path = "\(target.poolDirectory)/\(volume.name)"
        try writeFile(randomBytes(length) + [UInt8](repeating: 0, count: (2 << 20) - length), to: path)
        let before = try readFile(path)
        let error = await #expect(throws: HostError.self) {
            try await target.perform(
                .create, volume, [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "raw")])
        }
        #expect(error?.reason == .exists, "\(String(describing: error))")
        #expect(try readFile(path) == before)
        unlink(path)
    }

    @Test func aFileThatWasDeletedBesideLibvirtIsMadeAgain() async throws {
        let target = try await ContractHosts.qemu()
        for format in ["qcow2", "raw"] {
            let volume = target.reference(.volume, "deleted.\(format)", pool: target.pool)
            let set: [(AttributePath, Value)] = [
                (.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), .string(format)),
            ]
            try await target.perform(.create, volume, set)
            #expect(unlink("\(target.poolDirectory)/\(volume.name)") == 0)
            try await target.perform(.create, volume, set)
            #expect(access("\(target.poolDirectory)/\(volume.name)", F_OK) == 0)
            try await target.perform(.delete, volume)
        }
    }

    /// A qcow2 file of the first version cannot be resized beside a snapshot.
    @Test func aDiskIsOfTheNewerVersion() async throws {
        let target = try await ContractHosts.qemu()
        let volume = target.reference(.volume, "version.qcow2", pool: target.pool)
        try await target.perform(
            .create, volume, [(.of(.capacity), .integer(2 << 20)), (.of(.volumeFormat), "qcow2")])
        #expect(try readFile("\(target.poolDirectory)/\(volume.name)")[7] == 3)
        try await target.perform(.delete, volume)
    }

    /// A network on addresses that are in use is defined and cannot be started.
    @Test func aNetworkThatCannotBeStartedIsNotLeftBehind() async throws {
        let target = try await ContractHosts.qemu()
        let network = target.reference(.network, "taken")
        await #expect(throws: HostError.self) {
            try await target.perform(
                .create, network, [(.of(.forwardMode), "nat"), (.of(.addressPrefix, "192.168.122.1"), 24)])
        }
        #expect(try await target.observe(network) == nil)
    }

    @Test func aPoolThatCannotBeStartedIsNotLeftBehind() async throws {
        let target = try await ContractHosts.qemu()
        let pool = target.reference(.pool, "nowhere")
        await #expect(throws: HostError.self) {
            try await target.perform(
                .create, pool, [(.of(.poolType), "dir"), (.of(.poolTarget), "/proc/nowhere")])
        }
        #expect(try await target.observe(pool) == nil)
    }
}
