/// Colours and weights for a terminal. Symbols come before colour: without it, nothing is lost.
struct Style: Sendable {
    enum Ink: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case magenta = "35"
        case cyan = "36"
    }

    let isColored: Bool

    static let plain = Style(isColored: false)

    func callAsFunction(_ text: String, _ inks: Ink...) -> String {
        guard isColored, !inks.isEmpty, !text.isEmpty else { return text }
        return "\u{1B}[\(inks.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}

extension String {
    /// Padded with spaces to a width in characters; what is longer stays, with one space after it if `always`.
    func padded(to width: Int) -> String {
        let missing = width - count
        return missing > 0 ? self + String(repeating: " ", count: missing) : self
    }

    /// Broken at spaces into lines of at most `width` characters; a longer word stays whole.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for paragraph in split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                if line.isEmpty {
                    line = String(word)
                } else if line.count + 1 + word.count <= width {
                    line += " \(word)"
                } else {
                    lines.append(line)
                    line = String(word)
                }
            }
            lines.append(line)
        }
        return lines
    }
}
