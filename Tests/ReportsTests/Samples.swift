import Model
import TestSupport
import Testing

@testable import Reports

/// Reports of runs that never were: every kind of finding once.
enum Samples {
    static let gib: Int64 = 1 << 30
    static let east = Host(Address(kind: "Provider", name: "east"), uri: "qemu+ssh://east.example/system")
    static let west = Host(Address(kind: "Provider", name: "west"), uri: "qemu+ssh://west.example/system")
    static let digest = String(repeating: "5f0c", count: 16)

    static func reference(_ kind: ResourceKind, _ name: String, on host: Host = east) -> ObjectReference {
        ObjectReference(kind, host: host.address, name: name, pool: kind == .volume ? "default" : nil)
    }

    static func field(
        _ path: String, _ before: Value, _ after: Value, _ cause: Cause = .config, line: Int? = 14
    ) -> FieldChange {
        let origin = line.map { SourceLocation(file: "vms/db.yaml", line: $0, column: 3) }
        return FieldChange(
            AttributePath(path) ?? AttributePath(.description), before: before, after: after, cause: cause,
            origin: cause == .drift ? nil : origin)
    }

    static func change(
        _ action: Change.Action, _ address: String, _ kind: ResourceKind = .domain, cause: Cause = .config,
        on host: Host = east, fields: [FieldChange] = [], costing disruption: Disruption = .none,
        refusal: Refusal? = nil, pendingRestart: Bool = false, needs: [String] = []
    ) -> PlannedChange {
        let address = Lab.address(address)
        let reference = reference(kind, String(address.name), on: host)
        let desired =
            action == .delete
            ? nil
            : Resource(
                address, reference, needs: needs.map(Lab.address),
                origin: SourceLocation(file: "vms/db.yaml", line: 3))
        return PlannedChange(
            Change(action, address, object: reference, cause: cause, fields: fields, desired: desired),
            fieldDisruptions: fields.map { _ in disruption }, disruption: disruption, refusal: refusal,
            leavesPendingRestart: pendingRestart)
    }

    static func step(_ id: Int, _ verb: Operation.Verb, _ address: String, after: [Int] = []) -> Step {
        let operation = Operation(verb, reference(.domain, "x"), of: Lab.address(address))
        return Step(id: id, operation: operation, after: after, effect: .none)
    }

    static var plan: Plan {
        Plan(
            stack: "lab", lineage: Lab.lineage, serial: 7, digest: digest,
            hosts: [
                HostStatus(east),
                HostStatus(
                    west,
                    error: HostError(.unreachable, "The host cannot be reached", "Nothing listens at west.example.")),
            ],
            changes: [
                change(.delete, "Network/old", .network, costing: .delete),
                change(
                    .adopt, "Pool/images", .pool, fields: [field("active", false, true)], costing: .live),
                change(
                    .update, "VirtualMachine/cache", cause: .drift,
                    fields: [field("power", "Off", "On", .drift), field("vcpus", 4, 2, .drift)], costing: .live,
                    needs: ["VirtualMachine/cache/disk/root", "Network/lan"]),
                change(
                    .update, "VirtualMachine/db", cause: .both,
                    fields: [
                        field("memory", .integer(4 * gib), .integer(8 * gib)),
                        field("memory/maximum", .integer(4 * gib), .integer(8 * gib)),
                        field("description", "made | by `hand`\nand <b>@here</b>", .string(Secret.mask), .both),
                    ], costing: .restart, pendingRestart: true,
                    needs: ["VirtualMachine/db/disk/root", "Network/lan"]),
                change(
                    .delete, "VirtualMachine/scratch", costing: .deleteData, refusal: .needsLeave(.deleteData)),
                change(
                    .create, "VirtualMachine/web-1",
                    fields: [
                        field("vcpus", .null, 2, line: 3), field("memory", .null, .integer(4 * gib), line: 3),
                        field("disks/root/source", .null, "default/web-1-root", line: 9),
                    ], costing: .none, needs: ["VirtualMachine/web-1/disk/root", "Network/lan"]),
                change(
                    .create, "VirtualMachine/web-1/disk/root", .volume,
                    fields: [field("capacity", .null, .integer(20 * gib), line: 9)], needs: ["Pool/images"]),
            ],
            steps: [
                step(1, .create, "VirtualMachine/web-1/disk/root"),
                step(2, .create, "VirtualMachine/web-1", after: [1]),
                step(3, .update, "VirtualMachine/db"), step(4, .delete, "Network/old"),
            ],
            pendingRestarts: [
                PendingRestart(
                    Lab.address("VirtualMachine/mail"), object: reference(.domain, "mail"),
                    fields: [field("machine", "pc-q35-7.1", "pc-q35-7.2", line: nil)])
            ],
            unchanged: 4, unknown: [Lab.address("VirtualMachine/ns/far")],
            diagnostics: [
                Diagnostic(
                    .warning, "host-moved", "A host is reached at another place than before",
                    "What is recorded there was applied elsewhere.", address: east.address)
            ])
    }

