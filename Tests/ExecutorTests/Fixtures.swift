import Executor
import Hypervisor
import Model
import StateFile
import Synchronization
import TestSupport

let holder = LockHolder(user: "ada", host: "desk", processID: 1, command: "rigaud apply", since: "now")
let author = StateAuthor(version: "0", host: "desk", user: "ada", time: "2026-01-02T03:04:05Z")

func hostAddress(_ number: Int) -> Address { Address(kind: "Provider", name: "host-\(number)") }

/// A step that makes a domain, or with a pool a volume, called after its number.
func step(_ id: Int, after: [Int] = [], host: Int = 0, pool: String? = nil) -> Step {
    let address = Address(kind: pool == nil ? "VirtualMachine" : "Volume", name: "n\(id)")
    let object = ObjectReference(
        pool == nil ? .domain : .volume, host: hostAddress(host), name: "n\(id)", pool: pool,
        id: pool == nil ? ObjectID(high: 1, low: UInt64(id)) : nil)
    let attributes: Attributes = .init([(.init(.description), .string("n\(id)"))])
    return Step(
        id: id, operation: Operation(.create, object, of: address, set: attributes), after: after,
        effect: .put(Record(address, object, attributes: attributes)))
}

func plan(_ steps: [Step], hosts: Int = 1) -> Plan {
    Plan(
        stack: "lab",
        hosts: (0..<hosts).map { HostStatus(Host(hostAddress($0), uri: "test:///\($0)")) }, steps: steps)
}

let broken = HostError(.denied, "The host refused", "It does not want to.")

/// What an apply told while it ran.
final class Events {
    private(set) var all: [ExecutionEvent] = []

    func add(_ event: ExecutionEvent) { all.append(event) }

    var started: [Int] { all.compactMap { if case .started(let step) = $0 { step.id } else { nil } } }
}

extension ApplyReport {
    var doneIDs: Set<Int> { Set(done.map(\.id)) }
    var failedIDs: Set<Int> { Set(failed.map(\.step.id)) }
    var skippedIDs: Set<Int> { Set(skipped.map(\.step.id)) }
    var remainingIDs: Set<Int> { Set(remaining.map(\.id)) }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
