import Crypto
import Model
import Testing

@testable import StateFile

@Suite struct SavedPlanTests {
    static let lineage = ObjectID(high: 1, low: 2)

    /// Some of everything: what is made, changed, resized through its domain, deleted, refused, recorded and forgotten.
    static var sample: SavedPlan {
        let (web, disk, old) = (domain("web"), volume("web"), domain("old"))
        var larger = disk
        larger.attributes[.capacity] = .integer(2 << 30)
        var new = domain("new")
        new.attributes[.power] = nil
        let started = domain("new")
        let origin = SourceLocation(file: "lab.yaml", line: 14, column: 3)
        var growth = FieldChange(
            AttributePath(.capacity), before: 1_073_741_824, after: 2_147_483_648, cause: .both, origin: origin)
        growth.isLeast = true
        let changes = [
            PlannedChange(
                Change(
                    .create, new.address, object: new.object, cause: .config,
                    fields: new.attributes.map { FieldChange($0.path, before: .null, after: $0.value, origin: origin) },
                    desired: Resource(new.address, new.object, needs: new.needs, origin: origin)),
                fieldDisruptions: new.attributes.map { _ in .none }, disruption: .none, dependsOn: [disk.address]),
            PlannedChange(
                Change(
                    .delete, old.address, object: old.object, cause: .config, record: old, isRunning: true,
                    features: [.resize, .hotplug]), fieldDisruptions: [], disruption: .deleteData),
            PlannedChange(
                Change(
                    .update, disk.address, object: disk.object, cause: .both, fields: [growth],
                    desired: Resource(disk.address, disk.object), record: disk),
                fieldDisruptions: [.live], disruption: .live, refusal: nil, leavesPendingRestart: true),
            PlannedChange(
                Change(.delete, web.address, object: web.object, cause: .config, record: web), fieldDisruptions: [],
                disruption: .deleteData, refusal: .needsLeave(.deleteData)),
        ].sorted { $0.change.address < $1.change.address }
        let steps = [
            Step(
                id: 1,
                operation: Operation(
                    .create, new.object, of: new.address, set: new.attributes,
                    stamp: Stamp(lineage: lineage, address: new.address)), after: [], effect: .put(new)),
            Step(
                id: 2, operation: Operation(.stop, old.object, of: old.address, timeout: 60, force: true), after: [],
                effect: .none),
            Step(
                id: 3, operation: Operation(.start, new.object, of: new.address), after: [1, 2], effect: .put(started)),
            Step(
                id: 4,
                operation: Operation(
                    .updateLive, web.object, of: disk.address,
                    set: Attributes([(AttributePath(.diskCapacity, "root"), .integer(2 << 30))])), after: [],
                effect: .put(larger)),
            Step(id: 5, operation: Operation(.delete, old.object, of: old.address), after: [2], effect: .remove),
        ]
        var spare = domain("spare")
        spare.isProtected = true
        let gone = Address(kind: "VirtualMachine", name: "gone")
        var plan = Plan(
            stack: "lab", lineage: lineage, serial: 7, digest: "ab12",
            hosts: [
                HostStatus(Host(lab, uri: labURI, origin: origin)),
                HostStatus(
                    Host(Address(kind: "Provider", name: "far"), uri: "qemu+ssh://far/system"),
                    error: HostError(.unreachable, "No way there", "It does not answer.", command: "ping far")),
            ], changes: changes, steps: steps,
            pendingRestarts: [PendingRestart(spare.address, object: spare.object, fields: [growth])],
            unrecorded: [spare], forgotten: [gone], unchanged: 3, unknown: [Address(kind: "Network", name: "far")],
            diagnostics: [Diagnostic(.warning, "host-moved", "It moved", "To there.", command: "look", address: lab)])
        plan.keepers = [gone: [web.address]]
        plan.leftOut = 2
        plan.suspended = [Suspension(gone, reason: "moved", until: "2027-01-31", at: origin)]
        plan.ignored = [IgnoreRule(nil, path: "vcpus", reason: "a console", uses: 3)]
        plan.deferred = [Deferral(gone, until: web.address, needsLeave: true)]
        let recorded = RecordedState(
            lineage: lineage, serial: 7,
            records: Dictionary(uniqueKeysWithValues: [web, disk, old].map { ($0.address, $0) }), hosts: [lab: labURI])
        return SavedPlan(
            plan, lineage: lineage,
            source: SavedPlan.Source(kind: "git", location: "file:///srv/lab.git//lab", commit: "3f2a", isDirty: false),
            policy: SavedPlan.Policy(allowed: [.restart, .deleteData], targets: [web.address]),
            notices: [Diagnostic(.notice, "foreign", "A foreign document", "It is skipped.", at: origin)],
            preconditions: Preconditions(
                of: plan, recorded: recorded,
                observed: ObservedState(hosts: [lab: .read(host([web, old, spare], [disk]))])
            ))
    }

