import Glibc
import Model
import StateFile

/// A directory that goes away with the test.
final class Scratch: Sendable {
    let path: String

    init() {
        path = "/tmp/rigaud-state-\(getpid())-\(UInt64.random(in: .min ... .max))"
        mkdir(path, 0o755)
    }

    deinit { Scratch.remove(path) }

    var location: StateLocation { get throws { try StateLocation(path + "/.rigaud/state.json") } }

    static func remove(_ path: String) {
        for name in names(path) {
            if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        }
        rmdir(path)
    }

    /// The names in a directory, in order.
    static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

func contents(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return bytes
}

func put(_ bytes: [UInt8], at path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

let holder = LockHolder(
    user: "ada", host: "desk", processID: 42, command: "rigaud apply", since: "2026-01-02T03:04:05Z")
let author = StateAuthor(version: "0.1.0", host: "desk", user: "ada", time: "2026-01-02T03:04:05Z")
let source = StateSource(commit: "3f2a91c", digest: "ab12")

let lab = Address(kind: "Provider", name: "lab")
let labURI = "test:///default"

func domain(_ name: String, vcpus: Int64 = 2) -> Record {
    let address = Address(kind: "VirtualMachine", name: name)
    let attributes: Attributes = .init([
        (.init(.power), "On"), (.init(.vcpus), .integer(vcpus)), (.init(.memory), 1_073_741_824),
        (.init(.description), "says \"hello\"\n"), (.init(.diskSource, "root"), .string("default/\(name)-root.qcow2")),
        (.init(.nicSource, "lan"), "network/default"), (.init(.nicMAC, "lan"), "52:54:00:00:00:01"),
    ])
    return Record(
        address,
        ObjectReference(.domain, host: lab, name: name, id: derivedID(ObjectID(high: 1, low: 2), address.text)),
        attributes: attributes, needs: [address.part("disk/root")])
}

func volume(_ name: String, capacity: Int64 = 1 << 30) -> Record {
    Record(
        Address(kind: "VirtualMachine", name: name, part: "disk/root"),
        ObjectReference(.volume, host: lab, name: "\(name)-root.qcow2", pool: "default"),
        attributes: .init([(.init(.capacity), .integer(capacity)), (.init(.volumeFormat), "qcow2")]))
}

func step(_ verb: Operation.Verb, _ record: Record, _ effect: RecordEffect? = nil, id: Int = 1) -> Step {
    Step(
        id: id, operation: Operation(verb, record.object, of: record.address, set: record.attributes), after: [],
        effect: effect ?? (verb == .delete ? .remove : .put(record)))
}

/// Makes a state of these records.
@discardableResult
func fold(_ records: [Record], at location: StateLocation) async throws(StateError) -> Int {
    var session = try await StateSession.open(location, as: holder)
    try session.note(hosts: [lab: labURI], put: records)
    return try session.fold(by: author, from: source)
}
