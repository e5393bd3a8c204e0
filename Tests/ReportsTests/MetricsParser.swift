/// Reads Prometheus' text exposition format, and refuses what `promtool check metrics` would.
struct MetricsParser {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample {
        let labels: [String: String]
        let value: Double
    }

    static func samples(of text: String) throws -> [String: [Sample]] {
        guard text.hasSuffix("\n") else { throw Failure(description: "no end of line at the end") }
        var samples: [String: [Sample]] = [:]
        var (help, type) = ("", "")
        var seen: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            if line.hasPrefix("# HELP ") {
                help = String(words[2])
                guard samples[help] == nil, words.count == 4 else { throw Failure(description: "\(line)") }
            } else if line.hasPrefix("# TYPE ") {
                type = String(words[2])
                guard type == help, words.last == "gauge" else { throw Failure(description: "\(line)") }
            } else {
                var rest = Substring(line)
                let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") })
                rest = rest.dropFirst(name.count)
                let labels = try labels(&rest)
                guard name == type, !name.isEmpty, rest.first == " ", let value = Double(rest.dropFirst()) else {
                    throw Failure(description: "\(line)")
                }
                guard seen.insert("\(name) \(labels.sorted { $0.key < $1.key })").inserted else {
                    throw Failure(description: "twice: \(line)")
                }
                samples[name, default: []].append(Sample(labels: labels, value: value))
            }
        }
        return samples
    }

    private static func labels(_ rest: inout Substring) throws -> [String: String] {
        var labels: [String: String] = [:]
        guard rest.first == "{" else { return labels }
        rest = rest.dropFirst()
        while rest.first != "}" {
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            rest = rest.dropFirst(name.count)
            guard let first = name.first, !first.isNumber, rest.hasPrefix("=\"") else {
                throw Failure(description: "a label: \(rest)")
            }
            rest = rest.dropFirst(2)
            let value = try self.value(&rest)
            guard labels.updateValue(value, forKey: String(name)) == nil else {
                throw Failure(description: "label twice")
            }
            if rest.first == "," { rest = rest.dropFirst() }
        }
        rest = rest.dropFirst()
        return labels
    }

    private static func value(_ rest: inout Substring) throws -> String {
        var value = String.UnicodeScalarView()
        var scalars = rest.unicodeScalars
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"":
                rest = Substring(scalars)
                return String(value)
            case "\\":
                switch scalars.popFirst() {
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                case "n": value.append("\n")
                default: throw Failure(description: "an escape")
                }
            default: value.append(scalar)
            }
        }
        throw Failure(description: "a label's value has no end")
    }
}
