import Hypervisor
import Model
import Reports

/// The live facts of one virtual machine of ours.
struct StatusLine {
    let address: Address
    let host: Address
    /// Nil: it is recorded and not there, or its host could not be read.
    let status: DomainStatus?
    /// It runs with something else than is defined, which it gets when it is started again.
    var isPendingRestart = false
    let error: HostError?
}

func statusTable(_ lines: [StatusLine], style: Style) -> [String] {
    table(
        ["ADDRESS", "HOST", "POWER", "VCPUS", "MEMORY", "DISKS", "SNAPSHOTS", "ADDRESSES", "NOTE"],
        lines.map { line in
            let note =
                line.error?.summary
                ?? (line.status == nil ? "not on its host" : line.isPendingRestart ? "waits for a restart" : "")
            guard let status = line.status else {
                return [line.address.description, String(line.host.name), "unknown", "-", "-", "-", "-", "-", note]
            }
            let disks = status.disks.map { disk in
                disk.capacity.map { "\(disk.target) \(sizeText($0))" } ?? disk.target
            }
            return [
                line.address.description, String(line.host.name), status.power.rawValue, String(status.vcpus),
                sizeText(status.memory), disks.isEmpty ? "-" : disks.joined(separator: ", "), String(status.snapshots),
                status.addresses.isEmpty ? "-" : status.addresses.joined(separator: ", "), note,
            ]
        }, style: style
    ).map { line in
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}

func json(of lines: [StatusLine]) -> Value {
    [
        "formatVersion": 1,
        "machines": .list(
            lines.map { line in
                [
                    "address": .string(line.address.text),
                    "provider": .string(line.host.text),
                    "power": line.status.map { .string($0.power.rawValue) } ?? "unknown",
                    "pendingRestart": .bool(line.isPendingRestart),
                    "error": line.error.map { .string($0.detail) } ?? .null,
                    "vcpus": line.status.map { .integer(Int64($0.vcpus)) } ?? .null,
                    "cpuTimeNanoseconds": line.status.map { .integer($0.cpuTime) } ?? .null,
                    "memory": line.status.map { .integer($0.memory) } ?? .null,
                    "maximumMemory": line.status.map { .integer($0.maximumMemory) } ?? .null,
                    "disks": .list(
                        line.status?.disks.map { disk in
                            [
                                "target": .string(disk.target), "source": .string(disk.source),
                                "capacity": disk.capacity.map(Value.integer) ?? .null,
                            ]
                        } ?? []),
                    "snapshots": line.status.map { .integer(Int64($0.snapshots)) } ?? .null,
                    "addresses": .list(line.status?.addresses.map(Value.string) ?? []),
                ]
            }),
    ]
}
