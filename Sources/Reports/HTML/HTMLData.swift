import Model

/// What the page's script makes its table of, as JSON that can stand within a script element.
///
/// Keys are short, and what is nothing is left out: there may be ten thousand objects.
struct HTMLData {
    private let report: RunReport
    private let findings: [Finding]

    init(_ report: RunReport, _ findings: [Finding]) {
        self.report = report
        self.findings = findings
    }

    var bytes: [UInt8] { HTMLData.embedded(JSONWriter.bytes(of: value)) }

    /// Where the data of the page end, no text within them can: `<` and the separators that are line ends to a script
    /// are written as escapes, which JSON allows in strings, and nowhere else do they occur.
    static func embedded(_ json: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(json.count + json.count / 16)
        for (index, byte) in json.enumerated() {
            switch byte {
            case UInt8(ascii: "<"): result += Array(#"\u003c"#.utf8)
            case UInt8(ascii: ">"): result += Array(#"\u003e"#.utf8)
            case UInt8(ascii: "&"): result += Array(#"\u0026"#.utf8)
            case 0xA8 where isSeparator(json, index): replaceTail(&result, #"\u2028"#)
            case 0xA9 where isSeparator(json, index): replaceTail(&result, #"\u2029"#)
            default: result.append(byte)
            }
        }
        return result
    }

    private static func isSeparator(_ json: [UInt8], _ index: Int) -> Bool {
        index >= 2 && json[index - 2] == 0xE2 && json[index - 1] == 0x80
    }

    private static func replaceTail(_ bytes: inout [UInt8], _ text: String) {
        bytes.removeLast(2)
        bytes += Array(text.utf8)
    }

    private var value: Value {
        let hosts = Set(findings.map(\.object.host)).sorted()
        let hostIndex = Dictionary(uniqueKeysWithValues: hosts.enumerated().map { ($1, $0) })
        let index = Dictionary(uniqueKeysWithValues: findings.enumerated().map { ($1.address, $0) })
        let seen = Dictionary(grouping: report.drift, by: \.address)
        return [
            "hosts": .list(hosts.map { .string($0.hostName) }),
            "costs": .list(Disruption.allCases.map { .string($0.rawValue) }),
            "objects": .list(
                findings.map { finding in
                    var members = members(of: finding)
                    members["h"] = .integer(Int64(hostIndex[finding.object.host] ?? 0))
                    let needs = finding.object.needs.compactMap { index[$0] }
                    if !needs.isEmpty { members["r"] = .list(needs.map { .integer(Int64($0)) }) }
                    if let drift = seen[finding.address] { members["w"] = .list(drift.map(words(of:))) }
                    return .map(members)
                }),
        ]
    }

    private func members(of finding: Finding) -> [String: Value] {
        var members: [String: Value] = [
            "a": .string(finding.address.words), "k": .string(finding.object.kind.rawValue),
        ]
        if finding.verdict == .unchanged { return members }
        members["x"] = .string(finding.word)
        members["s"] = .string(finding.symbol)
        members["c"] = .string(finding.tone)
        members["d"] = .string(finding.disruption.rawValue)
        members["t"] = .list(tags(of: finding))
        if !finding.note.isEmpty { members["n"] = .string(finding.note.oneLine) }
        if let failure = finding.failure { members["e"] = .string(failure.detail.printable) }
        if let origin = finding.planned?.change.origin {
            members["o"] = .string("\(origin.file):\(origin.line)".oneLine)
        }
        let fields = self.fields(of: finding)
        if !fields.isEmpty { members["f"] = .list(fields) }
        return members
    }

    /// The tiles that count it.
    private func tags(of finding: Finding) -> [Value] {
        var tags: [Value] = []
        if let planned = finding.planned {
            tags.append(.string(planned.change.action.rawValue))
            if planned.change.cause != .config { tags.append("drift") }
            if planned.refusal != nil { tags.append("refused") }
            if planned.leavesPendingRestart { tags.append("pendingRestart") }
        }
        if finding.pending?.disruption == .restart { tags.append("pendingRestart") }
        if finding.isInConflict { tags.append("conflict") }
        if finding.isUnknown { tags.append("unknown") }
        if finding.failure != nil { tags.append("failed") }
        if finding.suspension != nil { tags.append("suspended") }
        return tags
    }

    private func fields(of finding: Finding) -> [Value] {
        if let planned = finding.planned {
            return planned.change.visible(planned.fieldDisruptions).map { line(of: $0.field, costing: $0.disruption) }
        }
        guard let pending = finding.pending else { return [] }
        return pending.fields.visible.map { line(of: $0, costing: pending.disruption) }
    }

    private func line(of field: FieldChange, costing disruption: Disruption) -> Value {
        let attribute = field.path.attribute
        func words(_ value: Value) -> Value {
            value.isNull ? .null : .string(text(of: value, for: attribute).shortened(to: 20_000))
        }
        return [
            .string(field.path.label.oneLine), words(field.before),
            field.after.isNull ? .null : .string(field.afterText.shortened(to: 20_000)), .string(disruption.rawValue),
            .string(field.cause.words), field.origin.map { .string("\($0.file):\($0.line)".oneLine) } ?? .null,
        ]
    }

    private func words(of record: DriftRecord) -> Value {
        let what = record.path.flatMap(AttributePath.init(_:))?.label ?? record.path ?? "the object"
        let since = "\(what.oneLine): \(record.status.rawValue), first seen \(timestamp(record.firstSeen))"
        return .string(record.runs > 1 ? "\(since), in \(record.runs) runs" : since)
    }
}
