/// A rule of the stack's that some drift is neither reported nor repaired.
package struct IgnoreRule: Hashable, Sendable {
    /// An object with its parts, or a Provider with all on its host; nil: everywhere in the stack.
    package let address: Address?
    /// As `FieldPattern` reads it.
    package let path: String
    package let reason: String
    /// The last day on which it holds, `2027-01-31`; nil for good.
    package let until: String?
    package let origin: SourceLocation?
    /// The fields that it hid in a plan.
    package var uses: Int
    package var isExpired: Bool

    package init(
        _ address: Address?, path: String, reason: String, until: String? = nil, uses: Int = 0,
        isExpired: Bool = false, at origin: SourceLocation? = nil
    ) {
        self.address = address
        self.path = path
        self.reason = reason
        self.until = until
        self.uses = uses
        self.isExpired = isExpired
        self.origin = origin
    }
}

/// Something that is left alone for a while.
package struct Suspension: Hashable, Sendable {
    /// An object with its parts, or a Provider with all on its host; nil for the whole stack.
    package let address: Address?
    package let reason: String
    /// The last day on which it holds; nil for good.
    package let until: String?
    package let origin: SourceLocation?

    package init(_ address: Address?, reason: String, until: String? = nil, at origin: SourceLocation? = nil) {
        self.address = address
        self.reason = reason
        self.until = until
        self.origin = origin
    }

    package func covers(_ object: Address, on host: Address) -> Bool { object.isMeant(by: address, on: host) }

    /// `suspended until 2027-01-31: the host is moved`.
    package var words: String { "suspended\(until.map { " until \($0)" } ?? ""): \(reason)" }
}

extension Address {
    /// Whether a rule for an object or a host is about this object.
    package func isMeant(by address: Address?, on host: Address) -> Bool {
        guard let address else { return true }
        return host == address || isWithin(address)
    }

    /// Whether this is the other address, or a part of it.
    package func isWithin(_ other: Address) -> Bool { self == other || text.hasPrefix("\(other.text)/") }
}

/// The path of a field as plans have it; `*` stands for any item of a list, and at the end for whatever follows.
package struct FieldPattern: Hashable, Sendable {
    private let words: [Substring]

    /// Nil where no field has such a path.
    package init?(_ text: String) {
        let words = text.split(separator: "/", omittingEmptySubsequences: false)
        self.words = words
        guard words.allSatisfy({ !$0.isEmpty }), Attribute.allCases.contains(where: { fits($0) }) else { return nil }
    }

    package func matches(_ path: AttributePath) -> Bool {
        matches(path.attribute) { index, word in
            let raw = FieldPattern.words(of: path.attribute)[index]
            return word == (raw == "*" ? Substring(path.item) : raw) || word == "*" && raw == "*"
        }
    }

    /// Whether some path of an attribute may match.
    private func fits(_ attribute: Attribute) -> Bool {
        let raw = FieldPattern.words(of: attribute)
        return matches(attribute) { index, word in word == raw[index] || raw[index] == "*" }
    }

    private func matches(_ attribute: Attribute, _ isSame: (Int, Substring) -> Bool) -> Bool {
        let count = FieldPattern.words(of: attribute).count
        for (index, word) in words.enumerated() {
            if index >= count { return false }
            if word == "*", index == words.count - 1 { return true }
            if !isSame(index, word) { return false }
        }
        return words.count == count
    }

    private static func words(of attribute: Attribute) -> [Substring] { split[Int(attribute.ordinal)] }
    private static let split = Attribute.allCases.map { $0.rawValue.split(separator: "/") }
}

/// Whether a text is a day as `2027-01-31`.
package func isDay(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2],
        parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
        let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month)
    else { return false }
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
}