    static func objects(of plan: Plan) -> [StackObject] {
        let changed = plan.changes.map { StackObject(of: $0.change) }
        let others = [
            StackObject(Lab.address("Network/lan"), .network, host: east.address),
            StackObject(
                Lab.address("VirtualMachine/cache/disk/root"), .volume, host: east.address,
                needs: [Lab.address("Pool/images")]),
            StackObject(
                Lab.address("VirtualMachine/db/disk/root"), .volume, host: east.address,
                needs: [Lab.address("Pool/images")]),
            StackObject(
                Lab.address("VirtualMachine/mail"), .domain, host: east.address, needs: [Lab.address("Network/lan")]),
            StackObject(Lab.address("VirtualMachine/ns/far"), .domain, host: west.address),
        ]
        return (changed.filter { $0.address.kind != "Network" || $0.address.name != "old" } + others)
            .sorted { $0.address < $1.address }
    }

    static func report(_ verb: String = "plan", _ plan: Plan? = plan, exitStatus: Int32 = 3) -> RunReport {
        var report = RunReport(
            verb, version: "0.1.0", stack: plan?.stack ?? "lab", started: 1_795_600_000,
            duration: .milliseconds(1234), exitStatus: exitStatus,
            source: .init(
                .directory, location: "stacks/lab", commit: "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3", isDirty: true,
                digest: digest),
            plan: plan,
            diagnostics: [
                Diagnostic(
                    .notice, "foreign-document", "A document of a foreign kind is skipped",
                    "CronJob is not a kind of ours; see www.example.com or mail @ops.",
                    at: SourceLocation(file: "./vms/a b.yaml", line: 3, column: 1))
            ])
        if let plan { report.objects = objects(of: plan) }
        return report
    }

    /// With all that a drift run can know.
    static var drift: RunReport {
        var report = report("drift")
        report.drift = [
            DriftRecord(
                Lab.address("VirtualMachine/cache"), path: "power", status: .still, firstSeen: 1_795_000_000,
                lastSeen: 1_795_600_000, runs: 4),
            DriftRecord(
                Lab.address("VirtualMachine/cache"), path: "vcpus", status: .new, firstSeen: 1_795_600_000,
                lastSeen: 1_795_600_000, runs: 1),
        ]
        report.ignored = [
            IgnoreRule(nil, path: "description", reason: "edited by the console", uses: 2),
            IgnoreRule(
                Lab.address("VirtualMachine/db"), path: "vcpus", reason: "a test", until: "2026-01-31", uses: 0,
                isExpired: true),
        ]
        report.suspended = [
            Suspension(Lab.address("VirtualMachine/mail"), reason: "moves to another host", until: "2026-12-31")
        ]
        report.unmanaged = [UnmanagedObject(host: east.address, kind: .domain, name: "pet")]
        report.lastSuccess = 1_795_500_000
        return report
    }

    static var applied: RunReport {
        var report = report("apply", exitStatus: 4)
        let full = HostError(
            .full, "There is no room on the host", "The pool default has 3 GiB left, and 20 GiB are wanted.")
        let steps = plan.steps
        report.apply = ApplyOutcome(steps: [
            .init(steps[3], .done, duration: .milliseconds(45)), .init(steps[2], .done, duration: .milliseconds(310)),
            .init(steps[0], .failed(full), duration: .milliseconds(1020)), .init(steps[1], .skipped(waitsFor: 1)),
        ])
        return report
    }

    static var inSync: RunReport {
        var report = report(
            "plan",
            Plan(
                stack: "lab", lineage: Lab.lineage, serial: 7, digest: digest, hosts: [HostStatus(east)], unchanged: 2),
            exitStatus: 0)
        report.diagnostics = []
        report.objects = [
            StackObject(Lab.address("Network/lan"), .network, host: east.address),
            StackObject(
                Lab.address("VirtualMachine/db"), .domain, host: east.address, needs: [Lab.address("Network/lan")]),
        ]
        return report
    }

