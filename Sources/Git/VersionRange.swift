/// Which versions a `ref` such as `^1.2`, `~1.4`, `>=1.2 <2` or `1.x` stands for, with the meaning that npm gives them.
struct VersionRange: Hashable, Sendable {
    private enum Relation { case less, lessOrEqual, greater, greaterOrEqual, equal }

    private struct Comparator: Hashable {
        let relation: Relation
        let version: SemanticVersion

        func holds(for other: SemanticVersion) -> Bool {
            switch relation {
            case .less: other < version
            case .lessOrEqual: other <= version
            case .greater: other > version
            case .greaterOrEqual: other >= version
            case .equal: other == version
            }
        }
    }

    /// Alternatives (`||`), each of which is a list that must hold as a whole.
    private let alternatives: [[Comparator]]

    /// Whether a text is meant as a range, well written or not. A whole version is the name of a tag.
    static func isMeant(by text: String) -> Bool {
        guard let first = text.first else { return false }
        if "^~<>=*".contains(first) || text.contains(" ") || text.contains("||") { return true }
        let parts = (first == "v" ? text.dropFirst() : text[...]).split(
            separator: ".", omittingEmptySubsequences: false)
        return (2...3).contains(parts.count) && parts.allSatisfy { isWild($0) || number($0) != nil }
            && parts.contains(where: isWild)
    }

    init?(_ text: String) {
        var alternatives: [[Comparator]] = []
        var rest = text[...]
        while true {
            let bar = rest.firstRange(of: "||")
            guard let list = VersionRange.comparators(rest[..<(bar?.lowerBound ?? rest.endIndex)]) else { return nil }
            alternatives.append(list)
            guard let bar else { break }
            rest = rest[bar.upperBound...]
        }
        self.alternatives = alternatives
    }

    func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { list in
            guard list.allSatisfy({ $0.holds(for: version) }) else { return false }
            // A pre-release is chosen only by who names one of the same version.
            return version.preRelease.isEmpty
                || list.contains {
                    !$0.version.preRelease.isEmpty
                        && ($0.version.major, $0.version.minor, $0.version.patch)
                            == (version.major, version.minor, version.patch)
                }
        }
    }

    private static func comparators(_ text: Substring) -> [Comparator]? {
        var list: [Comparator] = []
        var sign: Substring = ""
        for word in text.split(separator: " ") {
            let prefix = word.prefix { "^~<>=".contains($0) }
            let rest = word[prefix.endIndex...]
            guard sign.isEmpty || prefix.isEmpty else { return nil }
            if rest.isEmpty {
                sign = prefix
                continue
            }
            guard let made = comparators(prefix.isEmpty ? sign : prefix, rest) else { return nil }
            list += made
            sign = ""
        }
        return list.isEmpty || !sign.isEmpty ? nil : list
    }

    private static func comparators(_ sign: Substring, _ text: Substring) -> [Comparator]? {
        guard let partial = PartialVersion(text) else { return nil }
        let (floor, known) = (partial.floor, partial.known)
        func between(_ upper: SemanticVersion) -> [Comparator] {
            [Comparator(relation: .greaterOrEqual, version: floor), Comparator(relation: .less, version: upper)]
        }
        if known == 0 { return ["", "=", "^", "~", ">="].contains(sign) ? between(.init(.max, 0, 0)) : nil }
        let next =
            known == 1 ? SemanticVersion(floor.major + 1, 0, 0) : SemanticVersion(floor.major, floor.minor + 1, 0)
        switch sign {
        case "", "=": return known == 3 ? [Comparator(relation: .equal, version: floor)] : between(next)
        case "~": return between(next)
        case "^":
            if floor.major > 0 || known == 1 { return between(.init(floor.major + 1, 0, 0)) }
            if floor.minor > 0 || known == 2 { return between(.init(0, floor.minor + 1, 0)) }
            return between(.init(0, 0, floor.patch + 1))
        case ">":
            return [Comparator(relation: known == 3 ? .greater : .greaterOrEqual, version: known == 3 ? floor : next)]
        case ">=": return [Comparator(relation: .greaterOrEqual, version: floor)]
        case "<": return [Comparator(relation: .less, version: floor)]
        case "<=": return [Comparator(relation: known == 3 ? .lessOrEqual : .less, version: known == 3 ? floor : next)]
        default: return nil
        }
    }
}

/// A version of which the last parts may be left open: `1`, `1.2`, `1.x`, `*`.
private struct PartialVersion {
    /// The lowest that it stands for.
    var floor = SemanticVersion(0, 0, 0)
    /// How many of its three parts are said.
    var known = 0

    init?(_ text: Substring) {
        if let whole = SemanticVersion(tag: text) {
            (floor, known) = (whole, 3)
            return
        }
        let parts = (text.first == "v" ? text.dropFirst() : text).split(
            separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var numbers = [0, 0, 0]
        var isOpen = false
        for (index, part) in parts.enumerated() {
            if isWild(part) {
                isOpen = true
            } else {
                guard !isOpen, let value = number(part) else { return nil }
                numbers[index] = value
                known += 1
            }
        }
        floor = SemanticVersion(numbers[0], numbers[1], numbers[2])
    }
}

private func isWild(_ part: Substring) -> Bool { part == "x" || part == "X" || part == "*" }
