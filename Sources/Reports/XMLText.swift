/// Text within XML or HTML: nothing in it is markup.
func escapedMarkup(_ text: String) -> String {
    text.printable.replacingScalars { scalar in
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        case "'": "&#39;"
        case "\n": "&#10;"
        default: nil
        }
    }
}
