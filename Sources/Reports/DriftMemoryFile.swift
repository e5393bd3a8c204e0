import Model

/// The memory of drifts as a file: JSON of format version 1, equal bytes for equal memories.
extension DriftMemory {
    package var bytes: [UInt8] {
        let drifts = entries.sorted { $0.key < $1.key }.map { key, entry -> Value in
            [
                "address": .string(key.address.text),
                "path": key.path.isEmpty ? .null : .string(key.path),
                "observed": .string(entry.digest),
                "firstSeen": .integer(entry.firstSeen),
                "lastSeen": .integer(entry.lastSeen),
                "runs": .integer(Int64(entry.runs)),
            ]
        }
        let value: Value = ["formatVersion": 1, "drifts": .list(drifts)]
        return JSONWriter.bytes(of: value, pretty: true) + [UInt8(ascii: "\n")]
    }

    /// Reads what `bytes` wrote.
    package init(reading bytes: [UInt8]) throws(ReportError) {
        guard bytes.count <= DriftMemory.maximumSize else {
            throw .memory(
                "It is larger than \(sizeText(Int64(DriftMemory.maximumSize))), which no memory of drifts is.")
        }
        let members = try MemoryFile.members(of: bytes) { .memory($0) }
        guard let drifts = members["drifts"]?.items else { throw .memory("It has no list of drifts.") }
        guard drifts.count <= DriftMemory.limit * 2 else { throw .memory("It holds \(drifts.count) drifts, too many.") }
        for (index, drift) in drifts.enumerated() {
            guard let address = drift["address"]?.text.flatMap(Address.init(_:)),
                let digest = drift["observed"]?.text, digest.utf8.count <= 64,
                let first = drift["firstSeen"]?.number, let last = drift["lastSeen"]?.number,
                let runs = drift["runs"]?.number.flatMap({ Int(exactly: $0) }), runs > 0, first <= last
            else { throw .memory("Its drift number \(index + 1) is not whole.") }
            let path = drift["path"]?.text ?? ""
            guard path.isEmpty || AttributePath(path) != nil else {
                throw .memory(
                    "Its drift number \(index + 1) is of a field that there is not: \(path.shortened(to: 80).oneLine).")
            }
            let entry = Entry(digest: digest, firstSeen: first, lastSeen: last, runs: runs)
            guard entries.updateValue(entry, forKey: Key(address: address, path: path)) == nil else {
                throw .memory("Its drift number \(index + 1) is there twice.")
            }
        }
    }
}

/// What the two small files of reports have in common.
enum MemoryFile {
    /// The members of a JSON object of format version 1.
    static func members(
        of bytes: [UInt8], orThrow failure: (String) -> ReportError
    ) throws(ReportError) -> [String: Value] {
        let value: Value
        do throws(JSONError) {
            value = try JSONReader.value(of: bytes)
        } catch {
            throw failure("It is not JSON: \(error.reason.shortened(to: 200).oneLine), at byte \(error.offset).")
        }
        guard let members = value.members, let version = members["formatVersion"]?.number else {
            throw failure("It has no format version, so rigaud did not write it.")
        }
        guard version == 1 else {
            throw failure("Its format version is \(version), and this rigaud reads version 1: a newer one wrote it.")
        }
        return members
    }
}

extension ReportError {
    fileprivate static func memory(_ what: String) -> ReportError {
        ReportError(
            "drift-memory-unreadable", "What earlier runs remember of drifts cannot be read",
            "\(what) Move the file away to begin anew; every drift is new then.")
    }
}
