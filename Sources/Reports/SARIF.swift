import Model

/// The diagnostics of a run as SARIF 2.1.0 (OASIS), for the code scanning of a forge: a rule a code, a result a diagnostic.
package func sarif(_ report: RunReport) -> [UInt8] {
    JSONWriter.bytes(of: log(of: report), pretty: true) + [UInt8(ascii: "\n")]
}

private func log(of report: RunReport) -> Value {
    let diagnostics = report.allDiagnostics
    // The first of a code speaks for its rule: the summary is constant for the code.
    var rules: [String: Diagnostic] = [:]
    for diagnostic in diagnostics where rules[diagnostic.code] == nil { rules[diagnostic.code] = diagnostic }
    let codes = rules.keys.sorted()
    let indices = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, $0) })
    let driver: Value = [
        "name": "rigaud",
        "version": .string(report.version),
        "rules": .list(codes.compactMap { rules[$0] }.map(rule(of:))),
    ]
    let ended = report.started + report.duration.components.seconds
    return [
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            [
                "tool": ["driver": driver],
                "automationDetails": ["id": .string("rigaud/\(report.verb)/\(report.stack)/")],
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    [
                        // A plan with changes, a drift, a host that is down: the run itself went as it should.
                        "executionSuccessful": .bool([0, 2, 3, 8].contains(report.exitStatus)),
                        "exitCode": .integer(Int64(report.exitStatus)),
                        "startTimeUtc": .string(timestamp(report.started)),
                        "endTimeUtc": .string(timestamp(ended)),
                    ]
                ],
                "results": .list(
                    diagnostics.map { result(of: $0, rule: indices[$0.code] ?? 0, in: report.source.folder) }),
            ]
        ],
    ]
}

private func rule(of diagnostic: Diagnostic) -> Value {
    [
        "id": .string(diagnostic.code),
        "shortDescription": ["text": .string(diagnostic.summary)],
        "defaultConfiguration": ["level": .string(level(of: diagnostic))],
    ]
}

private func result(of diagnostic: Diagnostic, rule: Int, in folder: String) -> Value {
    let sentences = [diagnostic.summary + ".", diagnostic.detail, diagnostic.command.map { "Run: \($0)" }]
    var members: [String: Value] = [
        "ruleId": .string(diagnostic.code),
        "ruleIndex": .integer(Int64(rule)),
        "level": .string(level(of: diagnostic)),
        "message": ["text": .string(sentences.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " "))],
    ]
    var location: [String: Value] = [:]
    if let place = diagnostic.location {
        location["physicalLocation"] = [
            "artifactLocation": [
                "uri": .string(uri(ofFile: folder.isEmpty ? place.file : "\(folder)/\(place.file)"))
            ],
            // Lines and columns count from 1; a place that is nowhere in its file is its beginning.
            "region": [
                "startLine": .integer(Int64(max(1, place.line))), "startColumn": .integer(Int64(max(1, place.column))),
            ],
        ]
    }
    if let address = diagnostic.address {
        location["logicalLocations"] = [["fullyQualifiedName": .string(address.text), "kind": "resource"]]
    }
    if !location.isEmpty { members["locations"] = [.map(location)] }
    return .map(members)
}

private func level(of diagnostic: Diagnostic) -> String {
    switch diagnostic.severity {
    case .error: "error"
    case .warning: "warning"
    case .notice: "note"
    }
}

/// A file's name as a relative reference (RFC 3986), or as a `file` URI where it is absolute.
private func uri(ofFile name: String) -> String {
    var trimmed = Substring(name)
    while trimmed.hasPrefix("./") { trimmed = trimmed.dropFirst(2) }
    let path = trimmed.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            String(UnicodeScalar(byte))
        case _ where "/._-~".utf8.contains(byte): String(UnicodeScalar(byte))
        default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }.joined()
    return path.hasPrefix("/") ? "file://\(path)" : path
}