    /// Manifests that are broken: no plan.
    static var invalid: RunReport {
        var report = report("validate", nil, exitStatus: 1)
        report.source.digest = ""
        report.diagnostics.append(
            Diagnostic(
                .error, "unknown-field", "A field is not known", "spec.memroy is not a field of a VMClass; memory is.",
                command: "rigaud schema VMClass", at: SourceLocation(file: "/srv/class.yaml", line: 7, column: 5)))
        return report
    }

    /// Names and values that want to be markup, mention somebody or turn the text around them.
    static let hostileTexts = [
        "</script><script>document.title='pwned'</script>", "\"><img src=x onerror=alert(1)>", "a|b\\|c`d``e",
        "--> <!-- @everyone #1 :tada: https://evil.example www.evil.example",
        "\u{202E}evil\u{2066}\u{2028}next\u{0}\u{1B}[2J",
        "שלום عالم", "👩‍👩‍👧 emoji", "line\nbreak\r\n| --- |\n</details>\n# heading",
        "{{7*7}} ${7*7} %0a 'quoted' &lt;amp&amp;",
    ]

    static var hostile: RunReport {
        var plan = Plan(
            stack: hostileTexts[0], digest: digest, hosts: [HostStatus(Host(east.address, uri: hostileTexts[1]))])
        for (index, text) in hostileTexts.enumerated() {
            let name = "\(index)" + text.filter { $0 != "/" }
            let address = Address(kind: "VirtualMachine", name: name)
            let fields = [
                FieldChange(
                    AttributePath(.diskCache, text.filter { $0 != "/" }), before: .string(text),
                    after: .list([.string(text)])),
                FieldChange(
                    AttributePath(.description), before: .null, after: .map([text: .string(text)]),
                    origin: SourceLocation(file: text, line: 1)),
            ]
            plan.changes.append(
                PlannedChange(
                    Change(
                        .update, address,
                        object: ObjectReference(.domain, host: Address(kind: "Provider", name: name), name: text),
                        cause: .both, fields: fields),
                    fieldDisruptions: [.live, .live], disruption: .live))
        }
        var report = report("plan", plan)
        report.source.location = hostileTexts[7]
        report.source.commit = hostileTexts[0]
        report.objects = plan.changes.map { StackObject(of: $0.change) }
        report.suspended = [Suspension(Address(kind: "VirtualMachine", name: "none"), reason: hostileTexts[1])]
        report.ignored = hostileTexts.map { IgnoreRule(nil, path: $0, reason: $0, uses: 0) }
        report.diagnostics = hostileTexts.map {
            Diagnostic(
                .error, "hostile", $0, $0, command: $0, address: Address(kind: "Kind", name: $0),
                at: SourceLocation(file: $0, line: 0, column: 0))
        }
        return report
    }

    /// So many machines on four hosts, each tenth of which changes.
    static func large(_ count: Int) -> RunReport {
        let hosts = (1...4).map {
            Host(Address(kind: "Provider", name: "host-\($0)"), uri: "qemu+ssh://host-\($0)/system")
        }
        var plan = Plan(
            stack: "large", lineage: Lab.lineage, serial: 3, digest: digest, hosts: hosts.map { HostStatus($0) })
        var objects = hosts.map { host in
            StackObject(Address(kind: "Network", name: "lan-\(host.address.name)"), .network, host: host.address)
        }
        for index in 0..<count {
            let host = hosts[index % 4]
            let digits = String(index)
            let name = "VirtualMachine/vm-\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits)"
            let needs = ["Network/lan-\(host.address.name)"]
            objects.append(StackObject(Lab.address(name), .domain, host: host.address, needs: needs.map(Lab.address)))
            guard index.isMultiple(of: 10) else { continue }
            plan.changes.append(
                change(
                    .update, name, cause: index.isMultiple(of: 70) ? .drift : .config, on: host,
                    fields: [
                        field("memory", .integer(Int64(index + 1) << 20), .integer(8 * gib)), field("vcpus", 1, 2),
                    ],
                    costing: index.isMultiple(of: 30) ? .restart : .live, needs: needs))
        }
        plan.unchanged = objects.count - plan.changes.count
        var report = report("plan", plan)
        report.objects = objects.sorted { $0.address < $1.address }
        report.diagnostics = []
        return report
    }
}

/// A report as an argument of a test, which a list of tests shows by its name alone.
struct NamedReport: Sendable, CustomTestStringConvertible {
    let name: String
    let report: RunReport

    init(_ name: String, _ report: RunReport) {
        self.name = name
        self.report = report
    }

    var testDescription: String { name }
}