    /// A host that has these as they are recorded.
    static func host(_ domains: [Record], _ volumes: [Record] = []) -> ObservedHost {
        var host = ObservedHost(features: [.resize])
        for record in domains {
            guard let id = record.object.id else { continue }
            host.objects[id] = ObservedObject(
                record.object, attributes: record.attributes, running: record.attributes,
                stamp: Stamp(lineage: lineage, address: record.address))
            host.names[.domain, default: [:]][record.object.name] = id
        }
        for record in volumes {
            let reference = VolumeReference(pool: record.object.pool ?? "", name: record.object.name)
            host.volumes[reference] = ObservedObject(record.object, attributes: record.attributes)
        }
        return host
    }

    @Test func readsBackWhatWasWritten() throws {
        let saved = Self.sample
        let read = try SavedPlan(saved.bytes, path: "p")
        #expect(read.plan.steps == saved.plan.steps)
        #expect(read.plan.unrecorded == saved.plan.unrecorded && read.plan.forgotten == saved.plan.forgotten)
        #expect(read.plan.hosts == saved.plan.hosts && read.plan.diagnostics == saved.plan.diagnostics)
        #expect(read.preconditions == saved.preconditions)
        #expect((read.plan.suspended, read.plan.ignored) == (saved.plan.suspended, saved.plan.ignored))
        #expect(read.plan.leftOut == 2)
        #expect((read.source, read.policy, read.notices) == (saved.source, saved.policy, saved.notices))
        for (one, other) in zip(read.plan.changes, saved.plan.changes) {
            #expect(one.change.fields == other.change.fields && one.fieldDisruptions == other.fieldDisruptions)
            #expect(one.refusal == other.refusal && one.disruption == other.disruption)
        }
        #expect(read.bytes == saved.bytes, "written again, it is the same")
    }

