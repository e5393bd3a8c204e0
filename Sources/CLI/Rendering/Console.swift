import Glibc
import Model

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
        for diagnostic in diagnostics.sorted(by: { $0.severity < $1.severity }) {
            if isQuiet && diagnostic.severity != .error { continue }
            complain(render(diagnostic, style: errors))
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

/// A diagnostic as people read it.
func render(_ diagnostic: Diagnostic, style: Style, width: Int = 100) -> String {
    let (word, ink): (String, Style.Ink) =
        switch diagnostic.severity {
        case .error: ("error", .red)
        case .warning: ("warning", .yellow)
        case .notice: ("notice", .cyan)
        }
    var lines = ["\(style(word, ink, .bold)): \(style(diagnostic.summary.printable, .bold))"]
    var place: [String] = []
    if let location = diagnostic.location { place.append(location.description.printable) }
    if let address = diagnostic.address { place.append(address.description.printable) }
    if !place.isEmpty { lines.append("  " + style(place.joined(separator: "  "), .dim)) }
    lines += diagnostic.detail.printable.wrapped(to: width - 2).map { "  \($0)" }
    if let command = diagnostic.command { lines.append("    \(style(command.printable, .cyan))") }
    return lines.joined(separator: "\n")
}

extension Diagnostic {
    /// A host's error as a diagnostic about something.
    init(_ error: HostError, _ severity: Severity = .error, address: Address? = nil) {
        self.init(
            severity, "host-\(error.reason.rawValue)", error.summary, error.detail, command: error.command,
            address: address)
    }
}
