import Glibc
package import Testing

/// Holds a text against the one that was recorded in `Golden/NAME` beside the test's file.
///
/// `RIGAUD_RECORD=1` records instead: look at the difference before it is committed. A mismatch prints a unified
/// difference and attaches the whole of the text.
package func expectGolden(
    _ actual: String, _ name: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]) + "/Golden"
    let path = "\(folder)/\(name)"
    if getenv("RIGAUD_RECORD") != nil {
        mkdir(folder, 0o755)
        try writeFile(Array(actual.utf8), to: path)
        return
    }
    guard access(path, F_OK) == 0 else {
        Issue.record("\(path) is not recorded yet; RIGAUD_RECORD=1 does.", sourceLocation: sourceLocation)
        return
    }
    let expected = String(decoding: try readFile(path), as: UTF8.self)
    guard actual != expected else { return }
    Attachment.record(actual, named: name, sourceLocation: sourceLocation)
    let difference = unifiedDifference(from: expected, to: actual, named: name)
    Issue.record(
        "\(name) is not as recorded. Where the new text is right, RIGAUD_RECORD=1 records it.\n\(difference)",
        sourceLocation: sourceLocation)
}