    /// A reviewer's look at the format. To change it on purpose, change it here too.
    @Test func looksAsExpected() throws {
        let text = String(decoding: Self.sample.bytes, as: UTF8.self)
        let golden = contents(#filePath.replacing("SavedPlanTests.swift", with: "Golden/plan.txt"))
        #expect(text == String(decoding: golden, as: UTF8.self), "\(text)")
        #expect(throws: Never.self) { try JSONReader.value(of: text) }
    }

    @Test func aDamagedOneIsRefused() {
        let bytes = Self.sample.bytes
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: StateError.self, "cut at \(count)") { try SavedPlan(Array(bytes.prefix(count)), path: "p") }
        }
        for index in stride(from: 0, to: bytes.count, by: 11) {
            var edited = bytes
            edited[index] ^= 1
            #expect(throws: StateError.self, "edited at \(index)") { try SavedPlan(edited, path: "p") }
        }
        #expect(throws: StateError.self) { try SavedPlan(bytes + [0x20], path: "p") }
    }

    @Test func aLaterVersionIsNotRead() {
        let later = String(decoding: Self.sample.bytes, as: UTF8.self).replacing(
            "\"formatVersion\":1,", with: "\"formatVersion\":2,")
        let error = #expect(throws: StateError.self) { try SavedPlan(Array(later.utf8), path: "p") }
        #expect(error?.code == .planNewer)
    }

    /// With the right checksum: made to do harm, or by a program that is wrong.
    @Test(
        arguments: [
            ("\"id\":2,", "\"id\":3,"), ("\"id\":1,", "\"id\":99999999999999999999,"),
            ("\"after\":[1,2]", "\"after\":[3]"), ("\"after\":[1,2]", "\"after\":[4]"),
            ("\"after\":[1,2]", "\"after\":[0]"), ("\"after\":[1,2]", "\"after\":[1,1]"),
            ("\"after\":[1,2]", "\"after\":[-1]"), ("\"after\":[1,2]", "\"after\":\"1\""),
            ("\"timeout\":60", "\"timeout\":-1"), ("\"timeout\":60", "\"timeout\":9000000000000"),
            ("\"verb\":\"start\"", "\"verb\":\"explode\""), ("\"verb\":\"start\"", "\"verb\":7"),
            ("\"serial\":7", "\"serial\":-7"), ("\"serial\":7", "\"serial\":\"7\""),
            ("\"serial\":7", "\"serial\":null"),
            ("\"stack\":\"lab\"", "\"stack\":[]"), ("\"stack\":\"lab\",", ""),
            ("\"simulated\":false", "\"simulated\":false,\"more\":1"), ("\"steps\":[", "\"leaps\":["),
            ("\"changes\":[", "\"changes\":[7,"), ("\"objects\":[", "\"objects\":[{},"),
            ("\"remove\":\"VirtualMachine/default/old\"", "\"remove\":\"VirtualMachine/default/web\""),
            ("\"stack\":\"lab\"", "\"stack\":" + String(repeating: "[", count: 100_000)),
            ("\"refusal\":{\"needsLeave\":\"delete-data\"}", "\"refusal\":{\"needsLeave\":\"all\"}"),
            ("\"unrecorded\":[", "\"unrecorded\":[],\n\"unrecorded\":["),
            ("\"capacity\":2147483648", "\"capacity\":1e9"),
        ])
    func whatNoRigaudWroteIsRefused(text: String, replacement: String) throws {
        let original = String(decoding: Self.sample.bytes, as: UTF8.self)
        let edited = original.replacing(text, with: replacement)
        try #require(original != edited)
        let error = #expect(throws: StateError.self) { try SavedPlan(resealedPlan(edited), path: "p") }
        #expect(error?.code == .planDamaged)
    }

    @Test func whatIsNotOursIsFound() throws {
        let saved = Self.sample
        let records = [domain("web"), volume("web"), domain("old")]
        let recorded = RecordedState(
            lineage: Self.lineage, serial: 7,
            records: Dictionary(uniqueKeysWithValues: records.map { ($0.address, $0) }))
        #expect(saved.stranger(in: recorded) == nil)
        let id = try #require(domain("old").object.id).description
        let text = String(decoding: saved.bytes, as: UTF8.self)
            .replacing(id, with: "00000000-0000-4000-8000-000000000000")
        let edited = try SavedPlan(resealedPlan(text), path: "p")
        #expect(edited.stranger(in: recorded)?.address == domain("old").address)
    }

    @Test func whatMovedIsTold() {
        let saved = Self.sample
        let (web, disk, old) = (domain("web"), volume("web"), domain("old"))
        var recorded = RecordedState(
            lineage: Self.lineage, serial: 9,
            records: Dictionary(uniqueKeysWithValues: [web, disk, old].map { ($0.address, $0) }), hosts: [lab: labURI])
        func moves(_ host: ObservedHost) -> [Move] {
            saved.preconditions.moves(
                of: saved.plan, recorded: recorded, observed: ObservedState(hosts: [lab: .read(host)]))
        }
        let spare = domain("spare")
        #expect(moves(Self.host([web, old, spare], [disk])).isEmpty)
        #expect(moves(Self.host([web, old, spare, domain("other")], [disk])).isEmpty, "it does not touch that one")
        #expect(moves(Self.host([web, spare], [disk])) == [Move(address: old.address, what: .gone)])
        #expect(
            moves(Self.host([web, old, spare, domain("new")], [disk]))
                == [Move(address: domain("new").address, what: .appeared)])
        var taken = Self.host([web, old, spare], [disk])
        taken.names[.domain, default: [:]]["new"] = ObjectID(high: 9, low: 9)
        #expect(moves(taken) == [Move(address: domain("new").address, what: .taken)])
        let changed = domain("old", vcpus: 4)
        let field = FieldChange(AttributePath(.vcpus), before: 2, after: 4, cause: .drift)
        #expect(
            moves(Self.host([web, changed, spare], [disk])) == [Move(address: old.address, what: .defined([field]))],
            "that it runs so is not said again")
        recorded.records[spare.address] = spare
        #expect(moves(Self.host([web, old, spare], [disk])) == [Move(address: spare.address, what: .record)])
        var wanted = spare
        wanted.isProtected = true
        recorded.records[spare.address] = wanted
        #expect(moves(Self.host([web, old, spare], [disk])).isEmpty, "it is recorded as the plan would have it")
        recorded.records[old.address] = nil
        #expect(moves(Self.host([web, old, spare], [disk])) == [Move(address: old.address, what: .record)])
    }

    private static func plan(_ operation: Operation, _ effect: RecordEffect) -> Plan {
        Plan(
            stack: "lab", lineage: lineage, serial: 8, digest: "", hosts: [HostStatus(Host(lab, uri: labURI))],
            steps: [Step(id: 1, operation: operation, after: [], effect: effect)])
    }

    /// The mirror image: another apply has deleted what is built on.
    @Test func whatItRestsOnMustBeThereStill() {
        var (base, new) = (volume("base"), volume("new"))
        new.needs = [base.address]
        var recorded = RecordedState(
            lineage: Self.lineage, serial: 9, records: [base.address: base], hosts: [lab: labURI])
        let observed = ObservedState(hosts: [lab: .read(Self.host([]))])
        let plan = Self.plan(Operation(.create, new.object, of: new.address), .put(new))
        let preconditions = Preconditions(of: plan, recorded: recorded, observed: observed)
        func moves() -> [Move] { preconditions.moves(of: plan, recorded: recorded, observed: observed) }
        #expect(moves().isEmpty)
        base.isProtected = true
        recorded.records[base.address] = base
        #expect(moves().isEmpty, "it may change freely")
        recorded.records[base.address] = nil
        #expect(moves() == [Move(address: base.address, what: .deleted)])
    }

    /// What is deleted, and what the hosts are, is looked at beyond the touched objects themselves.
    @Test func whoCameToUseItIsTold() {
        let (base, late) = (volume("base"), volume("late"))
        var recorded = RecordedState(
            lineage: Self.lineage, serial: 9, records: [base.address: base], hosts: [lab: labURI])
        let observed = ObservedState(hosts: [lab: .read(Self.host([], [base]))])
        let plan = Self.plan(Operation(.delete, base.object, of: base.address), .remove)
        let preconditions = Preconditions(of: plan, recorded: recorded, observed: observed)
        func moves() -> [Move] { preconditions.moves(of: plan, recorded: recorded, observed: observed) }
        #expect(moves().isEmpty)
        recorded.records[late.address] = late
        #expect(moves().isEmpty)
        recorded.records[late.address]?.attributes[.backing] = "default/base-root.qcow2"
        #expect(moves() == [Move(address: base.address, what: .used(by: late.address))])
        recorded.records[late.address]?.attributes[.backing] = nil
        recorded.records[late.address]?.needs = [base.address]
        #expect(moves() == [Move(address: base.address, what: .used(by: late.address))])
        recorded.records[late.address] = nil
        recorded.hosts[lab] = nil
        #expect(moves().isEmpty, "nothing was on it, then or now")
        recorded.hosts[lab] = "test:///other"
        #expect(moves() == [Move(address: lab, what: .moved(to: "test:///other"))])
    }
}

/// A plan's text with the checksum that it should have.
func resealedPlan(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard let end = bytes.firstIndex(of: 10) else { return bytes }
    let body = Array(bytes[(end + 1)...])
    return Array("\(SavedPlanFormat.beginning)1,\"sha256\":\"\(sha256([body]))\",\n".utf8) + body
}
