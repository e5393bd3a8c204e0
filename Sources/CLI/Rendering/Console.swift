import Glibc
import Model
import Reports

/// Where a command's words go: results to standard output, everything said about them to standard error.
struct Console: Sendable {
    let output: Style
    let errors: Style
    let isQuiet: Bool
    /// Both a person's keyboard and screen are there to ask and answer.
    let isInteractive: Bool

    init(isColorAllowed: Bool, isQuiet: Bool) {
        let wantsColor =
            isColorAllowed && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"
        output = Style(isColored: wantsColor && isatty(STDOUT_FILENO) == 1)
        errors = Style(isColored: wantsColor && isatty(STDERR_FILENO) == 1)
        isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
        self.isQuiet = isQuiet
    }

    func print(_ text: String, terminator: String = "\n") { Console.write(text + terminator, to: STDOUT_FILENO) }

    func print(bytes: [UInt8]) { Console.write(bytes, to: STDOUT_FILENO) }

    /// Something said by the way; `--quiet` keeps it back.
    func remark(_ text: String, terminator: String = "\n") {
        if !isQuiet { Console.write(text + terminator, to: STDERR_FILENO) }
    }

    func complain(_ text: String) { Console.write(text + "\n", to: STDERR_FILENO) }

    func show(_ diagnostics: [Diagnostic]) {
        for block in blocks(of: diagnostics.filter { !isQuiet || $0.severity == .error }, style: errors) {
            complain(block)
        }
    }

    /// Asks until there is an answer; nil at the end of the input.
    func ask(_ question: String) -> String? {
        Console.write(question, to: STDERR_FILENO)
        return readLine()
    }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        bytes.withUnsafeBytes { buffer in
            while offset < buffer.count {
                let written = Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
                if written < 0 && errno == EINTR { continue }
                if written <= 0 { return }
                offset += written
            }
        }
    }
}

/// Diagnostics as people read them, the worst first: each error by itself, warnings and notices of one kind under one
/// heading, and what holds in several places said once.
func blocks(of diagnostics: [Diagnostic], style: Style, width: Int = 100) -> [String] {
    let sorted = diagnostics.sorted { $0.severity < $1.severity }
    let errors = sorted.prefix { $0.severity == .error }.map { [$0] }
    let rest = Array(sorted.dropFirst(errors.count)).grouped { "\($0.severity.rawValue) \($0.code) \($0.summary)" }
    return (errors + rest).map { block(of: $0, style: style, width: width) }
}

private func block(of group: [Diagnostic], style: Style, width: Int) -> String {
    guard let first = group.first else { return "" }
    let (word, ink): (String, Style.Ink) =
        switch first.severity {
        case .error: ("error", .red)
        case .warning: ("warning", .yellow)
        case .notice: ("notice", .cyan)
        }
    var lines = ["\(style(word, ink, .bold)): \(style(first.summary.printable, .bold))"]
    for same in group.grouped(by: { "\($0.detail)\n\($0.command ?? "")" }) {
        lines += same.map(\.place).filter { !$0.isEmpty }.map { "  " + style($0, .dim) }
        lines += same[0].detail.printable.wrapped(to: width - 2).map { "  \($0)" }
        if let command = same[0].command { lines.append("    \(style(command.printable, .cyan))") }
    }
    return lines.joined(separator: "\n")
}

extension Array {
    /// Those with equal keys together, in the order in which the keys first come.
    fileprivate func grouped(by key: (Element) -> String) -> [[Element]] {
        var groups: [[Element]] = []
        var indices: [String: Int] = [:]
        for element in self {
            let key = key(element)
            if let index = indices[key] {
                groups[index].append(element)
            } else {
                indices[key] = groups.count
                groups.append([element])
            }
        }
        return groups
    }
}

extension Diagnostic {
    /// Where it is and what it is about, as far as that is known.
    fileprivate var place: String {
        [location?.description.printable, address?.description.printable].compactMap(\.self).joined(separator: "  ")
    }

    /// A host's error as a diagnostic about something.
    init(_ error: HostError, _ severity: Severity = .error, address: Address? = nil) {
        self.init(
            severity, "host-\(error.reason.rawValue)", error.summary, error.detail, command: error.command,
            address: address)
    }
}
