import Foundation
import Testing

/// The root of the package.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Holds a text against a file of the package. `RIGAUD_RECORD=1` writes the file instead.
func expectGolden(_ text: String, _ path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = root.appending(path: path)
    if ProcessInfo.processInfo.environment["RIGAUD_RECORD"] == "1" {
        try Data(text.utf8).write(to: file)
        return
    }
    let recorded = String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
    if recorded == text { return }
    let pairs = zip(recorded.split(separator: "\n"), text.split(separator: "\n"))
    let difference = pairs.first { $0 != $1 }
    Issue.record(
        "\(path) is stale; record it with RIGAUD_RECORD=1. First difference:\n- \(difference?.0 ?? "(end)")\n+ \(difference?.1 ?? "(end)")",
        sourceLocation: sourceLocation)
}
