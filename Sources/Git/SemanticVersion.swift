/// A version X.Y.Z with an optional pre-release, as semver.org 2.0 orders them. What follows `+` does not count.
struct SemanticVersion: Hashable, Sendable, Comparable {
    var major: Int
    var minor: Int
    var patch: Int
    var preRelease: [Substring] = []

    init(_ major: Int, _ minor: Int, _ patch: Int) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
    }

    /// The version that a tag `v1.2.3` or `1.2.3-rc.1` names; nil for any other name.
    init?(tag: some StringProtocol) {
        let text = tag.first == "v" ? Substring(tag.dropFirst()) : Substring(tag)
        let withoutBuild = text.prefix { $0 != "+" }
        let core = withoutBuild.prefix { $0 != "-" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, let major = number(numbers[0]), let minor = number(numbers[1]),
            let patch = number(numbers[2])
        else { return nil }
        self.init(major, minor, patch)
        if core.endIndex < withoutBuild.endIndex {
            preRelease = withoutBuild[core.endIndex...].dropFirst().split(
                separator: ".", omittingEmptySubsequences: false)
            guard preRelease.allSatisfy({ !$0.isEmpty }) else { return nil }
        }
    }

    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let (one, other) = ((left.major, left.minor, left.patch), (right.major, right.minor, right.patch))
        guard one == other else { return one < other }
        // A release comes after its pre-releases.
        guard !left.preRelease.isEmpty, !right.preRelease.isEmpty else {
            return !left.preRelease.isEmpty && right.preRelease.isEmpty
        }
        for (a, b) in zip(left.preRelease, right.preRelease) where a != b {
            switch (number(a), number(b)) {
            case (let a?, let b?): return a < b
            case (_?, nil): return true
            case (nil, _?): return false
            case (nil, nil): return a < b
            }
        }
        return left.preRelease.count < right.preRelease.count
    }
}

/// Decimal digits alone; nil for anything else and for what no version reaches.
func number(_ text: some StringProtocol) -> Int? {
    guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
}
