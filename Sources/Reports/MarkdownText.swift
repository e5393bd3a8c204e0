/// Words from outside, written so that a Markdown renderer shows them and does nothing else with them.
///
/// Everything stands in a code element: there GitHub, GitLab and Forgejo look for no mentions, references or emoji.
enum MarkdownText {
    /// A value in a paragraph or in the cell of a table.
    static func code(_ text: String) -> String {
        let line = text.shortened(to: limit).oneLine
        // In a span nothing is special but the backtick; the bar would end a cell even there, unless a backslash that
        // comes before it is escaped, on which renderers do not agree.
        let isPlain = line.unicodeScalars.allSatisfy { $0 != "`" && $0 != "|" && $0 != "\\" }
        let isBlank = line.allSatisfy { $0 == " " }
        return isPlain && !isBlank ? "`\(line)`" : html(line, everything: true)
    }

    /// A value within HTML, such as a summary.
    static func html(_ text: String) -> String { html(text.shortened(to: limit).oneLine, everything: false) }

    /// Whole sentences of ours with words from outside in them: shown as they are, on one line.
    static func prose(_ text: String) -> String {
        let scalars = Array(text.oneLine.unicodeScalars)
        return scalars.indices.map { index in
            let scalar = scalars[index]
            let former = index > 0 ? scalars[index - 1] : " "
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            let isPlain =
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", " ", ",", "/", "'", "(", ")", "?", ";": true
                // Begin a list, or a web address without a scheme.
                case ".": !("0"..."9" ~= former || former == "w" || former == "W") || next == " " && index > 3
                case "-": index > 0
                // An address with a scheme, an emoji.
                case ":": next == " "
                default: !scalar.isASCII
                }
            if isPlain { return String(scalar) }
            // Forges look for `@name` in the finished page: the comment comes in between.
            return scalar == "@" ? "&#64;<!-- -->" : "&#\(scalar.value);"
        }.joined()
    }

    /// A command on a line of its own.
    static func block(_ command: String) -> String {
        // The fence is one backtick longer than any run of them within.
        var (longest, run) = (2, 0)
        for character in command {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)sh\n\(command.oneLine)\n\(fence)"
    }

    /// A name in a hidden comment: everything but letters, digits and `._/-` as in an address of the web.
    static func comment(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"),
                UInt8(ascii: "-"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    /// Characters of one value: a plan is read by people.
    private static let limit = 1000

    private static func html(_ text: String, everything: Bool) -> String {
        let escaped = text.replacingScalars { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", " ": nil
            case "&", "<", ">", "\"", "'": "&#\(scalar.value);"
            case _ where everything && scalar.isASCII: "&#\(scalar.value);"
            default: nil
            }
        }
        return "<code>\(escaped)</code>"
    }
}
