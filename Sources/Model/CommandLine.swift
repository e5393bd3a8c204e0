/// A command of rigaud's to copy.
/// - Parameters:
///   - options: As a shell takes them: see `shellWord`.
///   - source: What it is about; `.` need not be said.
package func commandLine(_ verb: String, _ options: [String] = [], about source: String = ".") -> String {
    (["rigaud \(verb)"] + options + (source == "." ? [] : [shellWord(source)])).joined(separator: " ")
}
