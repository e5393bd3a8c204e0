import Model

let ignoreKey = "rigaud.io/ignore"
let suspendKey = "rigaud.io/suspend"

extension Resolver {
    /// What the Stack wants left alone, and after it what annotations do.
    mutating func resolveExceptions(into stack: inout StackSettings) {
        if let document = catalog.documents(of: Kind.stack).first {
            for item in document.record.records("ignore") {
                guard let path = item.text("path")?.value, let reason = item.text("reason")?.value else { continue }
                stack.ignored.append(
                    IgnoreRule(
                        address(in: item), path: path, reason: reason, until: item.text("until")?.value,
                        at: item.location))
            }
            for item in document.record.records("suspend") {
                guard let reason = item.text("reason")?.value else { continue }
                stack.suspended.append(
                    Suspension(
                        address(in: item), reason: reason, until: item.text("until")?.value, at: item.location))
            }
        }
        for document in catalog.documents where !document.annotations.isEmpty && document.isLeftAlone {
            let address = document.kind === Kind.stack ? nil : document.address
            if let annotation = document.annotation(ignoreKey), let rules = readIgnored(annotation.value) {
                stack.ignored += rules.map {
                    IgnoreRule(address, path: $0.path, reason: $0.reason, until: $0.until, at: annotation.location)
                }
            }
            if let annotation = document.annotation(suspendKey), let (until, reason) = readSuspended(annotation.value) {
                stack.suspended.append(Suspension(address, reason: reason, until: until, at: annotation.location))
            }
        }
    }

    private func address(in item: Record) -> Address? { item.text("address").flatMap { Address($0.value) } }
}

extension Document {
    /// Whether objects are made of it by itself, or it is a host, or the stack.
    var isLeftAlone: Bool { ![Kind.machineClass, .secret].contains { $0 === kind } }
}

/// The rules of an annotation, one a line: `path: reason`, `path until 2027-01-31: reason`; nil where a line is neither.
func readIgnored(_ text: String) -> [(path: String, until: String?, reason: String)]? {
    let lines = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }
    var rules: [(path: String, until: String?, reason: String)] = []
    for line in lines {
        // A path may hold colons, as a MAC does; a space follows none of them.
        guard let (head, reason) = halves(of: line) else { return nil }
        let words = head.split(separator: " ")
        guard let path = words.first, FieldPattern(String(path)) != nil else { return nil }
        if words.count == 1 {
            rules.append((String(path), nil, String(reason)))
        } else if words.count == 3, words[1] == "until", isDay(String(words[2])) {
            rules.append((String(path), String(words[2]), String(reason)))
        } else {
            return nil
        }
    }
    return rules.isEmpty ? nil : rules
}

/// `reason`, or `until 2027-01-31: reason`; nil where it is neither.
func readSuspended(_ text: String) -> (until: String?, reason: String)? {
    let line = trimmed(text[...])
    guard !line.isEmpty, !line.contains(where: \.isNewline) else { return nil }
    guard line.hasPrefix("until ") else { return (nil, String(line)) }
    guard let (head, reason) = halves(of: line), isDay(String(head.dropFirst(6))) else { return nil }
    return (String(head.dropFirst(6)), String(reason))
}

/// What stands before and after the first `: `, neither of them empty.
private func halves(of line: Substring) -> (Substring, Substring)? {
    guard let colon = line.indices.first(where: { line[$0...].hasPrefix(": ") }) else { return nil }
    let (head, tail) = (trimmed(line[..<colon]), trimmed(line[colon...].dropFirst(2)))
    return head.isEmpty || tail.isEmpty ? nil : (head, tail)
}

func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
}
