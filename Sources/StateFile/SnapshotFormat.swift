import Crypto
import Model

/// The snapshot's bytes. It is JSON, with one record on a line, so that two snapshots can be compared line by line:
///
///     {"formatVersion":1,"sha256":"…",
///     "header":{"author":{…},"lineage":"…","serial":7,…},
///     "hosts":{…},
///     "intents":[…],
///     "records":[
///     {"address":"…",…},
///     {"address":"…",…}
///     ]}
///
/// The checksum is of every byte after the first line, which is how the body is always written. The header comes first
/// so that history can be listed without reading the records.
enum SnapshotFormat {
    static let version = 1

    static func bytes(of snapshot: Snapshot) -> [UInt8] {
        var writer = RecordWriter()
        writer.json.append("\"header\":")
        writer.json.write(value(of: snapshot.header))
        writer.json.append(",\n\"hosts\":")
        writer.write(snapshot.recorded.hosts)
        writer.json.append(",\n\"intents\":[")
        for (index, intent) in snapshot.intents.enumerated() {
            writer.json.append(index > 0 ? ",\n" : "\n")
            writer.write(intent, base: nil)
        }
        writer.json.append("],\n\"records\":[")
        for (index, address) in snapshot.recorded.records.keys.sorted().enumerated() {
            guard let record = snapshot.recorded.records[address] else { continue }
            writer.json.append(index > 0 ? ",\n" : "\n")
            writer.write(record)
        }
        writer.json.append("\n]}\n")
        var bytes = Array(
            "{\"formatVersion\":\(version),\"sha256\":\"\(checksum(of: writer.json.bytes[...]))\",\n".utf8)
        bytes.append(contentsOf: writer.json.bytes)
        return bytes
    }

    static func snapshot(from bytes: [UInt8], path: String) throws(StateError) -> Snapshot {
        let body = try checkedBody(of: bytes, path: path)
        guard checksum(of: bytes[body...]) == (try statedChecksum(of: bytes[..<body], path: path)) else {
            throw .damaged(
                path, "its content does not have the checksum that it was written with: it was edited or torn")
        }
        var reader = RecordReader()
        var header: SnapshotHeader?
        var hosts: [Address: String]?
        var intents: [OpenIntent] = []
        var records: [Address: Record] = [:]
        let content = [UInt8(ascii: "{")] + bytes[body...]
        do throws(JSONError) {
            try JSONReader.read(content[...]) { (json) throws(JSONError) in
                try json.members { (json, key) throws(JSONError) in
                    switch key {
                    case "header":
                        try json.once(&header, SnapshotFormat.header(of: try json.value(), json))
                        records.reserveCapacity(min(header?.recordCount ?? 0, bytes.count / 64))
                    case "hosts": try json.once(&hosts, reader.hosts(&json))
                    case "intents":
                        try json.items { (json) throws(JSONError) in intents.append(try reader.wholeIntent(&json)) }
                    case "records":
                        try json.items { (json) throws(JSONError) in
                            let record = try reader.record(&json)
                            guard records.updateValue(record, forKey: record.address) == nil else {
                                throw json.failure("\(record.address) is recorded twice")
                            }
                        }
                    default: throw json.failure("an unknown field: \(key)")
                    }
                }
            }
        } catch {
            throw .damaged(path, "it is not as rigaud writes it, at byte \(body + error.offset): \(error.reason)")
        }
        guard let header, let hosts, header.recordCount == records.count, header.intentCount == intents.count else {
            throw .damaged(path, "its header is missing or does not agree with its records")
        }
        return Snapshot(
            header: header,
            recorded: RecordedState(
                lineage: header.lineage, serial: header.serial, records: records, hosts: hosts),
            intents: intents)
    }

