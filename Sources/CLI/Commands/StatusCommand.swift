import ArgumentParser
import Differ
import Hypervisor
import Libvirt
import Model
import StateFile

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract:
            "Show how the machines are doing now: power, addresses, processors, memory, disks, snapshots, pending restarts.",
        usage: "rigaud status [<options>] [<address> ...]",
        discussion: """
            EXAMPLES
              rigaud status
              rigaud status VirtualMachine/web --format json
            """)

    @Argument(help: ArgumentHelp("Only these.", valueName: "address"), transform: Address.init(argument:))
    var addresses: [Address] = []

    @Option(help: ArgumentHelp("The stack's directory.", valueName: "source"))
    var source = "."

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await CLI.run("status", options) { () throws(Failure) in
            let workspace = try Workspace(options, source: source)
            let state = try workspace.readState()
            for address in addresses where state.recorded.records[address] == nil {
                throw Failure(
                    "unknown-address", "There is no such resource in the state",
                    "\(address) is not recorded. rigaud state list shows what is.",
                    command: StateError.command("list", workspace.location.path))
            }
            let records = state.recorded.records.values.filter { record in
                record.object.kind == .domain && (addresses.isEmpty || addresses.contains(record.address))
            }.sorted { $0.address < $1.address }
            var lines = try await read(records, state.recorded, workspace)
            // A host that has not answered is not asked again.
            let seen = Set(lines.filter { $0.status != nil }.map(\.address))
            let pending = try await pendingRestarts(
                of: records.filter { seen.contains($0.address) }, state.recorded, workspace)
            for index in lines.indices { lines[index].isPendingRestart = pending.contains(lines[index].address) }
            if options.format == .json {
                workspace.console.print(JSONWriter.text(of: json(of: lines), pretty: true))
            } else if lines.isEmpty {
                workspace.console.print("There are no machines in this state yet. rigaud apply makes them.")
            } else {
                for line in statusTable(lines, style: workspace.console.output) { workspace.console.print(line) }
            }
            let errors = Dictionary(grouping: lines.filter { $0.error != nil }, by: \.host)
            for (host, lines) in errors.sorted(by: { $0.key < $1.key }) {
                if let error = lines.first?.error {
                    workspace.console.show([Diagnostic(error, .warning, address: host)])
                }
            }
            return errors.isEmpty ? .done : .unreachable
        }
    }

    /// The machines that run with something else than is defined.
    private func pendingRestarts(
        of records: [Record], _ state: RecordedState, _ workspace: Workspace
    ) async throws(Failure) -> Set<Address> {
        var looked = state
        looked.records = Dictionary(uniqueKeysWithValues: records.map { ($0.address, $0) })
        let wanted = lastApplied(
            looked, beside: DesiredState(stack: StackSettings(name: "state"), hosts: [], resources: []))
        let interests = interests(desired: wanted, recorded: looked, intents: [])
        let hosts = hosts(desired: wanted, recorded: looked, interests: interests)
        let observed = try await workspace.observe(hosts, interests, through: workspace.hypervisor)
        let changes = diff(desired: wanted, recorded: looked, observed: observed)
        return Set(changes.pendingRestarts.lazy.filter { $0.disruption == .restart }.map(\.address))
    }

    /// All hosts at once.
    private func read(
        _ records: [Record], _ state: RecordedState, _ workspace: Workspace
    ) async throws(Failure) -> [StatusLine] {
        let (hypervisor, limit) = (workspace.hypervisor, options.timeout?.duration)
        return try await workspace.interrupt.abandonable {
            await withTaskGroup(of: [StatusLine].self) { group in
                for (address, records) in Dictionary(grouping: records, by: \.object.host) {
                    let host = Host(address, uri: state.hosts[address] ?? "")
                    group.addTask { await statusLines(of: records, on: host, within: limit, through: hypervisor) }
                }
                return await group.reduce(into: []) { $0 += $1 }.sorted { $0.address < $1.address }
            }
        }
    }
}

private func statusLines(
    of records: [Record], on host: Host, within limit: Duration?, through hypervisor: LibvirtHypervisor
) async -> [StatusLine] {
    do throws(HostError) {
        let statuses = try await within(limit, of: host) { () async throws(HostError) in
            try await reader(of: host, through: hypervisor).status(of: records.map(\.object))
        }
        let byID = Dictionary(statuses.map { ($0.object.id, $0) }, uniquingKeysWith: { first, _ in first })
        return records.map {
            StatusLine(address: $0.address, host: host.address, status: byID[$0.object.id], error: nil)
        }
    } catch {
        return records.map { StatusLine(address: $0.address, host: host.address, status: nil, error: error) }
    }
}

/// Libvirt asks a guest's agent for its addresses only over a connection that could write. Where there may be none, what the
/// host itself knows has to do.
private func reader(of host: Host, through hypervisor: any Hypervisor) async throws(HostError) -> any HostReading {
    do throws(HostError) {
        return try await hypervisor.writer(for: host)
    } catch {
        return try await hypervisor.reader(for: host)
    }
}
