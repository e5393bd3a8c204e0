import Glibc
import Model
import StateFile
import TestSupport
import Testing

@testable import CLI

/// A Provider whose endpoint is another one than that of the last apply.
@Suite struct MovedHostTests {
    static func manifests(_ endpoint: String, provider: String = "sim") -> String {
        Manifests.stream(
            Manifests.provider(provider, endpoint), Manifests.vmClass(), Manifests.machine("web", provider: provider),
            Manifests.machine("db", provider: provider, power: "Off"))
    }

    static func applied() async throws -> TestStack {
        let stack = try TestStack(["lab.yaml": manifests("test:///default")])
        try await stack.rigaud("apply", "--yes", expecting: 0)
        return stack
    }

    /// A simulated host is kept under the name of its Provider, so that it is the same by any endpoint.
    @Test func theSameHostByAnotherWay() async throws {
        let stack = try await Self.applied()
        try stack.scratch.write(Self.manifests("test:///elsewhere"), to: "lab.yaml")
        for verb in ["plan", "drift"] {
            let result = try await stack.rigaud(verb)
            #expect(result.exitStatus == 0 && result.standardError.isEmpty, "\(result)")
        }
        try await stack.rigaud("apply", "--yes", expecting: 0)
        let state = try stack.scratch.read(".rigaud/state.json")
        #expect(state.contains("test:///elsewhere") && !state.contains("test:///default"))
        try await stack.rigaud("apply", "--yes", expecting: 0)
        #expect(try await stack.rigaud("show", expecting: 0).contains("Serial      2"), "once is enough")
    }

    @Test func anotherHostInItsPlace() async throws {
        let stack = try await Self.applied()
        let state = try stack.scratch.read(".rigaud/state.json")
        try #require(rename(stack.scratch.path(".rigaud/hosts"), stack.scratch.path("former")) == 0)
        try stack.scratch.write(Self.manifests("test:///elsewhere"), to: "lab.yaml")
        for arguments in [["plan"], ["drift"], ["apply", "--yes"], ["apply"]] {
            let result = try await runProcess(
                try builtExecutable("rigaud"), arguments, directory: stack.scratch.path)
            #expect(result.exitStatus == 1, "\(result)")
            for words in ["Provider/sim", "test:///default", "test:///elsewhere", "another name"] {
                #expect(result.standardError.contains(words), "\(words): \(result)")
            }
            #expect(!result.standardOutput.contains("create"), "\(result)")
        }
        #expect(try stack.scratch.read(".rigaud/state.json") == state)
        #expect(try stack.machineFiles().isEmpty)

        // As the message says: under another name it moves, with leave.
        try #require(rename(stack.scratch.path("former"), stack.scratch.path(".rigaud/hosts")) == 0)
        try stack.scratch.write(Self.manifests("test:///elsewhere", provider: "other"), to: "lab.yaml")
        try await stack.rigaud("apply", "--yes", "--allow", "replace,delete-data", expecting: 0)
        #expect(try stack.machineFiles().isEmpty)
        #expect(try stack.machineFiles("default.other").count == 2)
        #expect(try await stack.rigaud("plan", "--detailed-exitcode", expecting: 0).contains("No changes"))
    }

    /// What could not be looked at may be another machine: its place is not taken for the new one.
    @Test func aHostThatCannotBeReadHasNotMoved() async throws {
        let stack = try await Self.applied()
        let nowhere = "qemu+unix:///system?socket=/nonexistent/socket"
        try stack.scratch.write(Self.manifests(nowhere), to: "lab.yaml")
        let more = Manifests.stream(
            Manifests.provider("more", "test:///default"), Manifests.machine("new", provider: "more"))
        try stack.scratch.write(more, to: "more.yaml")
        try await stack.rigaud("plan", expecting: 8)
        try await stack.rigaud("apply", "--yes", expecting: 8)
        let state = try stack.scratch.read(".rigaud/state.json")
        #expect(state.contains("VirtualMachine/default/new") && !state.contains(nowhere))
    }

    static let web = Lab.resource("VirtualMachine/web")
    static let db = Lab.resource("VirtualMachine/db")
    static let disk = Lab.resource("VirtualMachine/web/disk/root", .volume, pool: "default")

    /// What is recorded, what is begun and not ended, what is found at the new endpoint; whether that is another host.
    @Test(
        arguments: [
            ("all is there", [web, disk], [], [web, disk], false),
            ("all but one have gone", [web, db, disk], [], [db], false),
            ("nothing is there", [web, db, disk], [], [], true),
            ("a volume of the same name", [web, disk], [], [disk], true),
            ("nothing but volumes", [disk], [], [disk], false),
            ("nothing but volumes, elsewhere", [disk], [], [], true),
            ("nothing but what was begun", [], [web], [], true),
            ("nothing", [], [], [], false),
        ] as [(String, [Resource], [Resource], [Resource], Bool)])
    func isAnotherHost(name: String, recorded: [Resource], begun: [Resource], found: [Resource], isAnother: Bool) {
        let host = Host(Lab.host.address, uri: "test:///elsewhere")
        let intents = begun.enumerated().map { number, resource in
            OpenIntent(
                id: number + 1, verb: .create, address: resource.address, object: resource.object,
                effect: .put(Record(of: resource)))
        }
        func moved(_ host: Host, _ observed: ObservedState) -> [Host] {
            movedHosts(among: [host], recorded: Lab.recorded(recorded), intents: intents, observed: observed)
        }
        #expect(moved(host, Lab.observed(found)) == (isAnother ? [host] : []), "\(name)")
        #expect(moved(Lab.host, Lab.observed(found)).isEmpty, "\(name): where it was")
        let error = HostError(.unreachable, "A host cannot be reached", "It does not answer.")
        #expect(moved(host, ObservedState(hosts: [host.address: .unknown(error)])).isEmpty, "\(name): unknown")
    }
}
