/// A span of time as people read it.
package func durationText(_ duration: Duration) -> String {
    let seconds = duration.inSeconds
    if seconds < 1 { return "\(Int(seconds * 1000)) ms" }
    if seconds < 60 { return "\(Int(seconds)).\(Int(seconds * 10) % 10) s" }
    return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
}

package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// A number with commas between its thousands.
func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return text
}

/// Seconds since 1970 as RFC 3339, in UTC: `2026-11-25T09:30:00Z`.
///
/// The days are counted by the proleptic Gregorian calendar, in eras of 400 years that begin in March.
package func timestamp(_ seconds: Int64) -> String {
    let bounded = min(max(seconds, -62_135_596_800), 253_402_300_799)
    let day = bounded >= 0 ? bounded / 86_400 : (bounded - 86_399) / 86_400
    let rest = bounded - day * 86_400
    let shifted = day + 719_468
    let era = shifted / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * ofYear + 2) / 153
    let dayOfMonth = ofYear - (153 * month + 2) / 5 + 1
    let civilMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
    let date = "\(padded(year, 4))-\(padded(civilMonth, 2))-\(padded(dayOfMonth, 2))"
    return "\(date)T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var inMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }

    /// Seconds with three decimal places: `12.045`.
    var secondsText: String {
        let milliseconds = max(0, inMilliseconds)
        return "\(milliseconds / 1000).\(padded(milliseconds % 1000, 3))"
    }
}

extension String {
    /// What came from outside, made harmless for a reader: control characters, and those that turn the direction of
    /// the text around them, are shown as `\u{..}`. Line feeds stay.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isTreacherous) else { return self }
        return unicodeScalars.map { $0.isTreacherous ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
    }

    /// `printable`, on one line; an end of line at its end is not said.
    var oneLine: String {
        guard contains(where: \.isNewline) else { return printable }
        var lines = split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: " ⏎ ").printable
    }

    /// At most `limit` characters, and how many there were.
    func shortened(to limit: Int) -> String {
        guard utf8.count > limit, count > limit else { return self }
        return "\(prefix(limit))… (\(counted(count, "character")) in all)"
    }

    /// Each scalar as `replace` writes it; nil leaves it as it is.
    func replacingScalars(_ replace: (Unicode.Scalar) -> String?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if let text = replace(scalar) {
                result.append(contentsOf: text.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    fileprivate var isTreacherous: Bool {
        switch value {
        case 0x0A: false
        case 0..<0x20, 0x7F..<0xA0: true
        // Marks, embeddings, overrides and isolates of direction, and the separators of lines and paragraphs.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        // What XML cannot hold.
        case 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
