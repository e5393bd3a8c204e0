package import Model

/// Which drifts were seen by earlier runs, and since when: what makes a drift new, still there or gone.
///
/// A file of its own beside the state, read and written as bytes. A drift is an address, a field and what was observed
/// there; a field that drifts to yet another value is new again.
package struct DriftMemory: Sendable {
    /// More drifts than this are not remembered: each run sees them as new.
    package static let limit = 10_000
    /// A larger file is not one of ours.
    package static let maximumSize = 16 << 20

    struct Key: Hashable, Comparable {
        let address: Address
        /// Empty for the object itself.
        let path: String

        static func < (left: Key, right: Key) -> Bool {
            (left.address, left.path) < (right.address, right.path)
        }
    }

    struct Entry: Hashable {
        /// Of what was observed.
        var digest: String
        var firstSeen: Int64
        var lastSeen: Int64
        var runs: Int
    }

    var entries: [Key: Entry] = [:]

    /// The memory of a stack that has none yet.
    package init() {}

    /// Takes in what a run found, and says of each drift what it is.
    ///
    /// What is on hosts that could not be read, that `isSeen` says was not looked at, or whose field `isHidden` says is left out
    /// of plans, is kept as it is and not said to be gone.
    package mutating func record(
        _ plan: Plan, at now: Int64, isSeen: (Address) -> Bool = { _ in true },
        isHidden: (Address, AttributePath) -> Bool = { _, _ in false }
    ) -> [DriftRecord] {
        let found = DriftMemory.drifts(of: plan)
        let unknown = Set(plan.unknown)
        var records: [DriftRecord] = []
        var next: [Key: Entry] = [:]
        for (key, entry) in entries where found[key] == nil {
            let isHidden = AttributePath(key.path).map { isHidden(key.address, $0) } ?? false
            if unknown.contains(key.address) || !isSeen(key.address) || isHidden {
                next[key] = entry
            } else {
                records.append(key.record(.gone, entry))
            }
        }
        for (key, digest) in found.sorted(by: { $0.key < $1.key }) {
            var entry = Entry(digest: digest, firstSeen: now, lastSeen: now, runs: 1)
            let former = entries[key].flatMap { $0.digest == digest ? $0 : nil }
            if let former {
                entry.firstSeen = min(former.firstSeen, now)
                entry.runs = former.runs < Int.max ? former.runs + 1 : former.runs
            }
            records.append(key.record(former == nil ? .new : .still, entry))
            if next.count < DriftMemory.limit || former != nil { next[key] = entry }
        }
        entries = next
        return records.sorted { ($0.address, $0.path ?? "") < ($1.address, $1.path ?? "") }
    }

    /// By field, the digest of what was observed.
    private static func drifts(of plan: Plan) -> [Key: String] {
        var found: [Key: String] = [:]
        for planned in plan.changes + plan.left where planned.change.cause != .config {
            let change = planned.change
            let fields = change.fields.filter { $0.cause != .config }
            if fields.isEmpty || change.action == .create {
                found[Key(address: change.address, path: "")] = fingerprint(of: .string(change.action.rawValue))
                continue
            }
            for field in fields {
                found[Key(address: change.address, path: field.path.description)] = fingerprint(of: field.before)
            }
        }
        return found
    }
}

extension DriftMemory.Key {
    fileprivate func record(_ status: DriftRecord.Status, _ entry: DriftMemory.Entry) -> DriftRecord {
        DriftRecord(
            address, path: path.isEmpty ? nil : path, status: status, firstSeen: entry.firstSeen,
            lastSeen: entry.lastSeen, runs: entry.runs)
    }
}

/// Tells values apart; nobody gains by making two that look the same, so it need not withstand that: FNV-1a, 64 bits.
func fingerprint(of value: Value) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in JSONWriter.bytes(of: value) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