    /// What the file says of itself, without the records and without their checksum. `bytes` are its beginning.
    static func header(from bytes: [UInt8], path: String) throws(StateError) -> SnapshotHeader {
        let body = try checkedBody(of: bytes, path: path)
        let prefix = Array("\"header\":".utf8)
        guard bytes[body...].starts(with: prefix), let end = bytes[body...].firstIndex(of: 0x0A),
            end - body > prefix.count
        else { throw .damaged(path, "it has no header") }
        do throws(JSONError) {
            return try JSONReader.read(bytes[(body + prefix.count)..<(end - 1)]) { (json) throws(JSONError) in
                try header(of: try json.value(), json)
            }
        } catch {
            throw .damaged(path, "its header is not as rigaud writes it: \(error.reason)")
        }
    }

    /// Where the body begins, once the first line is known to be one of ours.
    private static func checkedBody(of bytes: [UInt8], path: String) throws(StateError) -> Int {
        let prefix = Array("{\"formatVersion\":".utf8)
        guard bytes.starts(with: prefix) else {
            throw .damaged(path, "it is not a state of rigaud's, or its beginning is torn")
        }
        let digits = bytes[prefix.count...].prefix(9).prefix { (0x30...0x39).contains($0) }
        guard let version = Int(String(decoding: digits, as: UTF8.self)), version > 0 else {
            throw .damaged(path, "it does not say which version of the format it is in")
        }
        guard version <= SnapshotFormat.version else {
            throw StateError(
                .newer,
                "\(path) is in version \(version) of the format, and this rigaud reads up to \(SnapshotFormat.version). "
                    + "Use the rigaud that wrote it, or a later one. Nothing was changed.",
                command: "rigaud --version")
        }
        guard let lineEnd = bytes.prefix(256).firstIndex(of: 0x0A) else {
            throw .damaged(path, "its first line is torn")
        }
        return lineEnd + 1
    }

    private static func statedChecksum(of line: ArraySlice<UInt8>, path: String) throws(StateError) -> String {
        let text = String(decoding: line, as: UTF8.self)
        let prefix = "{\"formatVersion\":\(version),\"sha256\":\""
        guard text.hasPrefix(prefix), text.hasSuffix("\",\n"), text.utf8.count == prefix.utf8.count + 64 + 3 else {
            throw .damaged(path, "its first line holds no checksum")
        }
        return String(text.dropFirst(prefix.count).prefix(64))
    }

    private static func checksum(of body: ArraySlice<UInt8>) -> String {
        body.withUnsafeBytes { hexadecimal(SHA256.hash(data: $0)) }
    }

    private static func value(of header: SnapshotHeader) -> Value {
        var members: [String: Value] = [
            "author": [
                "host": .string(header.author.host), "time": .string(header.author.time),
                "user": .string(header.author.user), "version": .string(header.author.version),
            ],
            "intents": .integer(Int64(header.intentCount)),
            "lineage": .string(header.lineage.description),
            "records": .integer(Int64(header.recordCount)),
            "serial": .integer(Int64(header.serial)),
        ]
        members["commit"] = header.source.commit.map { .string($0) }
        members["digest"] = header.source.digest.map { .string($0) }
        members["stack"] = header.source.stack.map { .string($0) }
        return .map(members)
    }

    private static func header(of value: Value, _ json: JSONReader) throws(JSONError) -> SnapshotHeader {
        guard let author = value["author"], let version = author["version"]?.text, let host = author["host"]?.text,
            let user = author["user"]?.text, let time = author["time"]?.text,
            let lineage = (value["lineage"]?.text).flatMap({ ObjectID($0) }),
            let serial = value["serial"]?.number, serial > 0, serial < Int64.max,
            let records = value["records"]?.number, let intents = value["intents"]?.number,
            value["commit"].map({ $0.text != nil }) ?? true, value["digest"].map({ $0.text != nil }) ?? true,
            value["stack"].map({ $0.text != nil }) ?? true
        else { throw json.failure("a header that lacks something, or holds it in another form") }
        return SnapshotHeader(
            lineage: lineage, serial: Int(serial),
            author: StateAuthor(version: version, host: host, user: user, time: time),
            source: StateSource(
                commit: value["commit"]?.text, digest: value["digest"]?.text, stack: value["stack"]?.text),
            recordCount: Int(records), intentCount: Int(intents))
    }
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
