import Model

/// A saved plan's bytes. It is JSON, laid out as a snapshot is, with one change, step and object on a line:
///
///     {"kind":"rigaud-plan","formatVersion":1,"sha256":"…",
///     "header":{"lineage":"…","policy":{…},"serial":7,"source":{…},…},
///     "changes":[…],
///     "pendingRestarts":[…],
///     "unrecorded":[…],
///     "steps":[…],
///     "objects":[…]}
///
/// The checksum is of every byte after the first line. It finds what was torn or edited carelessly; it is no signature, so
/// all that is read is checked as if it had been made to do harm.
enum SavedPlanFormat {
    static let version = 1
    static let beginning = "{\"kind\":\"rigaud-plan\",\"formatVersion\":"

    static func bytes(of saved: SavedPlan) -> [UInt8] {
        var writer = RecordWriter()
        writer.json.append("\"header\":")
        writer.json.write(SavedPlanHeader.value(of: saved))
        writer.lines("changes", saved.plan.changes) { $0.write($1) }
        writer.lines("pendingRestarts", saved.plan.pendingRestarts) { $0.write($1) }
        writer.lines("unrecorded", saved.plan.unrecorded) { $0.write($1) }
        var bases = EffectBases()
        writer.lines("steps", saved.plan.steps) { writer, step in
            writer.write(step, base: bases[step.operation.address])
            bases.note(step)
        }
        writer.lines("objects", saved.preconditions.objects) { $0.write($1) }
        writer.json.append("}\n")
        return Array("\(beginning)\(version),\"sha256\":\"\(sha256([writer.json.bytes]))\",\n".utf8) + writer.json.bytes
    }

    static func plan(from bytes: [UInt8], path: String) throws(StateError) -> SavedPlan {
        let body = try checkedBody(of: bytes, path: path)
        let content = [UInt8(ascii: "{")] + bytes[body...]
        do throws(JSONError) {
            return try JSONReader.read(content[...]) { (json) throws(JSONError) in
                var reader = SavedPlanReader()
                return try reader.plan(&json)
            }
        } catch {
            throw .planDamaged(
                path, "it is not as rigaud writes it, at byte \(body + error.offset - 1): \(error.reason)")
        }
    }

    /// Where the body begins, once the version is known and the checksum right.
    private static func checkedBody(of bytes: [UInt8], path: String) throws(StateError) -> Int {
        guard SavedPlan.isBegun(by: bytes) else { throw .planDamaged(path, "it is not a saved plan") }
        let digits = bytes[beginning.utf8.count...].prefix(9).prefix { (0x30...0x39).contains($0) }
        guard let version = Int(String(decoding: digits, as: UTF8.self)), version > 0 else {
            throw .planDamaged(path, "it does not say which version of the format it is in")
        }
        guard version <= SavedPlanFormat.version else {
            throw StateError(
                .planNewer,
                "\(path) is in version \(version) of the format, and this rigaud reads up to \(SavedPlanFormat.version). "
                    + "Use the rigaud that wrote it, or a later one. Nothing was done.",
                command: "rigaud --version")
        }
        guard let lineEnd = bytes.prefix(256).firstIndex(of: 0x0A) else {
            throw .planDamaged(path, "it ends too early")
        }
        let checksum = sha256([Array(bytes[(lineEnd + 1)...])])
        guard bytes[...lineEnd].elementsEqual("\(beginning)\(version),\"sha256\":\"\(checksum)\",\n".utf8) else {
            throw .planDamaged(
                path, "its content does not have the checksum that it was written with: it was edited or torn")
        }
        return lineEnd + 1
    }
}

/// The record that the reader of a plan's steps knows of an address by then, to tell differences to.
struct EffectBases {
    private var records: [Address: Record] = [:]

    subscript(address: Address) -> Record? { records[address] }

    mutating func note(_ step: Step) {
        switch step.effect {
        case .none: break
        case .put(let record): records[step.operation.address] = record
        case .remove: records[step.operation.address] = nil
        }
    }
}

extension StateError {
    static func planDamaged(_ path: String, _ what: String) -> StateError {
        StateError(
            .planDamaged, "\(path): \(what). Nothing was done. Make the plan again.", command: "rigaud plan --out FILE")
    }
}

extension RecordWriter {
    /// A member that is a list, each item on a line of its own.
    mutating func lines<Item>(_ key: String, _ items: [Item], _ write: (inout RecordWriter, Item) -> Void) {
        json.append(",\n\"\(key)\":[")
        for (index, item) in items.enumerated() {
            json.append(index > 0 ? ",\n" : "\n")
            write(&self, item)
        }
        json.append("]")
    }

    /// A member's key, after a comma unless it is the first.
    mutating func key(_ name: String) {
        if json.bytes.last != UInt8(ascii: "{") { json.append(",") }
        json.append("\"\(name)\":")
    }
}
